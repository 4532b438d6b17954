import { PermanentError } from '#kernel';
import { notPossible } from './audit/operator-actions.js';

/**
 * A time as calls give it; undefined for none.
 *
 * @throws PermanentError `operations.not-possible`
 */
export function timeIn(name: string, text: string | undefined): Date | undefined {
  if (text === undefined || text === '') return undefined;
  const at = new Date(text);
  if (!Number.isNaN(at.getTime())) return at;
  throw new PermanentError(
    notPossible,
    `Expected in ${name} a time such as 2027-01-31T18:00:00Z, found ${JSON.stringify(text).slice(0, 100)}.`,
  );
}
