import { Injectable } from '@nestjs/common';
import { jobProgressedV1, type Phase, type WorkProgressedV1 } from '#contracts';
import { Clock } from '#kernel';
import { MessageTransport, Naming, wireMessageOf } from '#messaging';
import { eventRow } from '#outbox';
import { DatasetTasks } from '../aggregates/dataset-tasks.js';
import { Jobs } from '../aggregates/jobs.js';
import { WorkOrders } from '../aggregates/work-orders.js';

/** Milliseconds between two progress messages of one job. */
const interval = 1000;

/** Adds up the progress of work orders and tells the catalogue, at most once per second and job. */
@Injectable()
export class ProgressReports {
  private readonly toldAt = new Map<string, number>();

  constructor(
    private readonly jobs: Jobs,
    private readonly tasks: DatasetTasks,
    private readonly orders: WorkOrders,
    private readonly transport: MessageTransport,
    private readonly naming: Naming,
    private readonly clock: Clock,
  ) {}

  async take({
    workOrderId,
    jobId,
    bytesDone,
    bytesTotal,
    phase,
    reason,
    code,
    readAt,
  }: WorkProgressedV1): Promise<void> {
    const share = bytesTotal === 0 ? 0 : Math.min(1, bytesDone / bytesTotal);
    const heardAt = this.clock.now();
    const waits = phase === 'waiting' && reason !== undefined ? { reason, code } : undefined;
    await this.orders.progress(workOrderId, { share, heardAt, waits, readAt });
    const now = heardAt.getTime();
    if (now - (this.toldAt.get(jobId) ?? 0) < interval) return;
    this.forgetOld(now);
    this.toldAt.set(jobId, now);
    await this.tell(jobId, phase);
  }

  /** What the catalogue hears replaces what it heard before, so everything is in it. */
  async tell(jobId: string, phase: Phase): Promise<void> {
    const [bytes, counts, job] = await Promise.all([
      this.orders.bytes(jobId),
      this.tasks.counts(jobId),
      this.jobs.find(jobId),
    ]);
    const planned = Object.values(counts).reduce((sum, count) => sum + count, 0);
    const { succeeded = 0, failed = 0, cancelled = 0 } = counts;
    const data = {
      jobId,
      bytesDone: Math.floor(bytes.done),
      // What is planned may be more than the catalogue counted.
      bytesTotal: Math.max(job?.totals?.bytes ?? 0, bytes.total),
      datasetsDone: succeeded + failed + cancelled,
      datasetsTotal: Math.max(job?.totals?.datasets ?? 0, planned),
      phase,
      ...(job?.waitsFor === undefined ? {} : { waitsFor: job.waitsFor }),
      ...(job?.wait === undefined ? {} : { waits: [...new Set(job.wait.map(({ code }) => code))] }),
    };
    const { envelope } = eventRow(jobProgressedV1, data, this.clock.now(), job?.context);
    this.transport.send(wireMessageOf(this.naming, envelope!));
  }

  private forgetOld(now: number): void {
    if (this.toldAt.size < 10_000) return;
    for (const [jobId, at] of this.toldAt) if (now - at > 60_000) this.toldAt.delete(jobId);
  }
}
