import { Inject, Injectable } from '@nestjs/common';
import { datasetCancelledV1 } from '#contracts';
import { Clock, newId, stillMoving } from '#kernel';
import { HostedLoop, type Found } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { eventRow } from '#outbox';
import { DatasetTasks } from '../aggregates/dataset-tasks.js';
import { Jobs } from '../aggregates/jobs.js';
import { Leases } from '../aggregates/leases.js';
import type { AssemblyJob, DatasetTask } from '../aggregates/records.js';
import { WorkOrders, type WorkOrderCounts } from '../aggregates/work-orders.js';
import { ConfigToken, type JobAssemblerConfig } from '../job-assembler.config.js';
import { DatasetSettling } from './dataset-settling.js';
import { JobEnding } from './job-ending.js';

/** Stored: processes of older versions hold the lease under the same name. */
const leaseName = 'folds';
/** Milliseconds after which a job is looked at without having been asked: a crash may have swallowed a look. */
const staleAfter = 2000;
const pause = 1000;
/** While no job is under way: whoever asks for one to be looked at calls. */
const maxPause = 5000;
/** Jobs that one look takes up. */
const jobsAtOnce = 200;
/** Datasets that one write ends. */
const endedAtOnce = 500;

/** Settles all datasets of a job, with a look at each work order and not at each dataset. One process at a time does so. */
@Injectable()
export class JobSettling extends HostedLoop {
  private readonly holder = newId();

  constructor(
    private readonly jobs: Jobs,
    private readonly tasks: DatasetTasks,
    private readonly orders: WorkOrders,
    private readonly leases: Leases,
    private readonly datasets: DatasetSettling,
    private readonly ending: JobEnding,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: JobAssemblerConfig,
    @Inject(LOGGER) logger: Logger,
  ) {
    super({
      name: 'settling of results',
      ...{ pause, maxPause },
      logger,
      fault: 'could not settle results, trying again',
      ready: () => leases.whenReady(),
    });
  }

  /** The job is looked at next, by whichever process holds the lease. */
  async soon(jobId: string): Promise<void> {
    await this.jobs.touch(jobId, new Date(0));
    this.wake();
  }

  async round(isQuiet = false): Promise<Found> {
    if (isQuiet && !(await this.jobs.isAnyUnderWay(this.clock.now()))) return 'nothing';
    // A lease is for those who have something to do.
    if ((await this.stale(1)).length === 0 || !(await this.takeLease())) return false;
    const stale = await this.stale(jobsAtOnce);
    for (const job of stale) {
      if (this.stopping.aborted) return false;
      await this.settleJob(job);
      await this.takeLease();
      stillMoving();
    }
    return stale.length === jobsAtOnce;
  }

  private stale(limit: number): Promise<Pick<AssemblyJob, '_id' | 'workflow'>[]> {
    const now = this.clock.now();
    return this.jobs.stale(now, new Date(now.getTime() - staleAfter), limit);
  }

  private takeLease(): Promise<boolean> {
    return this.leases.hold(leaseName, this.holder, this.config.lease / 4);
  }

  private async settleJob({ _id: jobId, workflow }: Pick<AssemblyJob, '_id' | 'workflow'>): Promise<void> {
    await this.jobs.touch(jobId, this.clock.now());
    const due = [...(await this.orders.countsByTask({ jobId }))]
      .filter(([, counts]) => isAllCancelled(counts) || mayBeSettled(counts))
      .map(([taskId]) => taskId);
    // All of them: resets of datasets that were never archived have no work orders to be found by.
    if (workflow === 'reset') due.push(...(await this.tasks.running(jobId)));
    for (let at = 0; at < due.length; at += endedAtOnce) {
      await this.settleSome(due.slice(at, at + endedAtOnce));
      await this.takeLease();
      stillMoving();
    }
    await this.ending.settle(jobId);
  }

  /** Counted again after the datasets were read: the work orders of one that was running then were all there. */
  private async settleSome(taskIds: readonly string[]): Promise<void> {
    const tasks = await this.tasks.runningAmong(taskIds);
    if (tasks.length === 0) return;
    const counts = await this.orders.countsByTask({ taskIds: tasks.map(({ _id }) => _id) });
    const isStopped = ({ _id }: { readonly _id: string }): boolean => isAllCancelled(counts.get(_id) ?? {});
    await this.endStopped(tasks.filter((task) => isStopped(task)));
    for (const { _id } of tasks.filter((task) => !isStopped(task))) {
      await this.datasets.settle(_id);
      stillMoving();
    }
  }

  /** Datasets of which every work order was stopped before it was released: nothing of them can begin any more. */
  private async endStopped(tasks: readonly Omit<DatasetTask, 'outbox'>[]): Promise<void> {
    if (tasks.length === 0) return;
    const now = this.clock.now();
    const stopped = tasks.map(({ _id: taskId, jobId, pid, workflow, context }) => {
      return { taskId, event: eventRow(datasetCancelledV1, { jobId, pid, workflow }, now, context) };
    });
    await this.tasks.endStopped(stopped, now);
    stillMoving();
  }
}

function isAllCancelled({ cancelled = 0, ...others }: WorkOrderCounts): boolean {
  return cancelled > 0 && Object.values(others).every((count) => count === 0);
}

/** Anything else than waiting for work that goes on. */
function mayBeSettled({ drafted = 0, planned = 0, released = 0, failed = 0 }: WorkOrderCounts): boolean {
  return drafted > 0 || (failed > 0 && planned > 0) || planned + released === 0;
}
