import { BadRequest, Refusal } from '../domain/errors.js';

/** A query parameter that may be repeated, or hold a JSON list, as a list of texts. */
export function listFrom(value: unknown): string[] {
  if (value === undefined || value === '') return [];
  const items: unknown[] = Array.isArray(value) ? value : [value];
  return items.flatMap((item) => {
    if (typeof item !== 'string') return [String(item)];
    if (!item.trimStart().startsWith('[')) return [item];
    try {
      const parsed: unknown = JSON.parse(item);
      return Array.isArray(parsed)
        ? parsed.map((part) => (typeof part === 'string' ? part : JSON.stringify(part)))
        : [item];
    } catch (error) {
      throw new BadRequest(`Invalid JSON in list: ${(error as Error).message}`);
    }
  });
}

/** A query parameter as text, undefined when it is absent or empty. */
export function textFrom(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** `filter` may come in the query or in a header, not in both. */
export function filterFrom(query: unknown, header: unknown): unknown {
  const [inQuery, inHeader] = [given(query), given(header)];
  if (inQuery !== undefined && inHeader !== undefined) {
    const message =
      'Using two different types(query and headers) of filters is not supported and can result with inconsistencies';
    throw new Refusal(400, message, { status: 400, message });
  }
  return inQuery ?? inHeader;
}

function given(value: unknown): unknown {
  return value === '' || value === null ? undefined : value;
}
