import { Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { PublicStore } from '../persistence/public-store.js';
import { withParents } from '../persistence/record-sets.js';

/** Milliseconds; answers that took longer than this are not waited for a second time. */
const patience = 1000;

/** What is known of all records together: too dear to ask the database for at every request. */
@Injectable()
export class OaiCensus {
  private earliestKnown: Date | undefined;
  private sets: { readonly specs: readonly string[]; readonly at: number; readonly took: number } | undefined;
  private counting: Promise<readonly string[]> | undefined;

  constructor(
    private readonly store: PublicStore,
    private readonly clock: Clock,
  ) {}

  /** No record has an earlier datestamp. They only move forward, so that what was found once stays true. */
  async earliest(): Promise<Date | undefined> {
    const { records } = this.store;
    if (this.earliestKnown !== undefined) {
      const older = { datestamp: { $lt: this.earliestKnown } };
      if ((await records.findOne(older, { projection: { _id: 1 } })) === null) return this.earliestKnown;
    }
    const [row] = await records
      .aggregate<{ earliest: Date }>([{ $group: { _id: null, earliest: { $min: '$datestamp' } } }])
      .toArray();
    this.earliestKnown = row?.earliest;
    return this.earliestKnown;
  }

  /**
   * All sets that records are in, and their parents, in order. What is quickly counted is counted again after a
   * second; what takes long is renewed in the background, at most a twentieth of the time.
   */
  async allSets(): Promise<readonly string[]> {
    const { sets } = this;
    const now = this.clock.now().getTime();
    if (sets !== undefined && now - sets.at < Math.max(patience, 20 * sets.took)) return sets.specs;
    this.counting ??= this.countSets().finally(() => (this.counting = undefined));
    if (sets === undefined || sets.took < patience) return this.counting;
    // Who waits for the next count hears of its failure.
    this.counting.catch(() => undefined);
    return sets.specs;
  }

  private async countSets(): Promise<readonly string[]> {
    const started = performance.now();
    const specs = withParents(await this.store.records.distinct('sets'));
    this.sets = { specs, at: this.clock.now().getTime(), took: performance.now() - started };
    return specs;
  }
}
