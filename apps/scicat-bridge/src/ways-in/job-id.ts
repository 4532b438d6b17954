/** Bytes of a message of SciCat that are read: of a job over many datasets, its v4 body holds all of them. */
const maxBytes = 16 * 1024 * 1024;
/** Ids as SciCat makes them, UUIDs or ObjectIds, and whatever else cannot be mistaken for a path or a condition. */
const idPattern = /^[0-9a-zA-Z][0-9a-zA-Z._:-]{0,99}$/;

/** The id that a body of SciCat's job feed names; undefined where it names none that can be one. */
export function jobIdIn(body: Buffer): string | undefined {
  if (body.length > maxBytes) return undefined;
  try {
    const job: unknown = JSON.parse(body.toString('utf8'));
    if (typeof job !== 'object' || job === null) return undefined;
    const { id, _id } = job as { id?: unknown; _id?: unknown };
    return [id, _id].find(isJobId);
  } catch {
    return undefined;
  }
}

export function isJobId(id: unknown): id is string {
  return typeof id === 'string' && idPattern.test(id);
}
