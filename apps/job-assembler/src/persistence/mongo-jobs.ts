import { Injectable } from '@nestjs/common';
import { jobSteeredV1, type JobOutcome } from '#contracts';
import { eventRow, OutboxCollection, OutboxRelay, type OutboxRow } from '#outbox';
import { isThere, stepOf } from '#persistence';
import type { Priority } from '#routes';
import {
  Jobs,
  type HeldBack,
  type JobWord,
  type NewJob,
  type PlannableJob,
  type TakenJob,
} from '../aggregates/jobs.js';
import type { AssemblyJob, Fault, JobSteering, WaitReason } from '../aggregates/records.js';
import type { PauseMode } from '../domain/steering.js';
import { endOfTime } from '../domain/lane-reasons.js';
import { jobSteps, openStates } from '../domain/states.js';
import { AssemblerStore } from './assembler-store.js';
import { absent, endingIn } from './queries.js';

const start = stepOf(jobSteps, 'accepted', 'running');
const finish = stepOf(jobSteps, 'running', 'finished');
const begunBy = (now: Date) => ({
  state: { $in: openStates(jobSteps) },
  notBefore: { $not: { $gt: now } },
});
const takenBy = ({ _id, planner }: TakenJob) => ({ _id, ...start.from, planner: planner ?? absent });
const notOver = { state: { $ne: 'finished' as const } };

/** A hold whose end has come holds no more. */
const heldNow = (now: Date) => ({
  ...{ held: true as const, 'hold.until': { $not: { $lte: now } } },
  ...{ ...notOver, cancelRequested: { $ne: true } },
});
const isHeldAt = ({ held, hold }: Pick<AssemblyJob, 'held' | 'hold'>, now: Date): boolean =>
  held === true && (hold?.until === undefined || hold.until > now);
/** Words about one job at the same moment, each of which reads what the others wrote. */
const maxTries = 5;

interface SteeringChange {
  readonly $set?: Partial<AssemblyJob>;
  readonly $unset?: { readonly [field in keyof AssemblyJob]?: '' };
  readonly $inc?: { readonly planner: 1 };
}

/** When nothing of a job begins before, who said so, and who holds it. */
interface Moved extends Pick<AssemblyJob, 'deferredBy' | 'hold'> {
  /** Absent: at once. */
  readonly time?: Date;
}

function movedUnbegun({ time, deferredBy, hold }: Moved, now: Date): SteeringChange {
  const change = changeTo({ notBefore: time, deferredBy, hold, held: hold && (true as const) });
  // A planner that has just taken it must not go on: the token rises.
  return { ...change, $set: { ...change.$set, planningUntil: time ?? now }, $inc: { planner: 1 } };
}

function movedBegun({ time, deferredBy, hold }: Moved): SteeringChange {
  return changeTo({ deferredUntil: time, deferredBy, hold, held: hold && (true as const) });
}

/** The database refuses to unset nothing. */
function changeTo(fields: { readonly [field in keyof AssemblyJob]?: AssemblyJob[field] | undefined }) {
  const entries = Object.entries(fields);
  const gone = entries.filter(([, value]) => value === undefined).map(([name]) => [name, ''] as const);
  return {
    $set: Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Partial<AssemblyJob>,
    ...(gone.length === 0 ? {} : { $unset: Object.fromEntries(gone) as SteeringChange['$unset'] & object }),
  };
}

/** Jobs in the collection `jobs`. */
@Injectable()
export class MongoJobs extends Jobs {
  constructor(
    private readonly store: AssemblerStore,
    private readonly relay: OutboxRelay,
  ) {
    super();
  }

  private get jobs() {
    return this.store.jobs;
  }

  private get outbox(): OutboxCollection {
    return new OutboxCollection(this.jobs, this.relay);
  }

  async accept({ _id, notBefore, ...job }: NewJob, now: Date): Promise<void> {
    const later = notBefore !== undefined && notBefore > now ? notBefore : undefined;
    await this.jobs.updateOne(
      { _id },
      {
        $setOnInsert: {
          ...job,
          state: 'accepted',
          cancelRequested: false,
          planningUntil: later ?? now,
          ...(later === undefined ? {} : { notBefore: later }),
          acceptedAt: now,
          updatedAt: now,
          outbox: { rows: [] },
        },
      },
      { upsert: true },
    );
  }

