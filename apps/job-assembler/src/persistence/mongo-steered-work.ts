import { Injectable } from '@nestjs/common';
import { SteeredWork, type JobWords } from '../aggregates/steered-work.js';
import type { WorkScope } from '../aggregates/work-orders.js';
import { AssemblerStore } from './assembler-store.js';
import { absent } from './queries.js';

const unreleased = { state: { $in: ['drafted' as const, 'planned' as const] } };

/** Fields of the collection `work_orders` that repeat what its job says, for the queries of the dispatcher. */
@Injectable()
export class MongoSteeredWork extends SteeredWork {
  constructor(private readonly store: AssemblerStore) {
    super();
  }

  async hear(scope: WorkScope, { version, priority, deferredUntil }: JobWords): Promise<void> {
    const earlier = { $or: [{ steered: absent }, { steered: { $lt: version } }] };
    const urgency = priority === undefined ? {} : { priority };
    const time = deferredUntil === undefined ? {} : { deferredUntil };
    await this.store.orders.updateMany(
      { ...scope, ...unreleased, ...earlier },
      {
        $set: { steered: version, ...urgency, ...time },
        ...(deferredUntil === undefined ? { $unset: { deferredUntil: '' } } : {}),
      },
    );
  }

  async endDeferrals(now: Date): Promise<void> {
    const due = { deferredUntil: { $lte: now } };
    await this.store.orders.updateMany(due, { $unset: { deferredUntil: '' } });
  }
}
