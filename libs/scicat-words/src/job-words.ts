import type { DatasetResultLine, JobFinishedV1, JobOutcome } from '#contracts';

/** SciCat's clients know this word for a job that was cancelled. */
export const cancelledCode = 'jobCancel';

/** The end of a job in the words today's clients wait for. */
export function finalWordOf(outcome: JobOutcome): string {
  return {
    succeeded: 'finishedSuccessful',
    failed: 'finishedUnsuccessful',
    partial: 'finishedWithDatasetErrors',
    cancelled: cancelledCode,
  }[outcome];
}

/** Entries of one kind in a job's result object, far below MongoDB's document limit. */
const maxEntries = 5000;

/** `jobResultObject` as clients of retrieve jobs read it: `result` with links, and which datasets went well or not. */
export function resultObjectOf(
  { datasetsSucceeded, datasetsFailed, datasetsCancelled }: JobFinishedV1,
  lines: readonly DatasetResultLine[] | undefined,
): Record<string, unknown> {
  const counts = { datasetsSucceeded, datasetsFailed, datasetsCancelled };
  if (lines === undefined) return counts;
  const result = lines.flatMap(({ pid, datablocks }) =>
    datablocks.map((datablock) => ({ datasetId: pid, ...datablock })),
  );
  const good = lines.filter(({ outcome }) => outcome === 'succeeded').map(({ pid }) => pid);
  const bad = lines
    .filter(({ outcome }) => outcome === 'failed')
    .map(({ pid, code, message, fault }) => ({ pid, code, message, fault }));
  const truncated = [result, good, bad].some((list) => list.length > maxEntries);
  return {
    ...counts,
    result: result.slice(0, maxEntries),
    good: good.slice(0, maxEntries),
    bad: bad.slice(0, maxEntries),
    ...(truncated ? { truncated } : {}),
  };
}
