import { Injectable } from '@nestjs/common';
import { DatablockPlaces } from '../aggregates/datablock-places.js';
import { isDuplicateKey } from '#persistence';
import type { OutsideCopy, ReadBack } from '../aggregates/records.js';
import { AssemblerStore } from './assembler-store.js';
import { absent } from './queries.js';

/** Where copies lie, in the collection `datablock_places`. */
@Injectable()
export class MongoDatablockPlaces extends DatablockPlaces {
  constructor(private readonly store: AssemblerStore) {
    super();
  }

  async keep(archiveId: string, pid: string, targets: readonly string[], placement = 0): Promise<void> {
    const place = { pid, targets: [...targets], ...(placement === 0 ? {} : { placement }) };
    const notNewer = { $or: [{ placement: absent }, { placement: { $lte: placement } }] };
    try {
      await this.store.places.updateOne({ _id: archiveId, ...notNewer }, { $set: place }, { upsert: true });
    } catch (error) {
      // What is known is newer.
      if (!isDuplicateKey(error)) throw error;
    }
  }

  async of(archiveId: string, pid: string): Promise<readonly string[]> {
    return (await this.store.places.findOne({ _id: archiveId, pid }))?.targets ?? [];
  }

  async keepOutside(archiveId: string, pid: string, target: string, copy: OutsideCopy): Promise<void> {
    const change = { $set: { pid, [`outside.${target}`]: copy }, $setOnInsert: { targets: [] } };
    await this.store.places.updateOne({ _id: archiveId }, change, { upsert: true });
  }

  async outside(archiveId: string, pid: string): Promise<Readonly<Record<string, OutsideCopy>>> {
    return (await this.store.places.findOne({ _id: archiveId, pid }))?.outside ?? {};
  }

  async damagedOutside(archiveId: string, target: string, at: Date, found?: ReadBack): Promise<void> {
    const known = { _id: archiveId, [`outside.${target}`]: { $exists: true } };
    const read = found === undefined ? {} : { [`outside.${target}.found`]: found };
    await this.store.places.updateOne(known, { $set: { [`outside.${target}.damagedAt`]: at, ...read } });
  }

  async addOutside(archiveId: string, pid: string, target: string, copy: OutsideCopy): Promise<void> {
    const name = `outside.${target}`;
    try {
      const unknown = { _id: archiveId, [name]: absent };
      const change = { $set: { pid, [name]: copy }, $setOnInsert: { targets: [] } };
      await this.store.places.updateOne(unknown, change, { upsert: true });
    } catch (error) {
      // It is known.
      if (!isDuplicateKey(error)) throw error;
    }
  }

  async removeOutside(archiveId: string, target: string): Promise<void> {
    await this.store.places.updateOne({ _id: archiveId }, {
      $unset: { [`outside.${target}`]: '' },
    } as object);
    await this.forgetEmpty(archiveId);
  }

  async remove(archiveId: string): Promise<void> {
    const own = { $set: { targets: [] }, $unset: { placement: '' as const } };
    await this.store.places.updateOne({ _id: archiveId }, own);
    await this.forgetEmpty(archiveId);
  }

  private async forgetEmpty(_id: string): Promise<void> {
    const none = { targets: { $size: 0 }, $or: [{ outside: absent }, { outside: {} }] };
    await this.store.places.deleteOne({ _id, ...none });
  }

  targets(): Promise<readonly string[]> {
    return this.store.places.distinct('targets');
  }
}
