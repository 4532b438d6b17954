import { cancelWorkV1 } from '#contracts';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { done, type Outcome } from '#messaging';
import { eventRow } from '#outbox';
import { EarlyCancels } from '../aggregates/early-cancels.js';
import { Jobs } from '../aggregates/jobs.js';
import { OutsideOrders } from '../aggregates/outside-orders.js';
import { WorkOrders } from '../aggregates/work-orders.js';
import { ConfigToken, type JobAssemblerConfig } from '../job-assembler.config.js';
import { cancelling } from '../release-work/outside-commands.js';
import { JobSettling } from '../settle-results/job-settling.js';

/** Looks at workers' orders that move on while they are stopped. */
const maxLooks = 25;

/** Stops a job: what was not released never will be; what was, is asked to stop. */
@Injectable()
export class JobCancellation {
  constructor(
    private readonly jobs: Jobs,
    private readonly orders: WorkOrders,
    private readonly outside: OutsideOrders,
    private readonly early: EarlyCancels,
    private readonly settling: JobSettling,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: JobAssemblerConfig,
  ) {}

  async request(jobId: string): Promise<Outcome> {
    if (!(await this.note(jobId))) return done;
    await this.jobs.endWaiting(jobId, this.clock.now());
    await this.orders.cancelUnreleased({ jobId });
    for await (const { _id: workOrderId } of this.orders.released(jobId)) {
      await this.orders.askToStop(
        workOrderId,
        eventRow(cancelWorkV1, { workOrderId, jobId }, this.clock.now()),
      );
    }
    await this.stopWorkers(jobId);
    await this.settling.soon(jobId);
    return done;
  }

  /** What a worker does is stopped by the worker. One that moves on in this moment is looked at again. */
  private async stopWorkers(jobId: string): Promise<void> {
    let isLeft = true;
    for (let looks = 0; isLeft && looks < maxLooks; looks += 1) {
      isLeft = false;
      for await (const order of this.outside.released(jobId)) {
        if (order.outside.phase === 'cancelling') continue;
        isLeft = true;
        const now = this.clock.now();
        const turn = cancelling(order, now, this.config.outside.silence);
        if (turn === undefined)
          await this.outside.endSeen(order._id, order.outside, { state: 'cancelled' }, now);
        else await this.outside.step(order._id, order.outside, turn.next, turn.rows);
      }
    }
  }

  /** A job that was just accepted: one whose request overtook it is cancelled now. */
  async ofAccepted(jobId: string): Promise<void> {
    if (await this.early.isThere(jobId)) await this.request(jobId);
  }

  /**
   * A request for a job that has not come is kept first, and then asked for once more, so that of a job that comes meanwhile this
   * request or the job finds the other one.
   *
   * @returns false when the job is over, or has not come
   */
  private async note(jobId: string): Promise<boolean> {
    if (await this.jobs.requestCancel(jobId, this.clock.now())) return true;
    if ((await this.jobs.find(jobId)) === undefined) await this.early.remember(jobId, this.clock.now());
    return this.jobs.requestCancel(jobId, this.clock.now());
  }
}
