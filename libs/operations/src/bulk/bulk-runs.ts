import type { Connection } from 'mongoose';
import type { Page } from '#console-api';
import { codeOf, crashPoint, idFromName, isRetriable, messageOf, PermanentError, type Clock } from '#kernel';
import { isDuplicateKey } from '#persistence';
import { changedMeanwhile, notPossible, notThere } from '../audit/operator-actions.js';
import { olderThan, pageOf, placeIn } from '../keyset.js';
import { HeldRun, runOver, type Counted } from './held-run.js';
import { bulkRuns } from './bulk-records.js';
import {
  bulkLimits,
  shownRun,
  type BulkFailure,
  type BulkRun,
  type BulkRunRecord,
  type BulkSource,
  type BulkWord,
} from './bulk-run.js';

/** Milliseconds until a run goes on that found the broker, or the database, away. */
const awayPause = 10_000;
/** By this part may a filter find more, or fewer, than the operator saw. */
const tolerance = 0.1;

/** What an operator asks for. */
export type WantedRun = Pick<
  BulkRunRecord,
  '_id' | 'kind' | 'filter' | 'most' | 'batch' | 'perMinute' | 'by' | 'via' | 'reason'
> & {
  /** How many the operator saw. */
  readonly expected: number;
};

/**
 * Runs of one action over many things. A run is a record: a process that dies leaves it to the next one, which goes on behind the
 * last thing that was decided; each is done once, as the act itself decides in one write.
 */
export class BulkRuns {
  private readonly sources = new Map<string, BulkSource>();
  private readonly startListeners: (() => void)[] = [];

  /** @param lease milliseconds for which a process holds a run, anew with each thing that is done */
  constructor(
    private readonly connection: Connection,
    private readonly clock: Clock,
    private readonly lease: number,
  ) {}

  addSource(kind: string, source: BulkSource): void {
    this.sources.set(kind, source);
  }

  /** Calls back when a run was started here. */
  onStarted(listener: () => void): void {
    this.startListeners.push(listener);
  }

  async createIndexes(): Promise<void> {
    await this.runs.createIndex({ createdAt: -1, _id: -1 }, { name: 'catena_bulk_runs_newest' });
    await this.runs.createIndex({ dueAt: 1 }, { name: 'catena_bulk_runs_due', sparse: true });
    await this.runs.createIndex({ expiresAt: 1 }, { name: 'catena_bulk_runs_expiry', expireAfterSeconds: 0 });
  }

  /**
   * @throws PermanentError `operations.changed-meanwhile` when the filter finds other things than the operator saw,
   * `operations.not-possible` for an unknown kind, or too many runs
   */
  async start(wanted: WantedRun): Promise<BulkRun> {
    const { _id, kind, filter, expected, most, ...word } = wanted;
    const now = this.clock.now();
    const found = await this.sourceOf(kind).count(filter, now);
    if (Math.abs(found - expected) > expected * tolerance)
      throw new PermanentError(
        changedMeanwhile,
        `Expected ${expected} to do this to, as you saw, found ${found}. Look again, then ask with what you find.`,
      );
    const running = await this.runs.countDocuments(
      { dueAt: { $exists: true } },
      { limit: bulkLimits.running },
    );
    if (running >= bulkLimits.running)
      throw new PermanentError(
        notPossible,
        `Expected fewer than ${bulkLimits.running} runs at the same time, found ${running}: wait, or stop one.`,
      );
    const counts = { done: 0, skipped: 0, failed: 0, failures: [] };
    const times = { createdAt: now, updatedAt: now, dueAt: now };
    const record = {
      _id,
      kind,
      filter,
      found,
      most,
      ...word,
      state: 'running' as const,
      ...counts,
      ...times,
    };
    try {
      await this.runs.insertOne(record);
    } catch (error) {
      // The same call came before.
      if (!isDuplicateKey(error)) throw error;
    }
    for (const listener of this.startListeners) listener();
    return this.find(_id);
  }

  /** @throws PermanentError `operations.not-there` */
  async find(id: string): Promise<BulkRun> {
    const run = await this.runs.findOne({ _id: id });
    if (run === null)
      throw new PermanentError(notThere, `Expected a bulk run ${id.slice(0, 100)}, found none.`);
    return shownRun(run);
  }

  /** Newest first. */
  async list(after: string | undefined, limit: number): Promise<Page<BulkRun>> {
    const found = await this.runs
      .find(olderThan('createdAt', placeIn(after)))
      .sort({ createdAt: -1, _id: -1 })
      .limit(limit + 1)
      .toArray();
    return pageOf(found, limit, ({ createdAt: at, _id: id }) => ({ at, id }), shownRun);
  }

