/** The upload failed, and the Ingestor says so. */
export class IngestorFailed extends Error {}

/** The Ingestor's process would have ended: it used what an answer did not have (a nil pointer). */
export class IngestorCrashed extends Error {}

/** What Go's generated client dereferences without looking. */
export function dereferenced<Value>(value: Value | null | undefined, what: string): Value {
  if (value === null || value === undefined) throw new IngestorCrashed(`the answer has no ${what}`);
  return value;
}
