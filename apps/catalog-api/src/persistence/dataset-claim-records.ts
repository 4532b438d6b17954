import { Injectable } from '@nestjs/common';
import type { Workflow } from '#contracts';
import { OutboxCollection, OutboxRelay, type OutboxRow } from '#outbox';
import { conditionsOf, isDuplicateKey, isThere, rowsById, rowsWithIds } from '#persistence';
import type { Lifecycle } from '#scicat-words';
import { claimSteps } from '../domain/states.js';
import { Catalogue } from './catalogue.js';
import type { ClaimRecord } from './records.js';

/** A dataset as a job claims it. */
export interface DatasetToClaim {
  readonly pid: string;
  /** What it says before the job. */
  readonly before: Partial<Lifecycle>;
}

export interface NewClaims {
  readonly jobId: string;
  readonly workflow: Workflow;
  /** Whether no other job may have the datasets meanwhile. */
  readonly exclusive: boolean;
  readonly at: Date;
}

type Part = Pick<ClaimRecord, 'jobId' | 'pid'>;
/** A claim as it was seen: who takes an orphan over makes it another one. */
type SeenClaim = Pick<ClaimRecord, '_id' | 'at'>;

const claims = conditionsOf(claimSteps, { open: { ended: { $ne: true } }, ended: { ended: true } });
const open = claims('open', 'open');
const ends = claims('open', 'ended');

/** A claim as people see it. */
export type ShownClaim = Omit<ClaimRecord, 'outbox' | 'before'>;

/** Orphans of one look. */
const maxOrphans = 1000;

/**
 * Which job has which datasets: every change of a claim is a transition of this class, in one write that asks for what it starts
 * from (`domain/states.ts`). The unique index on `exclusive` decides between two jobs at the same instant.
 */
@Injectable()
export class DatasetClaimRecords {
  private readonly changes: OutboxCollection;

  constructor(
    private readonly catalogue: Catalogue,
    relay: OutboxRelay,
  ) {
    this.changes = new OutboxCollection(catalogue.claims, relay);
  }

  /** Of some datasets of a job, without their messages. */
  shown(jobId: string, pids: readonly string[]): Promise<ShownClaim[]> {
    return this.catalogue.claims
      .find<ShownClaim>({ jobId, pid: { $in: [...pids] } }, { projection: { outbox: 0, before: 0 } })
      .toArray();
  }

  /** Datasets that a job has to itself. @param maxTimeMS milliseconds the database may take */
  countExclusive(maxTimeMS: number): Promise<number> {
    return this.catalogue.claims.countDocuments({ exclusive: { $exists: true } }, { maxTimeMS });
  }

  /** All of the datasets, or none. @returns false when another job holds one of them */
  async claim({ jobId, workflow, exclusive, at }: NewClaims, datasets: readonly DatasetToClaim[]) {
    const claims = datasets.map(({ pid, before }): ClaimRecord => ({
      _id: claimId({ jobId, pid }),
      ...{ jobId, pid, workflow, before, at },
      ...(exclusive ? { exclusive: pid } : {}),
      outbox: { rows: [] },
    }));
    await this.catalogue.whenSingle();
    try {
      await this.catalogue.claims.insertMany(claims, { ordered: false });
      return true;
    } catch (error) {
      // Those of this call: a sweep may have taken over what was there for longer.
      await this.catalogue.claims.deleteMany({ jobId, at });
      if (!isDuplicateKey(error)) throw error;
      return false;
    }
  }

  /** What the datasets say now that no other job writes them. */
  async rememberBefore(jobId: string, datasets: readonly DatasetToClaim[]): Promise<void> {
    if (datasets.length === 0) return;
    const changes = datasets.map(({ pid, before }) => ({
      filter: { _id: claimId({ jobId, pid }) },
      change: { $set: { before } },
      rows: [],
    }));
    await this.changes.changeEach(changes);
  }

  /** What becomes of the dataset's datablocks. The first decision stands. @returns false when there was one, or no open claim */
  decide(_id: string, verdict: ClaimRecord['verdict'], rows: readonly OutboxRow[]): Promise<boolean> {
    const undecided = { _id, ...open, verdict: { $exists: false } };
    return this.changes.change(undecided, { $set: { verdict } }, rows);
  }

  /** The dataset's part of the job is over: other jobs may take the dataset now. */
  async end(part: Part, rows: readonly OutboxRow[]): Promise<void> {
    const over = { $set: { ended: true }, $unset: { exclusive: '' } };
    await this.changes.change({ _id: claimId(part), ...ends }, over, rows);
  }

