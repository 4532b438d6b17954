import { Injectable } from '@nestjs/common';
import { Clock, newId } from '#kernel';
import { Catalogue, type CollectionName } from '../persistence/catalogue.js';

/** Ids that one look reads: more were never removed within the time of a look. */
const maxRemoved = 10_000;

/**
 * Says of records that they are about to be removed, before they are: a record that is gone cannot say when it was changed, and
 * every process has to find out. A crash in between announces a record that stays, which whoever reads it finds out as well.
 */
@Injectable()
export class RemovedRecords {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly clock: Clock,
  ) {}

  async announce(collection: CollectionName, id: string): Promise<void> {
    await this.catalogue.removals.insertOne({ _id: newId(), collection, id, at: this.clock.now() });
  }

  async since(collection: CollectionName, moment: Date): Promise<readonly string[]> {
    const rows = await this.catalogue.removals
      .find({ at: { $gt: moment }, collection }, { projection: { id: 1 } })
      .limit(maxRemoved)
      .toArray();
    return [...new Set(rows.map(({ id }) => id))];
  }
}
