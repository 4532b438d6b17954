import { Injectable } from '@nestjs/common';
import type { Envelope } from '#contracts';
import { Clock } from '#kernel';
import { currentContext } from '#messaging';
import { isDuplicateKey } from '#persistence';
import type { Why } from '../domain/bridge-job.js';
import type { Errand } from './records.js';
import { BridgeStore } from './bridge-store.js';

/** What SciCat has to be told. */
@Injectable()
export class Errands {
  constructor(
    private readonly store: BridgeStore,
    private readonly clock: Clock,
  ) {}

  /** Once, however often the report comes: it has the report's id. */
  async add({ id, type, sequence, data }: Envelope<object>): Promise<void> {
    const { jobId, pid } = data as { jobId: string; pid?: string };
    const errand: Omit<Errand, '_id'> = {
      ...{ jobId, type, sequence, data: { ...data }, at: this.clock.now(), context: currentContext() },
      ...(pid === undefined ? {} : { pid }),
      attempts: 0,
    };
    try {
      await this.store.errands.updateOne({ _id: id }, { $setOnInsert: errand }, { upsert: true });
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
  }

  /** Errands of a job that are not done, the first of them in their order. */
  openOf(jobId: string, limit: number, except: readonly string[] = []): Promise<Errand[]> {
    return this.store.errands
      .find({
        jobId,
        doneAt: { $exists: false },
        ...(except.length === 0 ? {} : { _id: { $nin: [...except] } }),
      })
      .sort({ sequence: 1, at: 1, _id: 1 })
      .limit(limit)
      .toArray();
  }

  async done(_id: string): Promise<void> {
    await this.store.errands.updateOne({ _id }, { $set: { doneAt: this.clock.now() }, $unset: { why: '' } });
  }

  async closeOf(jobId: string): Promise<void> {
    await this.store.errands.updateMany(
      { jobId, doneAt: { $exists: false } },
      { $set: { doneAt: this.clock.now() }, $unset: { why: '' } },
    );
  }

  async failed(_id: string, why: Omit<Why, 'since'>, before: Why | undefined): Promise<void> {
    const since = before?.code === why.code ? before.since : this.clock.now();
    await this.store.errands.updateOne({ _id }, { $set: { why: { ...why, since } }, $inc: { attempts: 1 } });
  }
}
