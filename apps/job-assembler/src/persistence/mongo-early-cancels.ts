import { Injectable } from '@nestjs/common';
import { isThere } from '#persistence';
import { EarlyCancels } from '../aggregates/early-cancels.js';
import { AssemblerStore } from './assembler-store.js';

/** {@link EarlyCancels} as records of their own, named by their job. */
@Injectable()
export class MongoEarlyCancels extends EarlyCancels {
  constructor(private readonly store: AssemblerStore) {
    super();
  }

  async remember(jobId: string, at: Date): Promise<void> {
    await this.store.earlyCancels.updateOne({ _id: jobId }, { $setOnInsert: { at } }, { upsert: true });
  }

  isThere(jobId: string): Promise<boolean> {
    return isThere(this.store.earlyCancels, { _id: jobId });
  }

  async forgetBefore(at: Date): Promise<void> {
    await this.store.earlyCancels.deleteMany({ at: { $lt: at } });
  }
}
