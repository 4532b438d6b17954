import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { datasetCancelledV1 } from '#contracts';
import { Clock, messageOf, newId, stillMoving, WorkLoop } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { eventRow, OutboxRelay, pushRows } from '#outbox';
import type { WorkOrderState } from '../domain/fold.js';
import type { JobAssemblerConfig } from '../job-assembler.config.js';
import { ConfigToken } from '../job-assembler.tokens.js';
import { AssemblerStore } from '../persistence/assembler-store.js';
import type { AssemblyJob, DatasetTask } from '../persistence/records.js';
import { ResultFolder } from './result-folder.js';

/** Milliseconds after which a job is looked at without having been asked: a crash may have swallowed a fold. */
const staleAfter = 2000;
const pause = 1000;
/** Jobs that one look takes up. */
const jobsAtOnce = 200;
/** Datasets that one write ends. */
const endedAtOnce = 500;

type Counts = Partial<Record<WorkOrderState, number>>;

/** Folds all datasets of a job, with a look at each work order and not at each dataset. One process at a time does so. */
@Injectable()
export class JobFolds implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly holder = newId();
  private readonly loop: WorkLoop;

  constructor(
    private readonly store: AssemblerStore,
    private readonly folder: ResultFolder,
    private readonly relay: OutboxRelay,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: JobAssemblerConfig,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.loop = new WorkLoop({
      name: 'folding of results',
      takeOne: () => this.round(),
      pause,
      onFault: (error) => logger.warn({ error: messageOf(error) }, 'could not fold results, trying again'),
    });
  }

  onApplicationBootstrap(): void {
    this.loop.start(this.store.whenReady());
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.loop.stop();
  }

  /** The job is looked at next, by whichever process folds. */
  async soon(jobId: string): Promise<void> {
    await this.store.jobs.updateOne(
      { _id: jobId, state: { $ne: 'finished' } },
      { $set: { updatedAt: new Date(0) } },
    );
    this.loop.wake();
  }

  private async round(): Promise<boolean> {
    if (!(await this.store.holdLease('folds', this.holder, this.config.lease / 4))) return false;
    const before = new Date(this.clock.now().getTime() - staleAfter);
    const stale = await this.store.jobs
      .find(
        { ...this.store.begunBy(this.clock.now()), updatedAt: { $lt: before } },
        { projection: { _id: 1, workflow: 1 } },
      )
      .sort({ updatedAt: 1 })
      .limit(jobsAtOnce)
      .toArray();
    for (const job of stale) {
      if (this.loop.stopping.aborted) return false;
      await this.foldJob(job);
      await this.store.holdLease('folds', this.holder, this.config.lease / 4);
      stillMoving();
    }
    return stale.length === jobsAtOnce;
  }

  private async foldJob({ _id: jobId, workflow }: Pick<AssemblyJob, '_id' | 'workflow'>): Promise<void> {
    await this.store.jobs.updateOne(
      { _id: jobId, state: { $ne: 'finished' } },
      { $set: { updatedAt: this.clock.now() } },
    );
    const due = [...(await this.countsByTask({ jobId }))]
      .filter(([, counts]) => isAllCancelled(counts) || mayBeFolded(counts))
      .map(([taskId]) => taskId);
    if (workflow === 'reset') due.push(...(await this.runningResets(jobId)));
    for (let at = 0; at < due.length; at += endedAtOnce) {
      await this.foldSome(due.slice(at, at + endedAtOnce));
      await this.store.holdLease('folds', this.holder, this.config.lease / 4);
      stillMoving();
    }
    await this.folder.foldJob(jobId);
  }

  /** All of them: resets of datasets that were never archived have no work orders to be found by. */
  private async runningResets(jobId: string): Promise<string[]> {
    const tasks = await this.store.tasks
      .find({ jobId, state: 'running' as const }, { projection: { _id: 1 } })
      .sort({ _id: 1 })
      .toArray();
    return tasks.map(({ _id }) => _id);
  }

  /** Counted again after the datasets were read: the work orders of one that was running then were all there. */
  private async foldSome(taskIds: readonly string[]): Promise<void> {
    const tasks = await this.store.tasks
      .find({ _id: { $in: [...taskIds] }, state: 'running' }, { projection: { outbox: 0 } })
      .sort({ _id: 1 })
      .toArray();
    if (tasks.length === 0) return;
    const counts = await this.countsByTask({ taskId: { $in: tasks.map(({ _id }) => _id) } });
    const isStopped = ({ _id }: { readonly _id: string }): boolean => isAllCancelled(counts.get(_id) ?? {});
    await this.endStopped(tasks.filter((task) => isStopped(task)));
    for (const { _id } of tasks.filter((task) => !isStopped(task))) {
      await this.folder.foldTask(_id);
      stillMoving();
    }
  }

  private async countsByTask(which: object): Promise<ReadonlyMap<string, Counts>> {
    const rows = this.store.orders.aggregate<{ _id: { task: string; state: WorkOrderState }; count: number }>(
      [{ $match: which }, { $group: { _id: { task: '$taskId', state: '$state' }, count: { $sum: 1 } } }],
    );
    const counts = new Map<string, Counts>();
    for await (const { _id, count } of rows) {
      const found = counts.get(_id.task) ?? {};
      found[_id.state] = Number(count);
      counts.set(_id.task, found);
    }
    return counts;
  }

  /** Datasets of which every work order was stopped before it was released: nothing of them can begin any more. */
  private async endStopped(tasks: readonly Omit<DatasetTask, 'outbox'>[]): Promise<void> {
    if (tasks.length === 0) return;
    const now = this.clock.now();
    const operations = tasks.map(({ _id, jobId, pid, workflow, context }) => {
      const row = eventRow(datasetCancelledV1, { jobId, pid, workflow }, now, context);
      const { $push, $set } = pushRows('outbox', [row], now);
      return {
        updateOne: {
          filter: { _id, state: 'running' },
          update: { $set: { ...$set, state: 'cancelled', updatedAt: now }, $push },
        },
      };
    });
    await this.store.tasks.bulkWrite(operations as never, { ordered: false });
    this.relay.wake();
    stillMoving();
  }
}

function isAllCancelled({ cancelled = 0, ...others }: Counts): boolean {
  return cancelled > 0 && Object.values(others).every((count) => count === 0);
}

/** Anything else than waiting for work that goes on. */
function mayBeFolded({ drafted = 0, planned = 0, released = 0, failed = 0 }: Counts): boolean {
  return drafted > 0 || (failed > 0 && planned > 0) || planned + released === 0;
}
