/**
 * `__v` of a dataset is the fence between jobs and everything that must not happen to a dataset while a job has it: a job
 * that has claimed a dataset raises it, and so does each lifecycle word that follows from a claim.
 */
export const nextVersion = Object.fromEntries([['__v', 1]]) as Record<string, never>;

/** The version a write is fenced by. Records of old databases may have none. */
export function versionOf({ __v }: { readonly __v?: number }): number {
  return (__v ?? { $exists: false }) as number;
}
