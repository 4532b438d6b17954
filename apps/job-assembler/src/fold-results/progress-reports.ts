import { Injectable } from '@nestjs/common';
import { jobProgressedV1, type Phase, type WorkProgressedV1 } from '#contracts';
import { Clock } from '#kernel';
import { MessageTransport, Naming, wireMessageOf } from '#messaging';
import { eventRow } from '#outbox';
import { AssemblerStore } from '../persistence/assembler-store.js';

/** Milliseconds between two progress messages of one job. */
const interval = 1000;

/** Adds up the progress of work orders and tells the catalogue, at most once per second and job. */
@Injectable()
export class ProgressReports {
  private readonly toldAt = new Map<string, number>();

  constructor(
    private readonly store: AssemblerStore,
    private readonly transport: MessageTransport,
    private readonly naming: Naming,
    private readonly clock: Clock,
  ) {}

  async take({ workOrderId, jobId, bytesDone, bytesTotal, phase, reason }: WorkProgressedV1): Promise<void> {
    const share = bytesTotal === 0 ? 0 : Math.min(1, bytesDone / bytesTotal);
    const heardAt = this.clock.now();
    const waits = phase === 'waiting' ? reason : undefined;
    await this.store.orders.updateOne(
      { _id: workOrderId, state: 'released' },
      {
        $max: { share },
        $set: { heardAt, ...(waits === undefined ? {} : { waits }) },
        ...(waits === undefined ? { $unset: { waits: '' } } : {}),
      },
    );
    const now = heardAt.getTime();
    if (now - (this.toldAt.get(jobId) ?? 0) < interval) return;
    this.forgetOld(now);
    this.toldAt.set(jobId, now);
    await this.tell(jobId, phase);
  }

  /** What the catalogue hears replaces what it heard before, so everything is in it. */
  async tell(jobId: string, phase: Phase): Promise<void> {
    const [sums, tasks, job] = await Promise.all([
      this.store.orders
        .aggregate<{ total: number; done: number }>([
          { $match: { jobId } },
          {
            $group: {
              _id: null,
              total: { $sum: '$bytes' },
              done: { $sum: { $multiply: ['$bytes', '$share'] } },
            },
          },
        ])
        .toArray(),
      this.store.countByState('dataset_tasks', { jobId }),
      this.store.jobs.findOne({ _id: jobId }, { projection: { waitsFor: 1, totals: 1, context: 1 } }),
    ]);
    const counts = Object.values(tasks) as number[];
    const planned = counts.reduce((sum, count) => sum + count, 0);
    const over = tasks;
    const data = {
      jobId,
      bytesDone: Math.floor(Number(sums[0]?.done ?? 0)),
      // What is planned may be more than the catalogue counted.
      bytesTotal: Math.max(job?.totals?.bytes ?? 0, Number(sums[0]?.total ?? 0)),
      datasetsDone: (over['succeeded'] ?? 0) + (over['failed'] ?? 0) + (over['cancelled'] ?? 0),
      datasetsTotal: Math.max(job?.totals?.datasets ?? 0, planned),
      phase,
      ...(job?.waitsFor === undefined ? {} : { waitsFor: job.waitsFor }),
    };
    const { envelope } = eventRow(jobProgressedV1, data, this.clock.now(), job?.context);
    this.transport.send(wireMessageOf(this.naming, envelope!));
  }

  private forgetOld(now: number): void {
    if (this.toldAt.size < 10_000) return;
    for (const [jobId, at] of this.toldAt) if (now - at > 60_000) this.toldAt.delete(jobId);
  }
}
