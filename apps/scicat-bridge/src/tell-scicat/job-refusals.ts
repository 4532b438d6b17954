import { Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import type { Lease } from '../domain/lease.js';
import type { BridgeJob } from '../persistence/records.js';
import { BridgeJobs } from '../persistence/bridge-jobs.js';
import { BridgeParts } from '../persistence/bridge-parts.js';
import { JobWords } from './job-words.js';

/** Tells SciCat that a job is not done. */
@Injectable()
export class JobRefusals {
  constructor(
    private readonly jobs: BridgeJobs,
    private readonly parts: BridgeParts,
    private readonly words: JobWords,
    private readonly clock: Clock,
  ) {}

  async tell(job: BridgeJob, lease: Lease): Promise<void> {
    lease.mustHold();
    await this.parts.drop(job._id);
    const { code = 'bridge.refused', message = 'The job is not done.' } = job.why ?? {};
    const statusMessage = message;
    const jobResultObject = { code, message };
    await this.words.tell(job, { statusCode: 'finishedUnsuccessful', statusMessage, jobResultObject }, lease);
    const endedAt = this.clock.now();
    await this.jobs.go(lease, ['refused', 'over'], { outcome: 'refused', endedAt });
  }
}