  /** @throws PermanentError `operations.changed-meanwhile` when it is over, `operations.not-there` */
  async stop(id: string, by: string, reason: string, entry: string): Promise<BulkRun> {
    const now = this.clock.now();
    const { matchedCount } = await this.runs.updateOne(
      { _id: id, state: 'running' },
      {
        $set: { state: 'stopped', stopped: { by, at: now, reason, entry }, ...runOver(now) },
        $unset: { dueAt: '' },
      },
    );
    if (matchedCount > 0) return this.find(id);
    const run = await this.runs.findOne({ _id: id });
    if (run === null)
      throw new PermanentError(notThere, `Expected a bulk run ${id.slice(0, 100)}, found none.`);
    const { stopped, endedAt } = run;
    // The driver sends a write again whose answer was lost.
    if (stopped?.entry === entry) return shownRun(run);
    throw new PermanentError(
      changedMeanwhile,
      stopped === undefined
        ? `Expected bulk run ${id} to be under way, found that it was finished at ${endedAt?.toISOString()}.`
        : `Expected bulk run ${id} to be under way, found that ${stopped.by} stopped it at ${stopped.at.toISOString()}: ${stopped.reason}`,
    );
  }

  /** Whether a call with this entry has started, or stopped, a run. */
  async byEntry(id: string, entry: string): Promise<BulkRun | undefined> {
    const run = await this.runs.findOne({ _id: id });
    return run === null || (run._id !== entry && run.stopped?.entry !== entry) ? undefined : shownRun(run);
  }

  /**
   * Does one batch of one run that is due.
   *
   * @param isQuiet nobody has started one since the last step: whether there is any is asked first
   * @returns false when none is, `'nothing'` when none will be
   */
  async step(isQuiet = false): Promise<boolean | 'nothing'> {
    if (isQuiet && !(await this.isAnyUnderWay())) return 'nothing';
    const now = this.clock.now();
    const run = await this.runs.findOneAndUpdate(
      { dueAt: { $lte: now } },
      { $set: { dueAt: new Date(now.getTime() + this.lease) } },
      { sort: { dueAt: 1 }, returnDocument: 'after' },
    );
    if (run === null) return (await this.isAnyUnderWay()) ? false : 'nothing';
    const held = new HeldRun(this.runs, this.clock, run, this.lease);
    try {
      await this.batchOf(held);
    } catch (error) {
      if (!isRetriable(error)) throw error;
      // What it needs is away: it goes on with the same thing when that is back.
      await held.rest(awayPause, { code: codeOf(error, ''), message: messageOf(error).slice(0, 500) });
    }
    return true;
  }

  private async isAnyUnderWay(): Promise<boolean> {
    return (await this.runs.findOne({ dueAt: { $exists: true } }, { projection: { _id: 1 } })) !== null;
  }

  private async batchOf(held: HeldRun): Promise<void> {
    const { _id, kind, filter, createdAt, place, most, batch, perMinute, taking } = held.run;
    const source = this.sourceOf(kind);
    const { done, skipped, failed } = held.run;
    const room = Math.min(batch, most - done - skipped - failed);
    // What a process that died had begun with is asked again: the same act on the same thing is done once.
    const items =
      taking !== undefined ? [taking] : room <= 0 ? [] : await source.next(filter, createdAt, place, room);
    if (items.length === 0) return held.finish();
    if (taking === undefined && !(await held.take(items[0]!))) return;
    for (const [index, item] of items.entries()) {
      const { by, via, reason } = held.run;
      const word = { by, via, reason, run: _id, entry: idFromName(`${_id}/${item.id}`) };
      const [counted, failure] = await outcomeOf(source, item.id, word);
      crashPoint('bulk.after-one');
      if (!(await held.count(item.place, counted, failure, items[index + 1]))) return;
    }
    await held.rest(Math.ceil((items.length / perMinute) * 60_000));
  }

  private sourceOf(kind: string): BulkSource {
    const source = this.sources.get(kind);
    if (source !== undefined) return source;
    const known = [...this.sources.keys()].join(', ');
    throw new PermanentError(
      notPossible,
      `Expected a bulk run of ${known || 'nothing, in this app'}, found ${JSON.stringify(kind).slice(0, 100)}.`,
    );
  }

  private get runs() {
    return bulkRuns(this.connection);
  }
}

async function outcomeOf(
  source: BulkSource,
  id: string,
  word: BulkWord,
): Promise<[Counted, BulkFailure | undefined]> {
  try {
    return [(await source.act(id, word)) ? 'done' : 'skipped', undefined];
  } catch (error) {
    if (isRetriable(error)) throw error;
    const code = codeOf(error, 'operations.unexpected-error');
    return ['failed', { id, code, message: messageOf(error).slice(0, 500) }];
  }
}
