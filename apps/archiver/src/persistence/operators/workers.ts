import { Injectable } from '@nestjs/common';
import { ArchiverStore } from '../archiver-store.js';
import { isServed, type WorkNeeds } from '../../domain/work-needs.js';
import type { ShareSteering } from '../records.js';
import { silence, type WorkerRecord } from './worker-record.js';

/** Milliseconds without a sign of life after which nobody asks about a worker any more. */
const lifetime = 86_400_000;
/** Workers that one answer names. */
const maxWorkers = 1000;

const prefix = 'worker:';
/** Ids that begin with the prefix: an index finds them. */
const ofWorkers = { $gte: prefix, $lt: 'worker;' };

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

  /**
   * Those that have not been heard of for a day are forgotten, with what was said of them; so is what was said of one that has ended in
   * good order, a day after: one that is started again at once is still paused, one that gets the same name much later is not.
   */
  async forgetOld(now: Date): Promise<void> {
    const old = { seenAt: { $lt: new Date(now.getTime() - lifetime) } };
    for await (const { _id } of this.store.workers.find(old, { projection: { _id: 1 } }).limit(maxWorkers)) {
      await this.store.steering.deleteOne({ _id: scopeOf(_id), since: old.seenAt });
      await this.store.workers.deleteOne({ _id, ...old });
    }
    await this.noteGone(now);
    await this.store.steering.deleteMany({ _id: ofWorkers, goneAt: old.seenAt });
  }

  /** A look that was overtaken, by a worker that has just come back, is put right by the next one. */
  private async noteGone(now: Date): Promise<void> {
    const { steering, workers } = this.store;
    const said = await steering
      .find({ _id: ofWorkers }, { projection: { goneAt: 1 } })
      .limit(maxWorkers)
      .toArray();
    if (said.length === 0) return;
    const names = said.map(({ _id }) => _id.slice(prefix.length));
    const found = await workers.find({ _id: { $in: names } }, { projection: { _id: 1 } }).toArray();
    const there = new Set(found.map(({ _id }) => scopeOf(_id)));
    for (const { _id, goneAt } of said)
      if (there.has(_id) && goneAt !== undefined)
        await steering.updateOne({ _id, goneAt }, { $unset: { goneAt: '' } });
      else if (!there.has(_id) && goneAt === undefined)
        await steering.updateOne({ _id, goneAt: { $exists: false } }, { $set: { goneAt: now } });
  }
}

export function isAlive({ seenAt }: Pick<WorkerRecord, 'seenAt'>, now: Date): boolean {
  return now.getTime() - seenAt.getTime() < silence;
}

/**
 * Who could take some work, and the pause that keeps all of them from it.
 *
 * @param closed words of operators by scope: of those that take nothing new
 */
export function ableFor(
  needs: WorkNeeds | undefined,
  alive: readonly WorkerRecord[],
  closed: ReadonlyMap<string, ShareSteering>,
): { readonly able: readonly WorkerRecord[]; readonly pause?: ShareSteering } {
  const able = alive.filter(({ targets }) => isServed(needs, targets));
  const words = able.flatMap(({ _id }) => closed.get(scopeOf(_id)) ?? []);
  const [pause] = words;
  return pause !== undefined && words.length === able.length ? { able, pause } : { able };
}

/** Under which what an operator said of a worker is kept, beside what was said of shares. */
export function scopeOf(instance: string): string {
  return `${prefix}${instance}`;
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
