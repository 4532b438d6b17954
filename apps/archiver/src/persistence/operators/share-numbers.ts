import { Injectable } from '@nestjs/common';
import { TargetNames } from '../../domain/target-names.js';
import { ArchiverStore } from '../archiver-store.js';

/** Milliseconds the database may take for a count. */
const maxTimeMS = 1000;
/** Damaged copies that one look counts; more is as bad. */
const maxDamaged = 1000;

export interface BadCopies {
  damaged: number;
  missing: number;
}

/** Counts by shares: records bear the names that shares had when they were written, numbers those of today. */
@Injectable()
export class ShareNumbers {
  constructor(
    private readonly store: ArchiverStore,
    private readonly names: TargetNames,
  ) {}

  /** Drives of these shares at which something is read. */
  async drivesBusy(shares: readonly string[], now: Date): Promise<number> {
    const turns = await this.store.readerTurns.find({ _id: { $in: [...shares] } }, { maxTimeMS }).toArray();
    return turns.flatMap(({ readers }) => readers.filter(({ until }) => until > now)).length;
  }

  /** Recalls that are due, and wait for a drive. */
  recallsWaiting(shares: readonly string[], now: Date): Promise<number> {
    const written = shares.flatMap((share) => this.names.writtenAs(share));
    return this.store.works.countDocuments(
      { 'place.target': { $in: written }, state: 'open', dueAt: { $lte: now } },
      { maxTimeMS },
    );
  }

  /** Copies of verified datablocks that are known to be bad, by the name of their share today. */
  async badCopies(): Promise<ReadonlyMap<string, Readonly<BadCopies>>> {
    const rows = await this.store.datablocks
      .find({ 'copies.damaged.at': { $exists: true } }, { projection: { copies: 1, state: 1 }, maxTimeMS })
      .limit(maxDamaged)
      .toArray();
    const found = new Map<string, BadCopies>();
    for (const { state, copies } of rows)
      for (const { share, damaged } of state === 'verified' ? copies : []) {
        if (damaged === undefined) continue;
        const name = this.names.nameOf(share);
        const counts = found.get(name) ?? { damaged: 0, missing: 0 };
        counts[/missing/.test(damaged.found) ? 'missing' : 'damaged'] += 1;
        found.set(name, counts);
      }
    return found;
  }
}
