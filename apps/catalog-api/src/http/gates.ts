import { Refusal } from '../domain/errors.js';
import type { Caller } from '../domain/access.js';

/** Refuses a caller who may not call the operation at all. */
export function gate(admitted: boolean): void {
  if (!admitted) throw new Refusal(403, 'Forbidden resource');
}

/** @throws Refusal 401 for an anonymous caller */
export function signedIn(caller: Caller | undefined): Caller {
  if (caller === undefined) throw new Refusal(401, 'Unauthenticated');
  return caller;
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
