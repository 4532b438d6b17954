import { Injectable } from '@nestjs/common';
import { bridgeJobSteps, type BridgeJobState } from '../domain/bridge-job.js';
import type { BridgeJob, Errand } from './records.js';
import { BridgeStore } from './bridge-store.js';

/** A job as operators see it. */
export type ShownJob = Omit<BridgeJob, 'outbox' | 'epoch' | 'heard' | 'leasedUntil' | 'telling'>;

/** How many datasets of a job are how far. */
export interface PartCounts {
  readonly open: number;
  readonly ended: number;
}

const hidden = { outbox: 0, epoch: 0, heard: 0, leasedUntil: 0, telling: 0 } as const;
/** Errands shown of one job. */
const maxErrands = 100;

/** What operators read. */
@Injectable()
export class BridgeLists {
  constructor(private readonly store: BridgeStore) {}

  /** Jobs, newest first. @param after the last one of the page before: its id */
  async jobs(
    { state, waiting }: { readonly state?: BridgeJobState; readonly waiting?: boolean },
    after: string | undefined,
    limit: number,
  ): Promise<ShownJob[]> {
    const from =
      after === undefined
        ? null
        : await this.store.jobs.findOne({ _id: after }, { projection: { seenAt: 1 } });
    const filter = {
      ...(state === undefined ? {} : { state }),
      ...(waiting === true ? { attempts: { $gt: 0 }, dueAt: { $exists: true } } : {}),
      ...(from === null
        ? {}
        : { $or: [{ seenAt: { $lt: from.seenAt } }, { seenAt: from.seenAt, _id: { $lt: from._id } }] }),
    };
    return this.store.jobs
      .find<ShownJob>(filter, { projection: hidden })
      .sort({ seenAt: -1, _id: -1 })
      .limit(limit)
      .toArray();
  }

  async job(_id: string): Promise<ShownJob | undefined> {
    return (await this.store.jobs.findOne<ShownJob>({ _id }, { projection: hidden })) ?? undefined;
  }

  async partsOf(jobId: string): Promise<PartCounts> {
    const [all, ended] = await Promise.all([
      this.store.parts.countDocuments({ jobId }),
      this.store.parts.countDocuments({ jobId, ended: true }),
    ]);
    return { open: all - ended, ended };
  }

  /** What SciCat has not been told of a job, in its order. */
  errandsOf(jobId: string): Promise<Omit<Errand, 'data' | 'context'>[]> {
    return this.store.errands
      .find<Omit<Errand, 'data' | 'context'>>(
        { jobId, doneAt: { $exists: false } },
        { projection: { data: 0, context: 0 } },
      )
      .sort({ sequence: 1, at: 1, _id: 1 })
      .limit(maxErrands)
      .toArray();
  }

  /** Jobs by state. @param maxTimeMS milliseconds the database may take */
  async byState(maxTimeMS: number): Promise<ReadonlyMap<BridgeJobState, number>> {
    const states = Object.keys(bridgeJobSteps) as BridgeJobState[];
    const counts = await Promise.all(
      states.map((state) => this.store.jobs.countDocuments({ state }, { maxTimeMS })),
    );
    return new Map(states.map((state, index) => [state, counts[index]!]));
  }

  /** What SciCat has to be told: how much, and since when. @param maxTimeMS milliseconds the database may take */
  async untold(maxTimeMS: number): Promise<{ readonly count: number; readonly oldest?: Date }> {
    const open = { doneAt: { $exists: false } };
    const [count, [oldest]] = await Promise.all([
      this.store.errands.countDocuments(open, { maxTimeMS }),
      this.store.errands
        .find(open, { projection: { at: 1 }, maxTimeMS })
        .sort({ at: 1 })
        .limit(1)
        .toArray(),
    ]);
    return { count, ...(oldest === undefined ? {} : { oldest: oldest.at }) };
  }
}
