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
