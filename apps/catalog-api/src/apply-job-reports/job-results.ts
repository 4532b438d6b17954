import { Injectable } from '@nestjs/common';
import { ClaimChecks } from '#claim-check';
import type { DatasetResultLine, JobFinishedV1 } from '#contracts';

/** Entries of one kind in a job's result object, far below MongoDB's document limit. */
const maxEntries = 5000;

/** `jobResultObject` as clients of retrieve jobs read it: `result` with links, and which datasets went well or not. */
@Injectable()
export class JobResults {
  constructor(private readonly claimChecks: ClaimChecks) {}

  async resultObjectOf(report: JobFinishedV1): Promise<Record<string, unknown>> {
    const { datasetsSucceeded, datasetsFailed, datasetsCancelled } = report;
    const counts = { datasetsSucceeded, datasetsFailed, datasetsCancelled };
    if (report.result === undefined) return counts;
    const lines = await this.claimChecks.readLines<DatasetResultLine>(report.result);
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
}
