import { Injectable } from '@nestjs/common';
import { DatablockPlaces } from '../aggregates/datablock-places.js';
import { AssemblerStore } from './assembler-store.js';

/** Where copies lie, in the collection `datablock_places`. */
@Injectable()
export class MongoDatablockPlaces extends DatablockPlaces {
  constructor(private readonly store: AssemblerStore) {
    super();
  }

  async keep(archiveId: string, pid: string, targets: readonly string[]): Promise<void> {
    const place = { pid, targets: [...targets] };
    await this.store.places.updateOne({ _id: archiveId }, { $set: place }, { upsert: true });
  }

  async of(archiveId: string, pid: string): Promise<readonly string[]> {
    return (await this.store.places.findOne({ _id: archiveId, pid }))?.targets ?? [];
  }

  async remove(archiveId: string): Promise<void> {
    await this.store.places.deleteOne({ _id: archiveId });
  }

  targets(): Promise<readonly string[]> {
    return this.store.places.distinct('targets');
  }
}
