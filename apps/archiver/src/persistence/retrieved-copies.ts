import { Injectable } from '@nestjs/common';
import { isDuplicateKey, stepOf } from '#persistence';
import { retrievedSteps } from '../domain/states.js';
import { ArchiverStore } from './archiver-store.js';

/** One try of one work order that recalls a datablock. */
export interface Recall {
  readonly archiveId: string;
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

  /** Takes a datablock to be recalled. @returns false when a copy is there, or another recalls it or removes it */
  async take({ archiveId, order, epoch }: Recall, now: Date, until: Date): Promise<boolean> {
    try {
      await this.all.updateOne(
        // A later try of the order takes over from an earlier one.
        { _id: archiveId, $or: [{ order, epoch: { $lt: epoch } }, ...overAt(now)] },
        {
          $set: { ...recalling.to, holder: holderOf({ order, epoch }), order, epoch, until },
          $unset: { expiresAt: '' },
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
    const held = { _id: recall.archiveId, holder: holderOf(recall) };
    return (await this.all.updateOne(held, { $set: { until } })).matchedCount > 0;
  }

  /** @returns false when it is in other hands */
  async arrived(recall: Recall, expiresAt: Date): Promise<boolean> {
    const { matchedCount } = await this.all.updateOne(
      { _id: recall.archiveId, holder: holderOf(recall), ...arriving.from },
      { $set: { ...arriving.to, expiresAt } },
    );
    return matchedCount > 0;
  }

  /** Nothing happens when it is in other hands. */
  async givenUp(recall: Recall): Promise<void> {
    await this.all.deleteOne({ _id: recall.archiveId, holder: holderOf(recall), ...arriving.from });
  }

  /** A copy that is there at that moment stays until then. @returns whether there is one */
  async prolong(archiveId: string, now: Date, expiresAt: Date): Promise<boolean> {
    const present = await this.all.findOneAndUpdate(
      { _id: archiveId, ...arriving.to, expiresAt: { $gt: now } },
      { $set: { expiresAt } },
    );
    return present !== null;
  }

  /** Never shortens its time. */
  async keepUntil(archiveId: string, expiresAt: Date): Promise<void> {
    await this.all.updateOne({ _id: archiveId, ...arriving.to }, { $max: { expiresAt } });
  }

  /** There is no object of it. */
  async missing(archiveId: string): Promise<void> {
    await this.all.deleteOne({ _id: archiveId, ...arriving.to });
  }

  /** Names of copies whose time is over, and of recalls with which nobody goes on. */
  async *over(now: Date, limit: number): AsyncGenerator<string> {
    const found = this.all.find({ $or: overAt(now) }, { projection: { _id: 1 } });
    for await (const { _id } of found.limit(limit)) yield _id;
  }

  /** For the sweep that removes it: a recall that begins meanwhile waits. @returns false when it is no longer over */
  async takeOver(archiveId: string, now: Date, until: Date): Promise<boolean> {
    const { matchedCount } = await this.all.updateOne(
      { _id: archiveId, $or: overAt(now) },
      { $set: { ...recalling.to, holder: sweeper, until }, $unset: { expiresAt: '', order: '' } },
    );
    return matchedCount > 0;
  }

  /** The sweep has removed the object. */
  async removed(archiveId: string): Promise<void> {
    await this.all.deleteOne({ _id: archiveId, ...arriving.from, holder: sweeper });
  }

  private get all() {
    return this.store.retrieved;
  }
}

function holderOf({ order, epoch }: Omit<Recall, 'archiveId'>): string {
  return `${order}#${epoch}`;
}

function overAt(now: Date): object[] {
  return [
    { ...arriving.to, expiresAt: { $lte: now } },
    { ...arriving.from, until: { $lt: now } },
  ];
}
