import type { ClaimChecks } from '#claim-check';
import type { ObjectReference } from '#contracts';
import { PermanentError } from '#kernel';

/**
 * The list of datablocks that a report about a dataset refers to, whole.
 *
 * @throws PermanentError `catalog.datablocks-incomplete`, and what reading the list throws
 */
export async function reportedDatablocks<Line>(
  claimChecks: Pick<ClaimChecks, 'readLines'>,
  report: {
    readonly jobId: string;
    readonly pid: string;
    readonly datablockCount: number;
    readonly datablocks: ObjectReference;
  },
): Promise<Line[]> {
  const lines = await claimChecks.readLines<Line>(report.datablocks);
  if (lines.length !== report.datablockCount)
    throw new PermanentError(
      'catalog.datablocks-incomplete',
      `Expected ${report.datablockCount} datablocks for ${report.pid}, found ${lines.length} in the list of job ${report.jobId}.`,
    );
  return lines;
}
