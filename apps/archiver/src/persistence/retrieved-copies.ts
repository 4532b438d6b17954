import { Injectable } from '@nestjs/common';
import { TransientError } from '#kernel';
import { isDuplicateKey, stepOf } from '#persistence';
import { endOf, pinsOf, withoutPin, withPin, type Pin } from '../domain/pins.js';
import { retrievedSteps } from '../domain/states.js';
import { ArchiverStore } from './archiver-store.js';
import type { RetrievedCopy } from './records.js';

/** What is brought into the retrieval bucket. */
export interface Retrieval {
  /** In the bucket, one-to-one for what lies there: an archive id, or the name of a part (`retrieve-datablock/part-names.ts`). */
  readonly name: string;
  readonly archiveId: string;
  /** As many as are expected: those of a part are known exactly when it is there. */
  readonly bytes: number;
  /** Bytes that its order wants in the bucket besides, while it is there; absent: none. */
  readonly beside?: number;
}

/** What a recall has brought. */
export interface Arrival {
  /** Of the object. */
  readonly bytes: number;
  readonly sha256: string;
}

/** For whom something is retrieved. */
export interface Asker {
  /** The work order. */
  readonly order: string;
  readonly job: string;
  /** Whose quota it counts in; empty: nobody's. */
  readonly group: string;
  /** Bytes that the job wants in the bucket in all; absent: not known. */
  readonly together?: number;
}

/** A copy as it was looked at. */
export type SeenCopy = Pick<RetrievedCopy, '_id' | 'holder' | 'pinned'>;

/** One try of one work order that recalls something. */
export interface Recall extends Retrieval, Asker {
  readonly epoch: number;
}

/** Attempts of a change of pins that others get in the way of. */
const maxAttempts = 50;

const sweeper = 'expiry';
const recalling = stepOf(retrievedSteps, ['recalling', 'present'], 'recalling');
const arriving = stepOf(retrievedSteps, 'recalling', 'present');

/**
 * What lies in the retrieval bucket until when, or is on its way there: every change is a transition of this class, in one
 * write that asks for the state and, of a recall, for who holds it (`domain/states.ts`).
 */
@Injectable()
export class RetrievedCopies {
  constructor(private readonly store: ArchiverStore) {}

