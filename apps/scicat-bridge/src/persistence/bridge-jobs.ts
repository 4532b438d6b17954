import { Injectable } from '@nestjs/common';
import type { Workflow } from '#contracts';
import { Clock } from '#kernel';
import { OutboxCollection, OutboxRelay, type OutboxRow } from '#outbox';
import { isDuplicateKey, rowsWithIds, stepOf } from '#persistence';
import { LeaseLost, type Lease } from '../domain/lease.js';
import { bridgeJobSteps, type BridgeJobState, type LeftAlone, type WayIn } from '../domain/bridge-job.js';
import type { BridgeJob } from './records.js';
import { BridgeStore } from './bridge-store.js';

/** Of nobody's lease. */
const free = { leasedUntil: new Date(0) };
/** Milliseconds for which a job that was left is not looked at again, however often it is named. */
const leftPause = 60_000;
/** Fields of one job that another program changed and that are kept with what they said; beyond that they are counted. */
const maxLeftAlone = 50;

type Fields = Partial<BridgeJob> & Record<string, unknown>;
type Step = readonly [BridgeJobState | readonly BridgeJobState[], BridgeJobState];

/** Jobs of SciCat that the bridge knows of: every change is one write that asks for what it starts from. */
@Injectable()
export class BridgeJobs {
  private readonly changes: OutboxCollection;

  constructor(
    private readonly store: BridgeStore,
    private readonly clock: Clock,
    relay: OutboxRelay,
  ) {
    this.changes = new OutboxCollection(store.jobs, relay);
  }

  /** A way in named this job: it is stored once, however often and from wherever it is named. */
  async see(jobId: string, by: WayIn): Promise<void> {
    const now = this.clock.now();
    await this.insert(jobId, by, now);
    await this.again(jobId, by, now);
  }

  /** Those of some ids that are not known, or were left: for the poll, which sees the same ones each time. */
  async worthSeeing(ids: readonly string[]): Promise<string[]> {
    const known = await rowsWithIds<Pick<BridgeJob, '_id' | 'state'>>(this.store.jobs, ids, {
      projection: { state: 1 },
    });
    const settled = new Set(known.filter(({ state }) => state !== 'left').map(({ _id }) => _id));
    return ids.filter((id) => !settled.has(id));
  }

  /** Takes the job that has been due for longest, until the lease ends, and raises its token. */
  async takeDue(now: Date, leasedUntil: Date): Promise<Pick<BridgeJob, '_id' | 'epoch'> | undefined> {
    const taken = await this.store.jobs.findOneAndUpdate(
      { dueAt: { $lte: now }, leasedUntil: { $lte: now } },
      { $set: { leasedUntil }, $inc: { epoch: 1 } },
      { sort: { dueAt: 1 }, returnDocument: 'after', projection: { epoch: 1 } },
    );
    return taken ?? undefined;
  }

  /** @returns false when another worker has the newer token */
  async renew({ _id, epoch }: Pick<BridgeJob, '_id' | 'epoch'>, leasedUntil: Date): Promise<boolean> {
    const { matchedCount } = await this.store.jobs.updateOne(
      // A heartbeat that comes late takes no lease again that was given back.
      { _id, epoch, leasedUntil: { $gt: free.leasedUntil } },
      { $set: { leasedUntil } },
    );
    return matchedCount === 1;
  }

  /** @throws LeaseLost */
  async read({ jobId, epoch }: Lease): Promise<BridgeJob> {
    const job = await this.store.jobs.findOne({ _id: jobId, epoch });
    if (job === null) throw new LeaseLost(jobId);
    return job;
  }

  async stateOf(jobId: string): Promise<BridgeJobState | undefined> {
    return (await this.store.jobs.findOne({ _id: jobId }, { projection: { state: 1 } }))?.state;
  }

  async workflowOf(jobId: string): Promise<Workflow | undefined> {
    return (await this.store.jobs.findOne({ _id: jobId }, { projection: { workflow: 1 } }))?.workflow;
  }

  /**
   * The step of a job, with the message about it; it is due at once in its new state.
   *
   * @throws LeaseLost
   */
  async go(
    lease: Lease,
    [from, to]: Step,
    fields: Fields = {},
    rows: readonly OutboxRow[] = [],
  ): Promise<void> {
    const step = stepOf(bridgeJobSteps, from, to);
    const set = { ...step.to, attempts: 0, dueAt: this.clock.now(), ...fields };
    const filter = { _id: lease.jobId, epoch: lease.epoch, ...step.from };
    if (!(await this.changes.change(filter, { $set: set }, rows))) throw new LeaseLost(lease.jobId);
  }

