import { Injectable } from '@nestjs/common';
import { ArchiverStore } from '../archiver-store.js';
import { silence, type WorkerRecord } from './worker-record.js';

/** Milliseconds without a sign of life after which nobody asks about a worker any more. */
const lifetime = 86_400_000;
/** Workers that one answer names. */
const maxWorkers = 1000;

/** Which archivers there are, and which of them are alive. */
@Injectable()
export class Workers {
  constructor(private readonly store: ArchiverStore) {}

  async seen({ _id, ...fields }: WorkerRecord): Promise<void> {
    await this.store.workers.updateOne({ _id }, { $set: fields }, { upsert: true });
  }

  async find(_id: string): Promise<WorkerRecord | undefined> {
    return (await this.store.workers.findOne({ _id })) ?? undefined;
  }

  /** It ends in good order: nobody waits for its next sign. */
  async gone(_id: string): Promise<void> {
    await this.store.workers.deleteOne({ _id });
  }

  /** Also those that are silent, in the order of their instances. */
  all(): Promise<WorkerRecord[]> {
    return this.store.workers.find({}).sort({ _id: 1 }).limit(maxWorkers).toArray();
  }

  /** Those that have not been heard of for a day are forgotten, with what was said of them. */
  async forgetOld(now: Date): Promise<void> {
    const old = { seenAt: { $lt: new Date(now.getTime() - lifetime) } };
    for await (const { _id } of this.store.workers.find(old, { projection: { _id: 1 } }).limit(maxWorkers)) {
      await this.store.steering.deleteOne({ _id: scopeOf(_id), since: old.seenAt });
      await this.store.workers.deleteOne({ _id, ...old });
    }
  }
}

export function isAlive({ seenAt }: Pick<WorkerRecord, 'seenAt'>, now: Date): boolean {
  return now.getTime() - seenAt.getTime() < silence;
}

/** Under which what an operator said of a worker is kept, beside what was said of shares. */
export function scopeOf(instance: string): string {
  return `worker:${instance}`;
}

/** Whether an operator said that this worker takes nothing new: paused, or drained, which is the same for it. */
export async function isWorkerClosed(
  { steering }: Pick<ArchiverStore, 'steering'>,
  instance: string,
  now: Date,
): Promise<boolean> {
  const said = await steering.findOne({ _id: scopeOf(instance) });
  return said !== null && said.mode !== 'run' && (said.until === undefined || said.until > now);
}
