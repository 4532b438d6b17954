import { Injectable } from '@nestjs/common';
import { OutboxCollection, OutboxRelay, type OutboxRow } from '#outbox';
import { isThere, rowsById, stepOf } from '#persistence';
import {
  DatasetTasks,
  type NewTask,
  type OpenTaskState,
  type TaskCounts,
  type TaskEnd,
  type TaskEnding,
  type TaskStart,
} from '../aggregates/dataset-tasks.js';
import type { DatasetTask, Fault } from '../aggregates/records.js';
import { openStates, taskSteps, type TaskState } from '../domain/states.js';
import { AssemblerStore } from './assembler-store.js';
import { absent, countByState, underWay } from './queries.js';

const start = stepOf(taskSteps, 'planning', 'running');
const failUnplanned = stepOf(taskSteps, 'planning', 'failed');
const submit = stepOf(taskSteps, 'running', 'registering');
const stop = stepOf(taskSteps, 'running', 'cancelled');

/** What a failed dataset has archived may be used by a retry until it is swept. */
const unswept = { state: 'failed' as const, workflow: 'archive' as const, swept: absent as never };

/** Datasets in the collection `dataset_tasks`. */
@Injectable()
export class MongoDatasetTasks extends DatasetTasks {
  constructor(
    private readonly store: AssemblerStore,
    private readonly relay: OutboxRelay,
  ) {
    super();
  }

  private get tasks() {
    return this.store.tasks;
  }

  private get outbox(): OutboxCollection {
    return new OutboxCollection(this.tasks, this.relay);
  }

  async begin({ _id, ...task }: NewTask, now: Date): Promise<DatasetTask> {
    const begun = await this.tasks.findOneAndUpdate(
      { _id },
      { $setOnInsert: { ...task, state: 'planning', bytes: 0, updatedAt: now, outbox: { rows: [] } } },
      { upsert: true, returnDocument: 'after' },
    );
    return begun!;
  }

  async takeOver(taskId: string): Promise<number | undefined> {
    const mine = await this.tasks.findOneAndUpdate(
      { _id: taskId, state: 'planning' },
      { $inc: { planner: 1 } },
      { returnDocument: 'after', projection: { planner: 1 } },
    );
    return mine?.planner;
  }

  async start(taskId: string, { planner, bytes, event, now }: TaskStart): Promise<boolean> {
    const change = { $set: { ...start.to, bytes, updatedAt: now } };
    if (await this.outbox.change({ _id: taskId, ...start.from, planner }, change, [event])) return true;
    const states: TaskState[] = ['running', 'registering', 'succeeded'];
    return isThere(this.tasks, { _id: taskId, planner, state: { $in: states } });
  }

  submit(taskId: string, event: OutboxRow, now: Date): Promise<boolean> {
    return this.outbox.change({ _id: taskId, ...submit.from }, { $set: { ...submit.to, updatedAt: now } }, [
      event,
    ]);
  }

  end(
    taskId: string,
    from: OpenTaskState,
    to: TaskEnd,
    { now, event, fault, planner }: TaskEnding,
  ): Promise<boolean> {
    const step = stepOf(taskSteps, from, to);
    const whose = planner === undefined ? {} : { planner };
    const why = fault === undefined ? {} : { fault };
    const change = { $set: { ...step.to, updatedAt: now, ...why } };
    const ending = { _id: taskId, ...step.from, ...whose };
    return this.outbox.change(ending, change, event === undefined ? [] : [event]);
  }

  endStopped(
    stopped: readonly { readonly taskId: string; readonly event: OutboxRow }[],
    now: Date,
  ): Promise<void> {
    return this.outbox.changeEach(
      stopped.map(({ taskId, event }) => ({
        filter: { _id: taskId, ...stop.from },
        change: { $set: { ...stop.to, updatedAt: now } },
        rows: [event],
      })),
    );
  }

  async cancelUnbegun(tasks: readonly NewTask[], now: Date): Promise<void> {
    const cancelled = { state: 'cancelled' as const, bytes: 0, updatedAt: now, outbox: { rows: [] } };
    const operations = tasks.map(({ _id, ...task }) => ({
      updateOne: { filter: { _id }, update: { $setOnInsert: { ...task, ...cancelled } }, upsert: true },
    }));
    await this.tasks.bulkWrite(operations, { ordered: false });
  }

