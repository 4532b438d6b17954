import { Injectable } from '@nestjs/common';
import { ReconciliationCheck, type Finding, type Look, type RepairOutcome } from '#service-host';
import { DatasetClaims } from '../claims/dataset-claims.js';
import { DatasetClaimRecords } from '../persistence/dataset-claim-records.js';
import { JobRecords } from '../persistence/job-records.js';
import type { ClaimRecord } from '../persistence/records.js';

/** Holds on datasets by jobs that are over: no other job gets the dataset. What no job answers for has a sweep of its own. */
@Injectable()
export class HoldsOfEndedJobs extends ReconciliationCheck {
  readonly name = 'holds on datasets';

  constructor(
    private readonly claims: DatasetClaimRecords,
    private readonly jobs: JobRecords,
    private readonly holds: DatasetClaims,
  ) {
    super();
  }

  async *findings(look: Look): AsyncGenerator<Finding> {
    for await (const { _id, jobId, pid, at } of this.claims.allOpen()) {
      look.looked();
      if (at > look.oldEnough || !(await this.jobs.isOver(jobId))) continue;
      // A job lets go of its datasets one after the other, after its last report.
      if (!(await look.isOldNews('holds', `${_id}\n${at.toISOString()}`))) continue;
      yield {
        ...{
          kind: 'hold-of-ended-job',
          subject: pid,
          where: `catalogue: hold of job ${jobId}`,
          canRepair: true,
        },
        expected: 'no hold: the job is over',
        found: `a hold since ${at.toISOString()}`,
        remedy: 'the hold is let go of; flags of a part that never ended are put back',
        seen: { _id, jobId, at } satisfies Pick<ClaimRecord, '_id' | 'jobId' | 'at'>,
      };
    }
    await look.sawAll('holds');
  }

  /** A job that is over stays so, and claims nothing any more. */
  async repair({ seen }: Finding): Promise<RepairOutcome> {
    const { _id, jobId, at } = seen as Pick<ClaimRecord, '_id' | 'jobId' | 'at'>;
    if (!(await this.claims.isOpen({ _id, at })) || !(await this.jobs.isOver(jobId))) return 'changed';
    await this.holds.undo(jobId);
    return 'repaired';
  }
}