  /** Where there is no claim: an ended one, which carries the message about that. */
  putEnded({ jobId, pid, workflow }: Part & Pick<ClaimRecord, 'workflow'>, row: OutboxRow): Promise<void> {
    const claim = { jobId, pid, workflow, ended: true, before: {}, at: row.time };
    return this.changes.insertUnlessThere({ _id: claimId(claim), ...claim }, [row]);
  }

  /** Whoever makes it young again heals it; the others need not. @returns undefined when another was quicker */
  async takeOver(orphan: ClaimRecord, at: Date): Promise<ClaimRecord | undefined> {
    const isTaken = await this.changes.change({ _id: orphan._id, at: orphan.at }, { $set: { at } });
    return isTaken ? { ...orphan, at } : undefined;
  }

  async release({ _id, at }: SeenClaim): Promise<void> {
    await this.catalogue.claims.deleteOne({ _id, at });
  }

  async releaseMany(seen: readonly SeenClaim[]): Promise<void> {
    if (seen.length === 0) return;
    const at = { $in: [...new Set(seen.map((claim) => claim.at.getTime()))].map((time) => new Date(time)) };
    await this.catalogue.claims.deleteMany({ _id: { $in: seen.map(({ _id }) => _id) }, at });
  }

  async releaseAll(jobId: string): Promise<void> {
    await this.catalogue.claims.deleteMany({ jobId });
  }

  /** One that is over, once its messages are gone. */
  async forget(_id: string): Promise<void> {
    await this.catalogue.claims.deleteOne({ _id, ended: true, 'outbox.dueAt': { $exists: false } });
  }

  /** @returns undefined also for a job that never claimed the dataset, or has let go of it */
  find(part: Part): Promise<ClaimRecord | undefined> {
    return this.one({ _id: claimId(part) });
  }

  findOpen(_id: string): Promise<ClaimRecord | undefined> {
    return this.one({ _id, ...open });
  }

  /** Of whichever job works on the dataset. */
  openOn(pid: string): Promise<ClaimRecord | undefined> {
    return this.one({ pid, ...open });
  }

  /** Of the job that has one of the datasets to itself. */
  exclusiveOn(pids: readonly string[]): Promise<ClaimRecord | undefined> {
    return this.one({ exclusive: { $in: [...pids] } });
  }

  /** Of another job that works on one of the datasets. */
  besides(jobId: string, pids: readonly string[]): Promise<ClaimRecord | undefined> {
    return this.one({ pid: { $in: [...pids] }, jobId: { $ne: jobId }, ...open });
  }

  /** Open claims of a job, those of one page at one look each. */
  openOf(jobId: string, page: number): AsyncIterable<ClaimRecord> {
    // The character after the colon.
    const ids = { $gt: `${jobId}:`, $lt: `${jobId};` };
    return rowsById<ClaimRecord>(this.catalogue.claims, { _id: ids, ...open }, { page });
  }

  /** Those of all jobs, in the order of their ids. */
  allOpen(): AsyncIterable<ClaimRecord> {
    return rowsById<ClaimRecord>(this.catalogue.claims, { ...open });
  }

  /** Datasets of those claims that are open, and as they were seen. */
  async stillOpen(seen: readonly SeenClaim[]): Promise<ReadonlySet<string>> {
    const found = await rowsWithIds<ClaimRecord>(
      this.catalogue.claims,
      seen.map(({ _id }) => _id),
      { projection: { pid: 1, at: 1 } },
      open,
    );
    const times = new Map(seen.map(({ _id, at }) => [_id, at.getTime()]));
    return new Set(found.filter(({ _id, at }) => times.get(_id) === at.getTime()).map(({ pid }) => pid));
  }

  isOpen({ _id, at }: Pick<ClaimRecord, '_id'> & Partial<SeenClaim>): Promise<boolean> {
    return isThere(this.catalogue.claims, { _id, ...(at === undefined ? {} : { at }), ...open });
  }

  /** Claims from before then whose job is not in the catalogue. */
  orphans(before: Date): Promise<ClaimRecord[]> {
    return this.catalogue.claims
      .aggregate<ClaimRecord>([
        { $match: { at: { $lt: before } } },
        { $lookup: { from: 'Job', localField: 'jobId', foreignField: '_id', as: 'job' } },
        { $match: { job: { $size: 0 } } },
        { $project: { job: 0 } },
        { $sort: { _id: 1 } },
        { $limit: maxOrphans },
      ])
      .toArray();
  }

  private async one(condition: object): Promise<ClaimRecord | undefined> {
    return (await this.catalogue.claims.findOne(condition)) ?? undefined;
  }
}

function claimId({ jobId, pid }: Part): string {
  return `${jobId}:${pid}`;
}
