import { Injectable } from '@nestjs/common';
import {
  jobProgressedV1,
  type JobProgressedV1,
  type Phase,
  type WaitFact,
  type WorkProgressedV1,
} from '#contracts';
import { Clock } from '#kernel';
import { MessageTransport, Naming, wireMessageOf } from '#messaging';
import { eventRow } from '#outbox';
import { DatasetTasks } from '../aggregates/dataset-tasks.js';
import { Jobs } from '../aggregates/jobs.js';
import type { WaitReason } from '../aggregates/records.js';
import { WorkOrders } from '../aggregates/work-orders.js';
import { runningReason } from '../domain/waiting-reasons.js';

/** Milliseconds between two progress messages of one job. */
const interval = 1000;
/** As many as a message may have. */
const maxFacts = 20;

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
    // An archiver that has begun, and has no byte yet, says that it waits for nothing.
    const isAtWork = phase !== 'waiting' || code === 'work.running';
    const waits = isAtWork || reason === undefined ? undefined : { reason, code };
    await this.orders.progress(workOrderId, { share, heardAt, waits, readAt });
    const now = heardAt.getTime();
    if (now - (this.toldAt.get(jobId) ?? 0) < interval) return;
    this.forgetOld(now);
    this.toldAt.set(jobId, now);
    await this.tell(jobId, phase, isAtWork);
  }

  /** What the catalogue hears replaces what it heard before, so everything is in it. */
  async tell(jobId: string, phase: Phase, isAtWork = phase !== 'waiting'): Promise<void> {
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
      ...reasonsOf(job?.wait ?? (isAtWork ? [runningReason(bytes, this.clock.now())] : [])),
    };
    const { envelope } = eventRow(jobProgressedV1, data, this.clock.now(), job?.context);
    this.transport.send(wireMessageOf(this.naming, envelope!));
  }

  private forgetOld(now: number): void {
    if (this.toldAt.size < 10_000) return;
    for (const [jobId, at] of this.toldAt) if (now - at > 60_000) this.toldAt.delete(jobId);
  }
}

function reasonsOf(wait: readonly WaitReason[]): Pick<JobProgressedV1, 'reasons'> {
  if (wait.length === 0) return {};
  const reasons = wait.map(({ code, since, facts, next }) => ({
    ...{ code, since: since.toISOString(), facts: Object.entries(facts).slice(0, maxFacts).map(factOf) },
    ...(next === undefined ? {} : { next: next.toISOString() }),
  }));
  return { reasons };
}

function factOf([name, value]: readonly [string, string | number]): WaitFact {
  return typeof value === 'number' ? { name, count: value } : { name, text: value.slice(0, 1000) };
}
