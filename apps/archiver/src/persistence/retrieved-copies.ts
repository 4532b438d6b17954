import { Injectable } from '@nestjs/common';
import { isDuplicateKey, stepOf } from '#persistence';
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
}

/** What a recall has brought. */
export interface Arrival {
  /** Of the object. */
  readonly bytes: number;
  readonly sha256: string;
}

/** One try of one work order that recalls something. */
export interface Recall extends Retrieval {
  readonly order: string;
  readonly epoch: number;
}

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
  async take({ name, archiveId, bytes, order, epoch }: Recall, now: Date, until: Date): Promise<boolean> {
    try {
      await this.all.updateOne(
        // A later try of the order takes over from an earlier one.
        { _id: name, $or: [{ order, epoch: { $lt: epoch } }, ...overAt(now)] },
        {
          $set: {
            ...{ ...recalling.to, holder: holderOf({ order, epoch }), order, epoch, until },
            ...{ archiveId, bytes },
          },
          $unset: { expiresAt: '', sha256: '' },
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
  async arrived(recall: Recall, { bytes, sha256 }: Arrival, expiresAt: Date): Promise<boolean> {
    const { matchedCount } = await this.all.updateOne(
      { _id: recall.name, holder: holderOf(recall), ...arriving.from },
      { $set: { ...arriving.to, bytes, sha256, expiresAt } },
    );
    return matchedCount > 0;
  }

  /** Nothing happens when it is in other hands. */
  async givenUp(recall: Recall): Promise<void> {
    await this.all.deleteOne({ _id: recall.name, holder: holderOf(recall), ...arriving.from });
  }

  /** A copy that is there at that moment stays until then. @returns undefined when there is none */
  async prolong(name: string, now: Date, expiresAt: Date): Promise<RetrievedCopy | undefined> {
    const present = await this.all.findOneAndUpdate(
      { _id: name, ...arriving.to, expiresAt: { $gt: now } },
      { $set: { expiresAt } },
    );
    return present ?? undefined;
  }

  /** Never shortens its time. */
  async keepUntil(name: string, expiresAt: Date): Promise<void> {
    await this.all.updateOne({ _id: name, ...arriving.to }, { $max: { expiresAt } });
  }

  /** There is no object of it. */
  async missing(name: string): Promise<void> {
    await this.all.deleteOne({ _id: name, ...arriving.to });
  }

  /** Names of copies whose time is over, and of recalls with which nobody goes on. */
  async *over(now: Date, limit: number): AsyncGenerator<string> {
    const found = this.all.find({ $or: overAt(now) }, { projection: { _id: 1 } });
    for await (const { _id } of found.limit(limit)) yield _id;
  }

  /** For the sweep that removes it: a recall that begins meanwhile waits. @returns false when it is no longer over */
  async takeOver(name: string, now: Date, until: Date): Promise<boolean> {
    const { matchedCount } = await this.all.updateOne(
      { _id: name, $or: overAt(now) },
      { $set: { ...recalling.to, holder: sweeper, until }, $unset: { expiresAt: '', order: '' } },
    );
    return matchedCount > 0;
  }

  /** The sweep has removed the object. */
  async removed(name: string): Promise<void> {
    await this.all.deleteOne({ _id: name, ...arriving.from, holder: sweeper });
  }

  private get all() {
    return this.store.retrieved;
  }
}

function holderOf({ order, epoch }: Pick<Recall, 'order' | 'epoch'>): string {
  return `${order}#${epoch}`;
}

function overAt(now: Date): object[] {
  return [
    { ...arriving.to, expiresAt: { $lte: now } },
    { ...arriving.from, until: { $lt: now } },
  ];
}
