import { Refusal } from '../domain/errors.js';

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
