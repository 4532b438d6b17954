import { PermanentError, TransientError } from '#kernel';

/** SciCat did not answer, or not so that anything can be made of it. A write may have happened. */
export function away(what: string): TransientError {
  return new TransientError('scicat.away', what, { away: true });
}

/** SciCat does not let the account in. */
export function loginRefused(url: string, username: string, status: number): TransientError {
  return new TransientError(
    'scicat.login',
    `Expected SciCat at ${url} to let the account ${username} in, found ${status}: check its name, its password and the address. It is tried again.`,
    { details: { status } },
  );
}

/** SciCat knows the account, and does not let it do this. */
export function rightsMissing(what: string, username: string, status: number): TransientError {
  return new TransientError(
    'scicat.rights',
    `Expected SciCat to let the account ${username} do ${what}, found ${status} after a fresh sign-in: put the account into the groups of SciCat that allow it. It is tried again.`,
    { details: { status } },
  );
}

/** Whether a status may mean that SciCat took the asker for nobody. */
export function withoutRights(status: number): boolean {
  return status === 401 || status === 403;
}

/** SciCat said no, and would say it again. */
export function refused(what: string, status: number): PermanentError {
  return new PermanentError('scicat.refused', what, { details: { status } });
}

/** An answer of SciCat in which something stands that does not belong there. */
export function oddAnswer(where: string, expected: string, found: unknown): PermanentError {
  return new PermanentError(
    'scicat.odd-answer',
    `Expected ${expected} in ${where} of SciCat, found ${shown(found)}: correct the record there, or compare the versions of SciCat and Catena.`,
  );
}

/** A list of SciCat that did not hold still while it was read. */
export function listMoving(what: string, expected: number, found: number): TransientError {
  return new TransientError(
    'scicat.list-moving',
    `Expected ${expected} ${what} as SciCat counts them, read ${found}: the list changed while it was read. It is read again.`,
  );
}

/** A body that SciCat would not take. */
export function tooLarge(archiveId: string, bytes: number, limit: number): PermanentError {
  return new PermanentError(
    'scicat.too-large',
    `Expected the entry of datablock ${archiveId} to have at most ${limit} bytes, which is what SciCat takes, found ${bytes}: it lists too many files. Let datablocks have fewer (DATABLOCK_MOST_FILES), or raise MAX_FILE_UPLOAD_SIZE of SciCat and SCICAT_MAX_BODY, then post the job again.`,
    { details: { archiveId, bytes, limit } },
  );
}

/** An answer longer than the bridge reads. */
export function tooLargeAnswer(what: string, limit: number): PermanentError {
  return new PermanentError(
    'scicat.too-large',
    `Expected the answer of SciCat to ${what} to have at most ${limit} bytes, found more. Raise the bridge's limit.`,
    { details: { limit } },
  );
}

/** What was found, short enough for a message. */
function shown(found: unknown): string {
  if (found === undefined) return 'nothing';
  return JSON.stringify(found)?.slice(0, 100) ?? typeof found;
}