  /** Takes what is to be recalled. @returns false when a copy is there, or another recalls it or removes it */
  async take(
    { name, archiveId, bytes, job, group, together, order, epoch }: Recall,
    now: Date,
    until: Date,
  ): Promise<boolean> {
    try {
      await this.all.updateOne(
        // A later try of the order takes over from an earlier one.
        { _id: name, $or: [{ ...arriving.from, order, epoch: { $lt: epoch } }, ...overAt(now)] },
        {
          $set: {
            ...{ ...recalling.to, holder: holderOf({ order, epoch }), order, epoch, until },
            ...{ archiveId, bytes, job, group },
            ...(together === undefined ? {} : { together }),
          },
          $unset: {
            ...{ expiresAt: '', sha256: '', pins: '' },
            ...(together === undefined ? { together: '' as const } : {}),
          },
        },
        { upsert: true },
      );
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  /** @returns false when it is in other hands */
  async renew(recall: Recall, until: Date): Promise<boolean> {
    const held = { _id: recall.name, holder: holderOf(recall) };
    return (await this.all.updateOne(held, { $set: { until } })).matchedCount > 0;
  }

  /** @returns false when it is in other hands */
  async arrived(recall: Recall, { bytes, sha256 }: Arrival, now: Date, expiresAt: Date): Promise<boolean> {
    const { job, group, together } = recall;
    const all = together === undefined ? {} : { together };
    const pins: Pin[] = [{ job, group, since: now, until: expiresAt, ...all }];
    const { matchedCount } = await this.all.updateOne(
      { _id: recall.name, holder: holderOf(recall), ...arriving.from },
      { $set: { ...arriving.to, bytes, sha256, expiresAt, pins, pinned: 0 } },
    );
    return matchedCount > 0;
  }

  /**
   * Holds it until then, so that what lies under its name can be removed.
   *
   * @returns false when it is in other hands, or has arrived: whoever failed may not know that
   */
  async abandon(recall: Recall, until: Date): Promise<boolean> {
    const { matchedCount } = await this.all.updateOne(
      { _id: recall.name, holder: holderOf(recall), ...arriving.from },
      { $set: { until } },
    );
    return matchedCount > 0;
  }

  /** Nothing happens when it is in other hands. */
  async givenUp(recall: Recall): Promise<void> {
    await this.all.deleteOne({ _id: recall.name, holder: holderOf(recall), ...arriving.from });
  }

  /**
   * A copy that is there stays for the job until then at least: whoever comes first, this write or that of a sweep, the other one
   * finds nothing to do.
   *
   * @returns undefined when there is none
   */
  pin(
    name: string,
    { job, group, together }: Omit<Asker, 'order'>,
    now: Date,
    until: Date,
    entry?: string,
  ): Promise<RetrievedCopy | undefined> {
    const all = together === undefined ? {} : { together };
    const pin = { job, group, since: now, until, ...all, ...(entry === undefined ? {} : { entry }) };
    return this.changePins(name, (pins) => withPin(pins, pin, now), now);
  }

  /**
   * Lengthens the pin that the job has.
   *
   * @param most milliseconds since it has it
   * @param number of the request; of a later one its word counts
   * @returns until when it is good now; undefined when the job has none any more, or the copy is gone
   */
  async extend(
    name: string,
    job: string,
    now: Date,
    until: Date,
    most: number,
    number = 0,
  ): Promise<Date | undefined> {
    const own = (pins: readonly Pin[]): Pin | undefined => pins.find(ownOf(job, now, number));
    const copy = await this.changePins(
      name,
      (pins) => {
        const pin = own(pins);
        if (pin === undefined) return undefined;
        const end = earlier(until, new Date(pin.since.getTime() + most));
        return withPin(pins, { ...pin, until: end, ...(number === 0 ? {} : { number }) }, now);
      },
      now,
    );
    return own(copy?.pins ?? [])?.until;
  }

  /**
   * Without other pins the copy may go at once.
   *
   * @param number of the request; one that a later request has lengthened stays
   * @returns whether the job had one
   */
  async unpin(name: string, job: string, now: Date, number = Infinity): Promise<boolean> {
    const isOwn = ownOf(job, now, number);
    const copy = await this.changePins(
      name,
      (pins) => (pins.some(isOwn) ? withoutPin(pins, job, now) : undefined),
      now,
    );
    return copy !== undefined;
  }

  /** As it is now. */
  async seen(name: string): Promise<SeenCopy | undefined> {
    const seen = await this.all.findOne(
      { _id: name, ...arriving.to },
      { projection: { holder: 1, pinned: 1 } },
    );
    return seen ?? undefined;
  }

  /** There is no object of it; what was brought, or kept, since it was seen is another one. */
  async missing({ _id, holder, pinned }: SeenCopy): Promise<void> {
    await this.all.deleteOne({ _id, ...arriving.to, holder, pinned: pinned ?? { $exists: false } });
  }

  /**
   * A recall that had lost its hold has put an object there all the same, and nobody may have a record of it any more: then the sweep
   * finds one that is over.
   */
  async leftBehind({ name, archiveId, bytes }: Recall, now: Date): Promise<void> {
    const over = { ...recalling.to, holder: sweeper, until: now, archiveId, bytes };
    try {
      await this.all.updateOne({ _id: name }, { $setOnInsert: over }, { upsert: true });
    } catch (error) {
      // Another has made one at the same moment.
      if (!isDuplicateKey(error)) throw error;
    }
  }

  /** Names of copies that nobody has kept any more, the longest unused first, and of recalls with which nobody goes on. */
  async *over(now: Date, limit: number): AsyncGenerator<string> {
    const found = this.all.find({ $or: overAt(now) }, { projection: { _id: 1 }, sort: { expiresAt: 1 } });
    for await (const { _id } of found.limit(limit)) yield _id;
  }

  /**
   * For the sweep that removes it: a recall that begins meanwhile waits.
   *
   * @param holder of this one removal
   * @returns false when it is no longer over
   */
  async takeOver(name: string, now: Date, until: Date, holder = sweeper): Promise<boolean> {
    const { matchedCount } = await this.all.updateOne(
      { _id: name, $or: overAt(now) },
      {
        $set: { ...recalling.to, holder, until },
        $unset: { expiresAt: '', order: '', pins: '', job: '', group: '', together: '' },
      },
    );
    return matchedCount > 0;
  }

  /** The sweep is still at it. @returns false when it is in other hands */
  async renewRemoval(name: string, holder: string, until: Date): Promise<boolean> {
    const held = { _id: name, ...arriving.from, holder };
    return (await this.all.updateOne(held, { $set: { until } })).matchedCount > 0;
  }

  /** The sweep has removed the object. */
  async removed(name: string, holder = sweeper): Promise<void> {
    await this.all.deleteOne({ _id: name, ...arriving.from, holder });
  }

  /** A look and a write that asks for what the look has seen. @param change undefined: nothing is to be changed */
  private async changePins(
    _id: string,
    change: (pins: readonly Pin[]) => readonly Pin[] | undefined,
    now: Date,
  ): Promise<RetrievedCopy | undefined> {
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const seen = await this.all.findOne({ _id, ...arriving.to });
      if (seen === null) return undefined;
      const pins = change(pinsOf(seen));
      if (pins === undefined) return undefined;
      const { holder, pinned } = seen;
      const changed = await this.all.findOneAndUpdate(
        { _id, ...arriving.to, holder, pinned: pinned ?? { $exists: false } },
        { $set: { pins: [...pins], expiresAt: endOf(pins, now), pinned: (pinned ?? 0) + 1 } },
        { returnDocument: 'after' },
      );
      if (changed !== null) return changed;
    }
    throw new TransientError(
      'archiver.copy-contended',
      `The pins of ${_id} in the retrieval bucket change too often at the moment: nothing was changed, it is tried again.`,
    );
  }

  private get all() {
    return this.store.retrieved;
  }
}

/** Pins of a job that no later request has changed. */
function ownOf(job: string, now: Date, number: number): (pin: Pin) => boolean {
  return (pin) => pin.job === job && pin.until > now && (pin.number ?? 0) <= number;
}

function holderOf({ order, epoch }: Pick<Recall, 'order' | 'epoch'>): string {
  return `${order}#${epoch}`;
}

function earlier(one: Date, other: Date): Date {
  return one < other ? one : other;
}

function overAt(now: Date): object[] {
  return [
    { ...arriving.to, expiresAt: { $lte: now } },
    { ...arriving.from, until: { $lt: now } },
  ];
}