  async failUnplanned(jobId: string, fault: Fault): Promise<void> {
    await this.tasks.updateMany({ jobId, ...failUnplanned.from }, { $set: { ...failUnplanned.to, fault } });
  }

  async find(taskId: string): Promise<DatasetTask | undefined> {
    return (await this.tasks.findOne({ _id: taskId })) ?? undefined;
  }

  async ofDataset(
    jobId: string,
    pid: string,
    workflow?: DatasetTask['workflow'],
  ): Promise<DatasetTask | undefined> {
    const kind = workflow === undefined ? {} : { workflow };
    return (await this.tasks.findOne({ jobId, pid, ...kind })) ?? undefined;
  }

  counts(jobId: string): Promise<TaskCounts> {
    return countByState<TaskState>(this.tasks, { jobId });
  }

  async hasOpen(jobId: string): Promise<boolean> {
    const open = { jobId, state: { $in: openStates(taskSteps) } };
    return (await this.tasks.findOne(open, { projection: { _id: 1 } })) !== null;
  }

  async hasUnheardNews(jobId: string): Promise<boolean> {
    return (await this.tasks.findOne({ jobId, ...underWay }, { projection: { _id: 1 } })) !== null;
  }

  planned(jobId: string): AsyncIterable<Pick<DatasetTask, '_id'>> {
    return this.tasks
      .find({ jobId, state: { $ne: 'planning' } }, { projection: { _id: 1 } })
      .sort({ _id: 1 });
  }

  beingPlanned(jobId: string): AsyncIterable<Pick<DatasetTask, '_id' | 'pid'>> {
    return this.tasks.find({ jobId, state: 'planning' }, { projection: { pid: 1 } }).sort({ _id: 1 });
  }

  async running(jobId: string): Promise<string[]> {
    const tasks = await this.tasks
      .find({ jobId, state: 'running' }, { projection: { _id: 1 } })
      .sort({ _id: 1 })
      .toArray();
    return tasks.map(({ _id }) => _id);
  }

  runningAmong(taskIds: readonly string[]): Promise<Omit<DatasetTask, 'outbox'>[]> {
    return this.tasks
      .find({ _id: { $in: [...taskIds] }, state: 'running' }, { projection: { outbox: 0 } })
      .sort({ _id: 1 })
      .toArray();
  }

  ofJob(jobId: string): AsyncIterable<DatasetTask> {
    return rowsById<DatasetTask>(this.tasks, this.store.ofJob(jobId));
  }

  failedElsewhere(pid: string, jobId: string): AsyncIterable<Pick<DatasetTask, '_id'>> {
    const others = { pid, state: 'failed' as const, workflow: 'archive' as const, jobId: { $ne: jobId } };
    return this.tasks.find(others, { projection: { _id: 1 } }).sort({ _id: 1 });
  }

  async registeringSince(jobId: string): Promise<Date | undefined> {
    const oldest = await this.tasks.findOne(
      { jobId, state: 'registering' },
      { projection: { updatedAt: 1 }, sort: { updatedAt: 1 } },
    );
    return oldest?.updatedAt;
  }

  unswept(before: Date, limit: number): AsyncIterable<Pick<DatasetTask, '_id' | 'updatedAt'>> {
    return this.tasks
      .find({ ...unswept, updatedAt: { $lt: before } }, { projection: { _id: 1, updatedAt: 1 } })
      .sort({ updatedAt: 1 })
      .limit(limit);
  }

  markSwept({ _id, updatedAt }: Pick<DatasetTask, '_id' | 'updatedAt'>, now: Date): Promise<boolean> {
    return this.outbox.change({ _id, ...unswept, updatedAt }, { $set: { swept: now } });
  }

  sweepLater({ _id, updatedAt }: Pick<DatasetTask, '_id' | 'updatedAt'>, at: Date): Promise<boolean> {
    return this.outbox.change({ _id, ...unswept, updatedAt }, { $set: { updatedAt: at } });
  }

  async isNeeded(jobId: string): Promise<boolean> {
    const needed = [
      { jobId, ...underWay },
      { jobId, ...unswept },
    ];
    return (await Promise.all(needed.map((which) => isThere(this.tasks, which)))).includes(true);
  }

  async forget(jobId: string): Promise<void> {
    await this.tasks.deleteMany({ jobId });
  }
}
