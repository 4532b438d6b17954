import { Injectable } from '@nestjs/common';
import { newId } from '#kernel';
import { ArchiverStore } from './archiver-store.js';
import type { CopyFigures, ScrubTurn } from './records.js';

/** What may be spent in a day. */
export interface DayBudget {
  readonly bytesPerDay: number;
  readonly hoursPerDay: number;
}

/** What a turn is wanted for. */
export interface WantedTurn {
  readonly target: string;
  readonly archiveId: string;
  /** Bytes that are read of the budget; 0 for what it does not count. */
  readonly bytes: number;
  readonly budget: DayBudget;
}

/** Who has a turn: a write with an older token is refused. */
export interface HeldTurn {
  readonly target: string;
  readonly epoch: number;
  /** Bytes of the budget that were taken with it. */
  readonly bytes: number;
}

/** `held`: by another archiver, or taken in this moment. `bytes`, `hours`: the day's are spent. */
export type TurnRefused = 'held' | 'bytes' | 'hours';

/** What a turn came to. */
export interface EndedTurn {
  readonly at: Date;
  /** Bytes that were read, all readings together. */
  readonly bytes: number;
  readonly milliseconds: number;
}

type Spent = Pick<ScrubTurn, 'day' | 'bytes' | 'milliseconds'>;

const day = 86_400_000;
const hour = 3_600_000;
/** Days ahead of this clock after which a time was written by a clock that was wrong. */
const maxAhead = 2;

/**
 * The turn and the budget of the reading of old copies, one record for each target: the turn is taken and its bytes are reserved
 * in one write, which asks for all that it was decided on. An archiver that dies with a turn has spent its bytes, no more.
 */
@Injectable()
export class ScrubTurns {
  /** Of this process, for people. */
  private readonly holder = newId();

  constructor(private readonly store: ArchiverStore) {}

  async of(target: string): Promise<ScrubTurn | undefined> {
    return (await this.all.findOne({ _id: target })) ?? undefined;
  }

  async take(wanted: WantedTurn, now: Date, until: Date): Promise<HeldTurn | TurnRefused> {
    const { target, archiveId, bytes, budget } = wanted;
    const seen = await this.of(target);
    if (seen === undefined || (seen.until > now && !isFromTheFuture(seen.until, now))) return 'held';
    const spent = spentOn(now, seen, budget);
    const refused = refusal(wanted, spent, seen.rate);
    if (refused !== undefined) return refused;
    const { epoch } = seen;
    const asSeen = { day: seen.day, bytes: seen.bytes, milliseconds: seen.milliseconds };
    const { matchedCount } = await this.all.updateOne(
      { _id: target, epoch, until: seen.until, ...asSeen },
      {
        $set: {
          ...{ holder: this.holder, epoch: epoch + 1, until },
          ...{ ...spent, bytes: spent.bytes + bytes },
          reading: { archiveId, bytes, done: 0, since: now },
        },
        $unset: { waits: '' },
      },
    );
    return matchedCount > 0 ? { target, epoch: epoch + 1, bytes } : 'held';
  }

  /** @returns false when another archiver has the newer token */
  async renew({ target, epoch }: HeldTurn, until: Date, done: number): Promise<boolean> {
    const { matchedCount } = await this.all.updateOne(
      { _id: target, epoch, reading: { $exists: true } },
      { $set: { until, 'reading.done': done } },
    );
    return matchedCount > 0;
  }

  /** Gives back what was not read, and takes what was read twice. Nothing happens when another archiver has the newer token. */
  async end({ target, epoch, bytes: reserved }: HeldTurn, ended: EndedTurn): Promise<void> {
    const { at, bytes, milliseconds } = ended;
    await this.all.updateOne(
      { _id: target, epoch, reading: { $exists: true } },
      {
        $inc: { bytes: bytes - reserved, milliseconds },
        $set: { until: at, ...(bytes > 0 && milliseconds > 0 ? { rate: bytes / milliseconds } : {}) },
        $unset: { reading: '' },
      },
    );
  }

  /** Why nothing is read now, unless something is. */
  async wait(target: string, code: string, text: string, at: Date): Promise<void> {
    await this.all.updateOne(
      { _id: target, $or: [{ until: { $lte: at } }, { until: { $gt: aheadOf(at) } }] },
      { $set: { waits: { code, text, at } } },
    );
  }

  /** For one archiver that counts the copies: others need not do it before then. @returns false when another does */
  async takeCount(target: string, now: Date, before: Date): Promise<boolean> {
    const fresh = { epoch: 0, until: now, day: dayOf(now), bytes: 0, milliseconds: 0 };
    await this.all.updateOne(
      { _id: target },
      { $setOnInsert: { ...fresh, countedAt: new Date(0) } },
      { upsert: true },
    );
    const { matchedCount } = await this.all.updateOne(
      { _id: target, $or: [{ countedAt: { $lte: before } }, { countedAt: { $gt: aheadOf(now) } }] },
      { $set: { countedAt: now } },
    );
    return matchedCount > 0;
  }

  /** Older figures do not take the place of newer ones, but those of a clock that was wrong go. */
  async keepFigures(target: string, figures: CopyFigures): Promise<void> {
    const { at } = figures;
    await this.all.updateOne(
      {
        _id: target,
        $or: [
          ...[{ 'figures.at': { $exists: false } }, { 'figures.at': { $lt: at } }],
          { 'figures.at': { $gt: aheadOf(at) } },
        ],
      },
      { $set: { figures } },
    );
  }

  /** Records of targets that nobody has counted since then. */
  async forgetUncounted(before: Date): Promise<void> {
    await this.all.deleteMany({ countedAt: { $lt: before }, until: { $lt: before } });
  }

  private get all() {
    return this.store.scrubTurns;
  }
}

/** As records name it, in UTC. */
export function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}

/** Whether it is so far ahead that a clock was wrong: it counts as if it had never been written. */
export function isFromTheFuture(time: Date, now: Date): boolean {
  return time > aheadOf(now);
}

function aheadOf(now: Date): Date {
  return new Date(now.getTime() + maxAhead * day);
}

/** What of a day's budget is spent at that time: what was spent beyond the budget of an earlier day is paid by the days after it. */
export function spentOn(now: Date, { day: then, bytes, milliseconds }: Spent, budget: DayBudget): Spent {
  const today = dayOf(now);
  const days = Math.round((Date.parse(today) - Date.parse(then)) / day);
  if (days < -maxAhead) return { day: today, bytes: 0, milliseconds: 0 };
  // A clock that was set back begins no new day.
  if (days <= 0) return { day: then, bytes, milliseconds };
  return {
    day: today,
    bytes: Math.max(0, bytes - days * budget.bytesPerDay),
    milliseconds: Math.max(0, milliseconds - days * budget.hoursPerDay * hour),
  };
}

/** A copy that is larger than a day's budget is read on a day of which nothing is spent. */
function refusal({ bytes, budget }: WantedTurn, spent: Spent, rate?: number): TurnRefused | undefined {
  if (bytes === 0) return undefined;
  const time = rate === undefined ? 1 : bytes / rate;
  if (spent.bytes > 0 && spent.bytes + bytes > budget.bytesPerDay) return 'bytes';
  if (spent.milliseconds > 0 && spent.milliseconds + time > budget.hoursPerDay * hour) return 'hours';
  return undefined;
}