  /** @throws LeaseLost */
  async save(
    { jobId, epoch }: Lease,
    set: Fields,
    unset: readonly (keyof BridgeJob)[] = [],
    rows: readonly OutboxRow[] = [],
  ): Promise<void> {
    const gone = Object.fromEntries(unset.map((field) => [field, '']));
    const change = {
      ...(Object.keys(set).length === 0 ? {} : { $set: set }),
      ...(unset.length === 0 ? {} : { $unset: gone }),
    };
    if (!(await this.changes.change({ _id: jobId, epoch }, change, rows))) throw new LeaseLost(jobId);
  }

  /** Keeps what another program changed, the first of them with what they said. @throws LeaseLost */
  async leaveAlone({ jobId, epoch }: Lease, found: readonly LeftAlone[]): Promise<void> {
    if (found.length === 0) return;
    const { matchedCount } = await this.store.jobs.updateOne(
      { _id: jobId, epoch },
      {
        $push: { leftAlone: { $each: [...found], $slice: maxLeftAlone } },
        $inc: { leftAloneCount: found.length },
      },
    );
    if (matchedCount === 0) throw new LeaseLost(jobId);
  }

  /**
   * Ends the lease. The job is due again at `dueAt`, or never, unless something came since `heard` was read: that keeps it due.
   */
  async rest(
    { jobId, epoch }: Lease,
    heard: number,
    dueAt: Date | undefined,
    fields: Fields = {},
  ): Promise<void> {
    const { matchedCount } = await this.store.jobs.updateOne({ _id: jobId, epoch, heard }, {
      $set: { ...free, ...fields, ...(dueAt === undefined ? {} : { dueAt }) },
      ...(dueAt === undefined ? { $unset: { dueAt: '' } } : {}),
    } as object);
    if (matchedCount === 0) await this.release({ jobId, epoch }, fields);
  }

  /** Ends the lease of a try that failed: the next one comes at `dueAt`, whatever comes meanwhile. */
  async release({ jobId, epoch }: Pick<Lease, 'jobId' | 'epoch'>, fields: Fields = {}): Promise<void> {
    await this.store.jobs.updateOne({ _id: jobId, epoch }, { $set: { ...free, ...fields } });
  }

  /** Something came for the job. @returns false when there is no such job */
  async hear(jobId: string, set: Fields = {}): Promise<boolean> {
    const { matchedCount } = await this.store.jobs.updateOne(
      { _id: jobId },
      {
        $inc: { heard: 1 },
        $min: { dueAt: this.clock.now() },
        ...(Object.keys(set).length === 0 ? {} : { $set: set }),
      },
    );
    return matchedCount === 1;
  }

  /** How far it is: for people, and nothing follows from it. */
  async takeProgress(jobId: string, progress: Readonly<Record<string, unknown>>): Promise<void> {
    await this.store.jobs.updateOne({ _id: jobId, state: 'accepted' }, { $set: { progress } });
  }

  private async insert(_id: string, by: WayIn, now: Date): Promise<void> {
    const job: Omit<BridgeJob, '_id' | 'seenBy'> = {
      ...({ state: 'seen', seenAt: now, dueAt: now } as const),
      ...{ ...free, epoch: 0, heard: 0, attempts: 0, outbox: { rows: [] } },
    };
    try {
      await this.store.jobs.updateOne(
        { _id },
        { $setOnInsert: job, $addToSet: { seenBy: by } },
        { upsert: true },
      );
    } catch (error) {
      // Two ways in at the same instant: the other one stored it.
      if (!isDuplicateKey(error)) throw error;
    }
  }

  /** What was left is looked at again: it may have been given back to its first status, or be there by now. */
  private async again(_id: string, by: WayIn, now: Date): Promise<void> {
    const { from, to } = stepOf(bridgeJobSteps, 'left', 'seen');
    await this.store.jobs.updateOne(
      { _id, ...from, endedAt: { $lt: new Date(now.getTime() - leftPause) } },
      {
        $set: { ...to, dueAt: now, attempts: 0 },
        $unset: { endedAt: '', why: '' },
        $addToSet: { seenBy: by },
      },
    );
  }
}