  requestCancel(jobId: string, now: Date): Promise<boolean> {
    return this.outbox.change(
      { _id: jobId, ...notOver },
      { $set: { cancelRequested: true, updatedAt: now } },
    );
  }

  async endWaiting(jobId: string, now: Date): Promise<void> {
    await this.jobs.updateOne(
      { _id: jobId, ...start.from, notBefore: { $gt: now } },
      { $set: { planningUntil: now }, $unset: { notBefore: '' } },
    );
  }

  async isAnyDue(now?: Date): Promise<boolean> {
    const due = { ...start.from, ...(now === undefined ? {} : { planningUntil: { $lte: now } }) };
    return (await this.jobs.findOne(due, { projection: { _id: 1 } })) !== null;
  }

  async takeDue(now: Date, lease: number, held: HeldBack = []): Promise<AssemblyJob | undefined> {
    if (held.length === 0) return this.takeDueAmong({}, now, lease);
    const cancelled = await this.takeDueAmong({ cancelRequested: true }, now, lease);
    if (cancelled !== undefined || held === 'all') return cancelled;
    // Asked for by the names of the others: an index leaves out what is held back, however much that is.
    const groups = await this.jobs.distinct('group', start.from);
    const others = groups.filter((group) => !held.includes(group));
    return others.length === 0 ? undefined : this.takeDueAmong({ group: { $in: others } }, now, lease);
  }

  private async takeDueAmong(which: object, now: Date, lease: number): Promise<AssemblyJob | undefined> {
    const due = await this.jobs.findOneAndUpdate(
      { ...start.from, planningUntil: { $lte: now }, ...which },
      { $set: { planningUntil: new Date(now.getTime() + lease) }, $inc: { planner: 1 } },
      { sort: { planningUntil: 1 }, returnDocument: 'after' },
    );
    return due ?? undefined;
  }

  isOneDue(now: Date): Promise<boolean> {
    return isThere(this.jobs, { ...start.from, planningUntil: { $lte: now } });
  }

  async renew(job: TakenJob, planningUntil: Date): Promise<boolean> {
    const { matchedCount } = await this.jobs.updateOne(takenBy(job), { $set: { planningUntil } });
    return matchedCount > 0;
  }

  // A renewal that is still on its way must not push out what is written here: the token rises.
  async planAgain(job: TakenJob, planningUntil: Date): Promise<void> {
    const change = { $set: { planningUntil }, $unset: { planFault: '' as const }, $inc: { planner: 1 } };
    await this.jobs.updateOne(takenBy(job), change);
  }

  async planAgainAfter(
    job: TakenJob,
    planningUntil: Date,
    { message, code }: { readonly message: string; readonly code: string },
  ): Promise<void> {
    const said = { planningUntil, planFault: message.slice(0, 1000), planFaultCode: code };
    const change = { $set: said, $inc: { planner: 1 } };
    await this.jobs.updateOne(takenBy(job), change);
  }

  announce(
    jobId: string,
    totals: NonNullable<AssemblyJob['totals']>,
    event: OutboxRow,
    now: Date,
  ): Promise<boolean> {
    // An operator may have moved it to another time since its planner took it: then nothing of it has begun.
    const unannounced = { _id: jobId, ...start.from, totals: absent, notBefore: { $not: { $gt: now } } };
    return this.outbox.change(unannounced, { $set: { totals, updatedAt: now } }, [event]);
  }

  async notePlanned(jobId: string, planned: number, now: Date): Promise<void> {
    await this.jobs.updateOne({ _id: jobId, ...start.from }, { $max: { planned }, $set: { updatedAt: now } });
  }

  start(jobId: string, now: Date): Promise<boolean> {
    const change = { $set: { ...start.to, updatedAt: now }, $unset: { planFault: '', planFaultCode: '' } };
    return this.outbox.change({ _id: jobId, ...start.from }, change);
  }

  startFailed(job: TakenJob, fault: Fault, now: Date): Promise<boolean> {
    return this.outbox.change(takenBy(job), { $set: { ...start.to, fault, updatedAt: now } });
  }

  finish(jobId: string, outcome: JobOutcome, event: OutboxRow, now: Date): Promise<boolean> {
    const change = { $set: { ...finish.to, outcome, updatedAt: now } };
    return this.outbox.change({ _id: jobId, ...finish.from }, change, [event]);
  }

