import { Injectable } from '@nestjs/common';
import { cancelWorkV1 } from '#contracts';
import { Clock } from '#kernel';
import { done, type Outcome } from '#messaging';
import { eventRow } from '#outbox';
import { Jobs } from '../aggregates/jobs.js';
import { WorkOrders } from '../aggregates/work-orders.js';
import { JobSettling } from '../settle-results/job-settling.js';

/** Stops a job: what was not released never will be; what was, is asked to stop. */
@Injectable()
export class JobCancellation {
  constructor(
    private readonly jobs: Jobs,
    private readonly orders: WorkOrders,
    private readonly settling: JobSettling,
    private readonly clock: Clock,
  ) {}

  async request(jobId: string): Promise<Outcome> {
    if (!(await this.jobs.requestCancel(jobId, this.clock.now())))
      // The request overtook the job itself: the next tier is patient enough.
      return (await this.jobs.find(jobId)) !== undefined
        ? done
        : { kind: 'retry', code: 'assembly.job-unknown', reason: `Job ${jobId} was not accepted yet.` };
    await this.jobs.endWaiting(jobId, this.clock.now());
    await this.orders.cancelUnreleased({ jobId });
    for await (const { _id: workOrderId } of this.orders.released(jobId)) {
      await this.orders.askToStop(
        workOrderId,
        eventRow(cancelWorkV1, { workOrderId, jobId }, this.clock.now()),
      );
    }
    await this.settling.soon(jobId);
    return done;
  }
}
