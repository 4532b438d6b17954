import { BadRequest } from '../domain/errors.js';

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
