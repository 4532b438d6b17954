/** A file as it was registered, which is what an archive promises to hold. */
export interface RegisteredFile {
  /** Relative to the folder. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly modifiedAt: Date;
}

/** What of an open file is compared. */
export interface FoundFile {
  readonly size: number;
  readonly mtimeMs: number;
}

/** @param tolerance milliseconds by which the times may differ; 0: not at all, as far as the catalogue keeps times */
export function differenceOf(
  { size, mtimeMs }: FoundFile,
  { size: registeredSize, modifiedAt }: RegisteredFile,
  tolerance: number,
): string | undefined {
  if (size !== registeredSize) return `Expected ${registeredSize} bytes as registered, found ${size}`;
  const registered = modifiedAt.getTime();
  // The catalogue keeps milliseconds, file systems keep less or more.
  if (Math.abs(mtimeMs - registered) < Math.max(1, tolerance + 1)) return undefined;
  const [expected, found] = [registered, mtimeMs].map((time) => new Date(time).toISOString());
  return `Expected the modification time ${expected} as registered, found ${found}`;
}
