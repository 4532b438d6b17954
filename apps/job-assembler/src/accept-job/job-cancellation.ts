import { Injectable } from '@nestjs/common';
import { cancelWorkV1 } from '#contracts';
import { Clock } from '#kernel';
import { done, type Outcome } from '#messaging';
import { eventRow, OutboxRelay, pushRows } from '#outbox';
import { JobFolds } from '../fold-results/job-folds.js';
import { AssemblerStore } from '../persistence/assembler-store.js';

/** Stops a job: what was not released never will be; what was, is asked to stop. */
@Injectable()
export class JobCancellation {
  constructor(
    private readonly store: AssemblerStore,
    private readonly folds: JobFolds,
    private readonly relay: OutboxRelay,
    private readonly clock: Clock,
  ) {}

  async request(jobId: string): Promise<Outcome> {
    const job = await this.store.jobs.findOneAndUpdate(
      { _id: jobId, state: { $ne: 'finished' } },
      { $set: { cancelRequested: true, updatedAt: this.clock.now() } },
    );
    if (job === null) {
      const known = (await this.store.jobs.countDocuments({ _id: jobId }, { limit: 1 })) > 0;
      // The request overtook the job itself: the next tier is patient enough.
      return known
        ? done
        : { kind: 'retry', code: 'assembly.job-unknown', reason: `Job ${jobId} was not accepted yet.` };
    }
    await this.endWaiting(jobId);
    await this.store.orders.updateMany(
      { jobId, state: { $in: ['drafted', 'planned'] } },
      { $set: { state: 'cancelled' } },
    );
    for await (const order of this.store.orders
      .find({ jobId, state: 'released' }, { projection: { _id: 1 } })
      .sort({ _id: 1 })) {
      const now = this.clock.now();
      const row = eventRow(cancelWorkV1, { workOrderId: order._id, jobId }, now);
      const { $push, $set } = pushRows('outbox', [row], now);
      await this.store.orders.updateOne({ _id: order._id, state: 'released' }, { $push, $set });
    }
    this.relay.wake();
    await this.folds.soon(jobId);
    return done;
  }

  /** A job whose time has not come has no planner that could end it: it is due now. Planners look by themselves. */
  private async endWaiting(jobId: string): Promise<void> {
    const now = this.clock.now();
    await this.store.jobs.updateOne(
      { _id: jobId, state: 'accepted', notBefore: { $gt: now } },
      { $set: { planningUntil: now }, $unset: { notBefore: '' } },
    );
  }
}