  async find(jobId: string): Promise<PlannableJob | undefined> {
    return (await this.jobs.findOne({ _id: jobId }, { projection: { outbox: 0 } })) ?? undefined;
  }

  isCancelled(jobId: string): Promise<boolean> {
    return isThere(this.jobs, { _id: jobId, cancelRequested: true });
  }

  underWay(now: Date, limit: number): AsyncIterable<AssemblyJob> {
    return this.jobs.find(begunBy(now)).sort({ updatedAt: 1 }).limit(limit);
  }

  stale(now: Date, before: Date, limit: number): Promise<Pick<AssemblyJob, '_id' | 'workflow'>[]> {
    return this.jobs
      .find({ ...begunBy(now), updatedAt: { $lt: before } }, { projection: { _id: 1, workflow: 1 } })
      .sort({ updatedAt: 1 })
      .limit(limit)
      .toArray();
  }

  async touch(jobId: string, at: Date): Promise<void> {
    await this.jobs.updateOne({ _id: jobId, ...notOver }, { $set: { updatedAt: at } });
  }

  async noteWaiting(jobId: string, reasons: readonly WaitReason[]): Promise<void> {
    const said = { waitsFor: reasons.map(({ message }) => message), wait: [...reasons] };
    await this.jobs.updateOne(
      { _id: jobId, ...notOver },
      reasons.length === 0 ? { $unset: { waitsFor: '', wait: '' } } : { $set: said },
    );
  }

  prioritise(jobId: string, priority: Priority, word: JobWord): Promise<PlannableJob | undefined> {
    return this.steer(jobId, {}, { $set: { priority } }, { ...word, what: 'priority' });
  }

  defer(jobId: string, until: Date | undefined, word: JobWord): Promise<PlannableJob | undefined> {
    const { by, reason, now: at } = word;
    const own = until === undefined ? {} : { time: until, deferredBy: { by, reason, at } };
    return this.move(jobId, { ...word, what: 'defer' }, ({ held, hold }) => {
      if (hold === undefined || !isHeldAt({ held, hold }, at)) return own;
      const { earlier: _earlier, ...kept } = hold;
      const { until: end = endOfTime } = kept;
      return {
        ...own,
        time: until !== undefined && until > end ? until : end,
        hold: until === undefined ? kept : { ...kept, earlier: until },
      };
    });
  }

  hold(
    jobId: string,
    until: Date | undefined,
    word: JobWord,
    mode: PauseMode = 'pause',
  ): Promise<PlannableJob | undefined> {
    const { by, reason, now } = word;
    return this.move(jobId, { ...word, what: 'hold' }, (job) => {
      if (isHeldAt(job, now)) return undefined;
      const own = job.totals === undefined ? job.notBefore : job.deferredUntil;
      const earlier = own !== undefined && own > now ? own : undefined;
      const end = until ?? endOfTime;
      return {
        time: earlier !== undefined && earlier > end ? earlier : end,
        hold: {
          ...{ by, reason, at: now },
          ...(mode === 'pause' ? {} : { mode }),
          ...(until === undefined ? {} : { until }),
          ...(earlier === undefined ? {} : { earlier }),
        },
        ...(earlier === undefined || job.deferredBy === undefined ? {} : { deferredBy: job.deferredBy }),
      };
    });
  }

  letGo(jobId: string, word: JobWord): Promise<PlannableJob | undefined> {
    return this.move(jobId, { ...word, what: 'go' }, (job) => {
      if (!isHeldAt(job, word.now)) return undefined;
      const earlier = job.hold?.earlier;
      if (earlier === undefined || earlier <= word.now) return {};
      return { time: earlier, ...(job.deferredBy === undefined ? {} : { deferredBy: job.deferredBy }) };
    });
  }

  held(now: Date, limit: number): Promise<PlannableJob[]> {
    return this.jobs
      .find(heldNow(now), { projection: { outbox: 0 } })
      .limit(limit)
      .toArray();
  }

  countHeld(now: Date, within?: number): Promise<number> {
    return this.jobs.countDocuments(heldNow(now), endingIn(within));
  }

  findAll(jobIds: readonly string[]): Promise<PlannableJob[]> {
    return this.jobs.find({ _id: { $in: [...jobIds] } }, { projection: { outbox: 0 } }).toArray();
  }

