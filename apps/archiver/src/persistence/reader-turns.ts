import { Injectable } from '@nestjs/common';
import { isDuplicateKey } from '#persistence';
import { ArchiverStore } from './archiver-store.js';
import type { ReaderTurn } from './records.js';

/** Who reads a medium. */
export interface Reader {
  readonly target: string;
  readonly medium: string;
  readonly holder: string;
}

/**
 * Turns at the drives of each target, over all archivers: a medium has one reader, and a target not more than it has drives. Each is
 * taken in one write. They order work and guard nothing: a reader whose turn went to another one only waits longer.
 */
@Injectable()
export class ReaderTurns {
  constructor(private readonly store: ArchiverStore) {}

  /** @param atOnce media that the target reads at once; undefined: nobody knows */
  async take(
    { target, medium, holder }: Reader,
    atOnce: number | undefined,
    now: Date,
    until: Date,
  ): Promise<boolean> {
    await this.store.readerTurns.updateOne(
      { _id: target, 'readers.until': { $lte: now } },
      { $pull: { readers: { until: { $lte: now } } } },
    );
    try {
      await this.store.readerTurns.updateOne(
        {
          ...{ _id: target, 'readers.medium': { $ne: medium } },
          ...(atOnce === undefined ? {} : { [`readers.${atOnce - 1}`]: { $exists: false } }),
        },
        { $push: { readers: { medium, holder, until } } },
        { upsert: true },
      );
      return true;
    } catch (error) {
      // There is a record, and the filter keeps from it.
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  /** @returns false when it went to another one */
  async renew({ target, medium, holder }: Reader, until: Date): Promise<boolean> {
    const { matchedCount } = await this.store.readerTurns.updateOne(
      { _id: target, readers: { $elemMatch: { medium, holder } } },
      { $set: { 'readers.$.until': until } },
    );
    return matchedCount > 0;
  }

  async giveBack({ target, medium, holder }: Reader): Promise<void> {
    await this.store.readerTurns.updateOne({ _id: target }, { $pull: { readers: { medium, holder } } });
  }

  /** Turns that are taken at this moment, by the names of their targets. */
  async taken(targets: readonly string[], now: Date): Promise<ReadonlyMap<string, readonly ReaderTurn[]>> {
    const found = await this.store.readerTurns.find({ _id: { $in: [...targets] } }).toArray();
    return new Map(found.map(({ _id, readers }) => [_id, readers.filter(({ until }) => until > now)]));
  }
}
