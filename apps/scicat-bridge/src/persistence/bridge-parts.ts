import { Injectable } from '@nestjs/common';
import type { Workflow } from '#contracts';
import { Clock, idFromName } from '#kernel';
import { OutboxCollection, OutboxRelay, type OutboxRow } from '#outbox';
import { isDuplicateKey, rowsById } from '#persistence';
import type { BridgePart, PartVerdict } from './records.js';
import type { ScicatLifecycle } from '../scicat/scicat.js';
import { BridgeStore } from './bridge-store.js';

/** Holds written or read together. */
const page = 500;

/** Other jobs of one dataset whose words are looked at. */
const maxOthers = 20;

type Part = Pick<BridgePart, 'jobId' | 'pid'>;
type Remembered = Pick<BridgePart, 'pid' | 'before' | 'restored'>;

/** Which job has which datasets. The unique index on `exclusive` decides between two jobs at the same instant. */
@Injectable()
export class BridgeParts {
  private readonly changes: OutboxCollection;

  constructor(
    private readonly store: BridgeStore,
    private readonly clock: Clock,
    relay: OutboxRelay,
  ) {
    this.changes = new OutboxCollection(store.parts, relay);
  }

  /**
   * Takes the datasets for the job, in the order of their pids: of two jobs that want the same ones, the one that gets the first gets
   * them. Those that the job has already count as taken.
   *
   * @returns the first dataset that another job has, with that job; undefined when all were taken
   */
  async take(
    jobId: string,
    workflow: Workflow,
    pids: readonly string[],
    exclusive: boolean,
    mustHold: () => void,
  ): Promise<Part | undefined> {
    const at = this.clock.now();
    const sorted = [...pids].sort();
    for (let from = 0; from < sorted.length; from += page) {
      const parts = sorted.slice(from, from + page).map((pid): BridgePart => ({
        ...{ _id: partId({ jobId, pid }), jobId, pid, workflow, at },
        ...(exclusive ? { exclusive: pid } : {}),
        outbox: { rows: [] },
      }));
      mustHold();
      try {
        await this.store.parts.bulkWrite(
          parts.map(({ _id, ...part }) => ({
            updateOne: { filter: { _id }, update: { $setOnInsert: part }, upsert: true },
          })),
          { ordered: true },
        );
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        const pidsOfPage = parts.map(({ pid }) => pid);
        const other = await this.store.parts.findOne(
          { exclusive: { $in: pidsOfPage }, jobId: { $ne: jobId } },
          { projection: { jobId: 1, pid: 1 }, sort: { exclusive: 1 } },
        );
        // It let go of it meanwhile: whoever asked looks again.
        return other ?? { jobId: '', pid: pidsOfPage[0] ?? '' };
      }
    }
    return undefined;
  }

  /** The part of the job that has the dataset alone. */
  async holderOf(pid: string): Promise<BridgePart | undefined> {
    return (await this.store.parts.findOne({ exclusive: pid })) ?? undefined;
  }

  /** Another job that still has one of the datasets, reading or not; or for this workflow only. */
  async besides(jobId: string, pids: readonly string[], workflow?: Workflow): Promise<Part | undefined> {
    for (let from = 0; from < pids.length; from += page) {
      const other = await this.store.parts.findOne(
        {
          ...{ pid: { $in: pids.slice(from, from + page) }, ended: { $ne: true }, jobId: { $ne: jobId } },
          ...(workflow === undefined ? {} : { workflow }),
        },
        { projection: { jobId: 1, pid: 1 } },
      );
      if (other !== null) return other;
    }
    return undefined;
  }

  /** What the datasets say now that the job has them. */
  async remember(jobId: string, datasets: readonly Remembered[]): Promise<void> {
    for (let from = 0; from < datasets.length; from += page)
      await this.changes.changeEach(
        datasets.slice(from, from + page).map(({ pid, ...said }) => ({
          filter: { _id: partId({ jobId, pid }) },
          change: { $set: said },
          rows: [],
        })),
      );
  }

  /** Lets go of what a job that is over, or is not done, has all the same. */
  async release(jobId: string): Promise<void> {
    await this.store.parts.deleteMany({ jobId, ended: { $ne: true } });
  }

  /** Lets go of everything of a job that was not accepted. */
  async drop(jobId: string): Promise<void> {
    await this.store.parts.deleteMany({ jobId });
  }

  async find(part: Part): Promise<BridgePart | undefined> {
    return (await this.store.parts.findOne({ _id: partId(part) })) ?? undefined;
  }

  /** Those of a job that have not ended, in the order of their ids. */
  openOf(jobId: string): AsyncGenerator<BridgePart> {
    return rowsById<BridgePart>(this.store.parts, { jobId, ended: { $ne: true } }, { page });
  }

  /** Those that were not marked as scheduled yet. */
  unscheduledOf(jobId: string): AsyncGenerator<BridgePart> {
    return rowsById<BridgePart>(
      this.store.parts,
      { jobId, ended: { $ne: true }, scheduled: { $ne: true } },
      { page },
    );
  }

  /** What other jobs wrote of the dataset that are not over yet, or ended lately. */
  async toldByOthers({ jobId, pid }: Part): Promise<readonly ScicatLifecycle[]> {
    const others = await this.store.parts
      .find({ pid, jobId: { $ne: jobId } }, { projection: { told: 1 } })
      .sort({ at: -1 })
      .limit(maxOthers)
      .toArray();
    return others.flatMap(({ told }) => (told === undefined ? [] : [told]));
  }

  async note(part: Part, set: Partial<BridgePart>): Promise<void> {
    await this.store.parts.updateOne({ _id: partId(part) }, { $set: set });
  }

  /**
   * Decides what becomes of the dataset's datablocks, with the messages about it. The first decision stands.
   *
   * @returns the decision that stands; undefined when the part has ended
   */
  async decide(
    part: Part,
    verdict: PartVerdict,
    rows: readonly OutboxRow[] = [],
  ): Promise<PartVerdict | undefined> {
    const undecided = { _id: partId(part), ended: { $ne: true }, verdict: { $exists: false } };
    if (await this.changes.change(undecided, { $set: { verdict } }, rows)) return verdict;
    const found = await this.store.parts.findOne({ _id: partId(part), ended: { $ne: true } });
    return found?.verdict;
  }

  /** The dataset was taken from SciCat while its datablocks were being listed: whatever was decided, the job fails. */
  async overrule(part: Part, rows: readonly OutboxRow[]): Promise<void> {
    const decided = { _id: partId(part), ended: { $ne: true }, verdict: 'registered' };
    await this.changes.change(decided, { $set: { verdict: 'refused' } }, rows);
  }

  /** The dataset's part of the job is over: other jobs may have it. */
  async end(part: Part, rows: readonly OutboxRow[] = []): Promise<void> {
    const open = { _id: partId(part), ended: { $ne: true } };
    await this.changes.change(open, { $set: { ended: true }, $unset: { exclusive: '' } }, rows);
  }
}

/** One-to-one: no id of a job holds a line break. */
function partId({ jobId, pid }: Part): string {
  return idFromName(`${jobId}\n${pid}`);
}