  /**
   * Changes a job's time by what it was: each try is one write, which misses when there was another word in between.
   *
   * @param decide undefined: it cannot be done to such a job
   */
  private async move(
    jobId: string,
    said: JobWord & Pick<JobSteering, 'what'>,
    decide: (job: PlannableJob) => Moved | undefined,
  ): Promise<PlannableJob | undefined> {
    for (let tries = 0; tries < maxTries; tries += 1) {
      const job = await this.find(jobId);
      const version = job?.steering?.version ?? 0;
      if (job === undefined || (said.version !== undefined && said.version !== version)) return undefined;
      const moved = decide(job);
      if (moved === undefined || job.state === 'finished' || job.cancelRequested) return undefined;
      const isBegun = job.totals !== undefined;
      // One that has begun may have datasets at work: it stays among the jobs that are looked after.
      const which = isBegun ? { totals: { $exists: true } } : { ...start.from, totals: absent };
      const change = isBegun ? movedBegun(moved) : movedUnbegun(moved, said.now);
      const steered = await this.steer(jobId, { ...which, cancelRequested: false }, change, {
        ...said,
        version,
      });
      if (steered !== undefined) return steered;
    }
    return undefined;
  }

  private async steer(
    jobId: string,
    filter: object,
    change: SteeringChange,
    { version, now: at, by, reason, what, entry }: JobWord & Pick<JobSteering, 'what'>,
  ): Promise<PlannableJob | undefined> {
    const seen = version === undefined ? {} : { 'steering.version': version === 0 ? absent : version };
    const word = { 'steering.by': by, 'steering.at': at, 'steering.reason': reason, 'steering.what': what };
    const entryOf = entry === undefined ? {} : { 'steering.entry': entry };
    const { priority, notBefore, deferredUntil = notBefore, hold } = change.$set ?? {};
    // A deferral of a held job is a word about the time after that.
    const time = what === 'defer' && hold !== undefined ? hold.earlier : deferredUntil;
    const until = time === undefined || time >= endOfTime ? {} : { until: time.toISOString() };
    const told = { jobId, what, by: by.slice(0, 100), reason: reason.slice(0, 500), at: at.toISOString() };
    const news = { ...told, ...(priority === undefined ? {} : { priority }), ...until };
    return this.outbox.changeAndRead<PlannableJob>(
      { _id: jobId, ...notOver, ...filter, ...seen },
      {
        ...change,
        $set: { ...change.$set, ...word, ...entryOf, toSteer: true },
        $inc: { ...change.$inc, 'steering.version': 1 },
      },
      [eventRow(jobSteeredV1, news, at)],
      { outbox: 0 },
    );
  }

  toSteer(limit: number): Promise<PlannableJob[]> {
    return this.jobs
      .find({ toSteer: true }, { projection: { outbox: 0 } })
      .limit(limit)
      .toArray();
  }

  async noteSteered(jobId: string, version: number): Promise<void> {
    await this.jobs.updateOne({ _id: jobId, 'steering.version': version }, { $unset: { toSteer: '' } });
  }

  finishedBefore(before: Date, limit: number): AsyncIterable<AssemblyJob> {
    return this.jobs
      .find({ ...finish.to, updatedAt: { $lt: before } })
      .sort({ updatedAt: 1 })
      .limit(limit);
  }

  isRetried(jobId: string): Promise<boolean> {
    return isThere(this.jobs, { retryOf: jobId, state: { $in: openStates(jobSteps) } });
  }

  forgetLater({ _id, updatedAt }: Pick<AssemblyJob, '_id' | 'updatedAt'>, at: Date): Promise<boolean> {
    return this.outbox.change({ _id, ...finish.to, updatedAt }, { $set: { updatedAt: at } });
  }

  beginForgetting({ _id, updatedAt }: Pick<AssemblyJob, '_id' | 'updatedAt'>): Promise<boolean> {
    const unchanged = { _id, ...finish.to, updatedAt, 'outbox.rows.0': absent };
    return this.outbox.change(unchanged, { $set: { forgetting: true } });
  }

  async forget(jobId: string): Promise<void> {
    await this.jobs.deleteOne({ _id: jobId, forgetting: true });
  }
}
