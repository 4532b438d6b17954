import { Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { isDuplicateKey } from '#persistence';
import { Leases } from '../aggregates/leases.js';
import { AssemblerStore } from './assembler-store.js';

/** Leases in the collection `leases`. */
@Injectable()
export class MongoLeases extends Leases {
  constructor(
    private readonly store: AssemblerStore,
    private readonly clock: Clock,
  ) {
    super();
  }

  whenReady(): Promise<void> {
    return this.store.whenReady();
  }

  async hold(name: string, holder: string, milliseconds: number): Promise<boolean> {
    const now = this.clock.now();
    try {
      const lease = await this.store.leases.findOneAndUpdate(
        { _id: name, $or: [{ holder }, { until: { $lt: now } }] },
        { $set: { holder, until: new Date(now.getTime() + milliseconds) } },
        { upsert: true, returnDocument: 'after' },
      );
      return lease?.holder === holder;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }
}
