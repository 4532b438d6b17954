import { Injectable } from '@nestjs/common';
import { TargetNames } from '../domain/target-names.js';
import { ArchiverStore } from './archiver-store.js';
import type { CopyFigures } from './records.js';

/** A copy, and when it was proven last. */
export interface AgedCopy {
  readonly archiveId: string;
  readonly verifiedAt: Date;
}

/** Looks of one question; each at least halves what is left of an answer that does not come in order. */
const maxLooks = 40;

/** Which copies on a target were proven longest ago, and what all of them come to. */
@Injectable()
export class CopyAges {
  constructor(
    private readonly store: ArchiverStore,
    private readonly names: TargetNames = new TargetNames(),
  ) {}

  /**
   * The oldest first. Each look reads at most `limit` entries of the index `by_proof`: no engine sorts by one entry of a list without
   * reading them all, so an answer that is full is asked for again, before the middle of what it held, until it is not.
   *
   * @param after only what was proven after this
   */
  async oldest(target: string, before: Date, limit: number, after?: Date): Promise<AgedCopy[]> {
    let found = await this.some(target, before, limit, after);
    for (let look = 1; found.length >= limit && look < maxLooks; look += 1) {
      const middle = found[Math.floor(limit / 2)]!.verifiedAt;
      const older = await this.some(target, middle, limit, after);
      // Nothing is older than all that is known: those of that very moment are next.
      if (older.length === 0) return found.filter(({ verifiedAt }) => verifiedAt <= middle);
      found = older;
    }
    return found;
  }

  /** @param since what was proven after that counts as read */
  async figures(target: string, now: Date, since: Date): Promise<CopyFigures> {
    const written = this.names.writtenAs(target);
    const isBad = { $ifNull: ['$copies.damaged.at', false] };
    const isRead = { $and: [{ $gte: ['$copies.verifiedAt', since] }, { $not: [isBad] }] };
    const [found] = await this.store.datablocks
      .aggregate<Omit<CopyFigures, 'at' | 'usual'> & { readonly squares: number }>([
        { $match: { state: 'verified', 'copies.share': { $in: written } } },
        { $project: { packedSize: 1, copies: 1 } },
        { $unwind: '$copies' },
        { $match: { 'copies.share': { $in: written } } },
        {
          $group: {
            _id: null,
            copies: { $sum: 1 },
            bytes: { $sum: '$packedSize' },
            squares: { $sum: { $multiply: ['$packedSize', '$packedSize'] } },
            largest: { $max: '$packedSize' },
            readBytes: { $sum: { $cond: [isRead, '$packedSize', 0] } },
            readCopies: { $sum: { $cond: [isRead, 1, 0] } },
            damaged: { $sum: { $cond: [isBad, 1, 0] } },
            oldest: { $min: '$copies.verifiedAt' },
          },
        },
      ])
      .toArray();
    if (found === undefined)
      return { at: now, copies: 0, bytes: 0, readBytes: 0, readCopies: 0, damaged: 0, largest: 0, usual: 0 };
    const { copies, bytes, squares, largest, readBytes, readCopies, damaged, oldest } = found;
    const usual = bytes > 0 ? Math.round(squares / bytes) : 0;
    return {
      ...{ at: now, copies, bytes, largest, usual, readBytes, readCopies, damaged },
      ...(oldest === undefined ? {} : { oldest }),
    };
  }

  /** Any that were proven between the two, in the order of their ages. */
  private async some(target: string, before: Date, limit: number, after?: Date): Promise<AgedCopy[]> {
    const written = this.names.writtenAs(target);
    const verifiedAt = { $lt: before, ...(after === undefined ? {} : { $gt: after }) };
    const rows = await this.store.datablocks
      .find(
        { state: 'verified', copies: { $elemMatch: { share: { $in: written }, verifiedAt } } },
        { projection: { copies: 1 } },
      )
      .limit(limit)
      .toArray();
    const found = rows.flatMap(({ _id: archiveId, copies }) =>
      copies
        .filter((copy) => written.includes(copy.share))
        .map((copy) => ({ archiveId, verifiedAt: copy.verifiedAt })),
    );
    return found
      .filter((copy) => copy.verifiedAt < before && (after === undefined || copy.verifiedAt > after))
      .sort((one, other) => one.verifiedAt.getTime() - other.verifiedAt.getTime());
  }
}
