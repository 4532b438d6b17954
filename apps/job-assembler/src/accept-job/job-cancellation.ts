import { cancelWorkV1 } from '#contracts';
import { Inject, Injectable } from '@nestjs/common';
import { Clock, wait } from '#kernel';
import { done, type Outcome } from '#messaging';
import { eventRow } from '#outbox';
import { Jobs } from '../aggregates/jobs.js';
import { OutsideOrders } from '../aggregates/outside-orders.js';
import { WorkOrders } from '../aggregates/work-orders.js';
import { ConfigToken, type JobAssemblerConfig } from '../job-assembler.config.js';
import { cancelling } from '../release-work/outside-commands.js';
import { JobSettling } from '../settle-results/job-settling.js';

/** Looks for a job that its request overtook, and milliseconds between two of them. */
const [maxLooks, lookPause] = [25, 20];

/** Stops a job: what was not released never will be; what was, is asked to stop. */
@Injectable()
export class JobCancellation {
  constructor(
    private readonly jobs: Jobs,
    private readonly orders: WorkOrders,
    private readonly outside: OutsideOrders,
    private readonly settling: JobSettling,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: JobAssemblerConfig,
  ) {}

  async request(jobId: string): Promise<Outcome> {
    const found = await this.note(jobId);
    if (found === 'over') return done;
    // The request overtook the job itself: the next tier is patient enough.
    if (found === 'unknown')
      return { kind: 'retry', code: 'assembly.job-unknown', reason: `Job ${jobId} was not accepted yet.` };
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

  /**
   * Messages that come together are handled side by side, and the request may be the faster one: the job is there a moment later.
   * After the pause of a retry a small job would be done, though its author had cancelled it before it was planned.
   */
  private async note(jobId: string): Promise<'noted' | 'over' | 'unknown'> {
    for (let looks = 1; ; looks += 1) {
      if (await this.jobs.requestCancel(jobId, this.clock.now())) return 'noted';
      // One that is there now was over before, or came in between: the write says which.
      if ((await this.jobs.find(jobId)) !== undefined)
        return (await this.jobs.requestCancel(jobId, this.clock.now())) ? 'noted' : 'over';
      if (looks === maxLooks) return 'unknown';
      await wait(lookPause);
    }
  }
}
