import { Injectable } from '@nestjs/common';
import { jobFinishedV1, type DatasetResultLine, type JobOutcome } from '#contracts';
import { Clock, crashPoint, stillMoving, TransientError } from '#kernel';
import { inContextOf } from '#messaging';
import { eventRow, OutboxRelay, pushRows } from '#outbox';
import { rowsById } from '#persistence';
import { finalSentence, foldTasks, type TaskState } from '../domain/fold.js';
import { AssemblerStore } from '../persistence/assembler-store.js';
import type { AssemblyJob, DatasetTask, Fault, WorkOrder } from '../persistence/records.js';
import { ControlObjects } from '../plan-job/control-objects.js';

type Counts = Partial<Record<TaskState, number>>;

/** Brings a job to its one end state. */
@Injectable()
export class JobEnding {
  constructor(
    private readonly store: AssemblerStore,
    private readonly objects: ControlObjects,
    private readonly relay: OutboxRelay,
    private readonly clock: Clock,
  ) {}

  async foldJob(jobId: string): Promise<void> {
    const job = await this.store.jobs.findOne(
      { _id: jobId },
      { projection: { state: 1, workflow: 1, fault: 1, context: 1 } },
    );
    if (job?.state !== 'running') return;
    // Asked after every dataset, so the common answer, "not over yet", must be cheap.
    if ((await this.hasOpenTasks(jobId)) || (await this.hasUnheardNews(jobId))) return;
    const counts = await this.store.countByState<TaskState>('dataset_tasks', { jobId });
    const outcome =
      job.fault === undefined ? foldTasks(counts) : (counts.succeeded ?? 0) > 0 ? 'partial' : 'failed';
    if (outcome !== undefined) await inContextOf(job, () => this.finish(job, outcome, counts));
  }

  /** Ends a job that cannot be planned further: datasets whose work began come to their own ends first. */
  async fail(jobId: string, fault: Fault): Promise<void> {
    await this.store.orders.updateMany({ jobId, state: 'drafted' }, { $set: { state: 'cancelled' } });
    await this.store.tasks.updateMany({ jobId, state: 'planning' }, { $set: { state: 'failed', fault } });
    await this.store.jobs.updateOne(
      { _id: jobId, state: 'accepted' },
      { $set: { state: 'running', fault, updatedAt: this.clock.now() } },
    );
    await this.foldJob(jobId);
  }

  private async hasOpenTasks(jobId: string): Promise<boolean> {
    return (
      (await this.store.tasks.findOne(
        { jobId, state: { $in: ['planning', 'running', 'registering'] } },
        { projection: { _id: 1 } },
      )) !== null
    );
  }

  /** The catalogue must have applied what it was told of the datasets before it hears that the job is over. */
  private async hasUnheardNews(jobId: string): Promise<boolean> {
    return (
      (await this.store.tasks.findOne(
        { jobId, 'outbox.rows.0': { $exists: true } },
        { projection: { _id: 1 } },
      )) !== null
    );
  }

  private async finish(
    { _id: jobId, workflow, fault }: Pick<AssemblyJob, '_id' | 'workflow' | 'fault'>,
    outcome: JobOutcome,
    counts: Counts,
  ): Promise<void> {
    const lines = await this.resultLines(jobId);
    const expected = Object.values(counts).reduce((sum, count) => sum + count, 0);
    // Nothing is called over on a list that is not whole.
    if (lines.length !== expected)
      throw new TransientError(
        'assembly.list-incomplete',
        `Expected ${expected} datasets of job ${jobId}, read ${lines.length}; they are read again.`,
      );
    const result = await this.objects.writeLines(`results/${jobId}.ndjson`, lines);
    const first = fault?.message ?? lines.find((line) => line.outcome === 'failed')?.message;
    const [succeeded, failed, cancelled] = [counts.succeeded ?? 0, counts.failed ?? 0, counts.cancelled ?? 0];
    const now = this.clock.now();
    const row = eventRow(
      jobFinishedV1,
      {
        jobId,
        outcome,
        message: finalSentence(outcome, { succeeded, failed, cancelled }, first, doneWith(workflow)).slice(
          0,
          2000,
        ),
        datasetsSucceeded: succeeded,
        datasetsFailed: failed,
        datasetsCancelled: cancelled,
        result,
      },
      now,
    );
    const { $push, $set } = pushRows('outbox', [row], now);
    await this.store.jobs.updateOne({ _id: jobId, state: { $ne: 'finished' } }, {
      $set: { ...$set, state: 'finished', outcome, updatedAt: now },
      $push,
    } as object);
    crashPoint('assembler.after-finish');
    this.relay.wake();
  }

  private async resultLines(jobId: string): Promise<DatasetResultLine[]> {
    const links = await this.linksByTask(jobId);
    const lines: DatasetResultLine[] = [];
    for await (const task of rowsById<DatasetTask>(this.store.tasks, this.store.ofJob(jobId))) {
      lines.push(resultLine(task, links.get(task._id) ?? []));
      stillMoving();
    }
    return lines;
  }

  /** What was retrieved, by dataset and in the order of archive ids, read at once. */
  private async linksByTask(jobId: string): Promise<ReadonlyMap<string, DatasetResultLine['datablocks']>> {
    const links = new Map<string, DatasetResultLine['datablocks'][number][]>();
    const retrieved = { ...this.store.ofJob(jobId), kind: 'retrieve', state: 'done' } as const;
    for await (const order of rowsById<WorkOrder>(this.store.orders, retrieved)) {
      const { taskId, archiveId, result } = order;
      if (result?.kind !== 'retrieve') continue;
      const datablocks = links.get(taskId) ?? [];
      datablocks.push({
        name: archiveId.split('/').slice(-2).join('_'),
        archiveId,
        size: result.packedSize,
        sha256: result.sha256,
        url: result.url,
        expiresAt: result.expiresAt,
      });
      links.set(taskId, datablocks);
    }
    for (const datablocks of links.values())
      datablocks.sort((one, other) => (one.archiveId < other.archiveId ? -1 : 1));
    return links;
  }
}

function doneWith(workflow: AssemblyJob['workflow']): string {
  return workflow === 'reset' ? 'reset' : 'done and verified';
}

function resultLine(
  { pid, state, fault, workflow }: DatasetTask,
  links: DatasetResultLine['datablocks'],
): DatasetResultLine {
  const outcome = state === 'succeeded' || state === 'cancelled' ? state : 'failed';
  if (workflow !== 'retrieve' || outcome !== 'succeeded')
    return { pid, outcome, ...(fault ?? {}), datablocks: [] };
  return { pid, outcome, datablocks: links };
}
