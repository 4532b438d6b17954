import { Injectable } from '@nestjs/common';
import { ClaimChecks } from '#claim-check';
import type { DatasetResultLine, JobFinishedV1 } from '#contracts';
import { resultObjectOf } from '#scicat-words';

/** `jobResultObject` of a job that is over. */
@Injectable()
export class JobResults {
  constructor(private readonly claimChecks: ClaimChecks) {}

  async resultObjectOf(report: JobFinishedV1): Promise<Record<string, unknown>> {
    if (report.result === undefined) return resultObjectOf(report, undefined);
    return resultObjectOf(report, await this.claimChecks.readLines<DatasetResultLine>(report.result));
  }
}
