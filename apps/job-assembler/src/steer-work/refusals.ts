import { PermanentError } from '#kernel';
import { changedMeanwhile, notPossible, notThere } from '#operations';

export { changedMeanwhile, notPossible, notThere };

export function refuse(code: string, message: string): PermanentError {
  return new PermanentError(code, message);
}

/** The version in an `If-Match`; undefined without one. @throws PermanentError `operations.not-possible` for any other text */
export function versionIn(ifMatch: string | undefined): number | undefined {
  if (ifMatch === undefined) return undefined;
  const [, digits] = /^(?:W\/)?"?(\d{1,15})"?$/.exec(ifMatch.trim()) ?? [];
  if (digits === undefined)
    throw refuse(
      notPossible,
      `Expected in If-Match the ETag of what you read, found ${JSON.stringify(ifMatch).slice(0, 100)}.`,
    );
  return Number(digits);
}
