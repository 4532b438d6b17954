/** Whether a write was refused because a document with the same unique key exists. */
export function isDuplicateKey(error: unknown): boolean {
  return typeof error === 'object' && error !== null && (error as { code?: unknown }).code === 11000;
}

/** Whether the database could not be reached: the same operation may succeed later. */
export function isDatabaseAway(error: unknown): boolean {
  return (
    error instanceof Error &&
    /^Mongo(ose)?(ServerSelection|Network|NotConnected|PoolCleared|NetworkTimeout|TopologyClosed)?Error$/.test(
      error.name,
    ) &&
    !/^MongoServerError$/.test(error.name) &&
    (error.name !== 'MongooseError' || error.message.includes('buffering timed out'))
  );
}

/**
 * What the database says of a query that a client wrote: bad values (2), syntax (9), types (14), projections that clash
 * (31249 to 31254), and patterns that do not compile (51075, 51091, 51108).
 */
const refusals = new Set([2, 9, 14, 31249, 31250, 31253, 31254, 51075, 51091, 51108]);
/** DocumentDB has no code for some of them. */
const withoutCode = /regular expression|regex options|specified path/i;

/** Whether the database understood that a query makes no sense: asking again will not help. */
export function isRefusedQuery(error: unknown): boolean {
  if (!(error instanceof Error) || error.name !== 'MongoServerError') return false;
  const { code } = error as { code?: unknown };
  return refusals.has(code as number) || (code === 8 && withoutCode.test(error.message));
}
