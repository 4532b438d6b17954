import { Injectable } from '@nestjs/common';
import { Clock, newId } from '#kernel';
import { rowsById } from '#persistence';
import { Catalogue, type CollectionName } from '../persistence/catalogue.js';
import type { RemovalRecord } from '../persistence/records.js';

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
    const ids = new Set<string>();
    const since = { at: { $gt: moment }, collection };
    const rows = rowsById<Pick<RemovalRecord, '_id' | 'id'>>(this.catalogue.removals, since, {
      projection: { id: 1 },
    });
    for await (const { id } of rows) ids.add(id);
    return [...ids];
  }
}
