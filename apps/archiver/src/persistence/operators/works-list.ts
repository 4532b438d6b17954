import { Injectable } from '@nestjs/common';
import type { Page } from '#console-api';
import { Clock, PermanentError } from '#kernel';
import { changedMeanwhile, notPossible, notThere, pageOf, placeIn } from '#operations';
import { endStates, type WorkState } from '../../domain/states.js';
import { TargetNames } from '../../domain/target-names.js';
import { ArchiverStore } from '../archiver-store.js';
import type { WorkOrder } from '../records.js';
import { workViewOf, type WorkView } from './work-view.js';

/** Milliseconds the database may take for a page. */
const maxTimeMS = 5000;
const workStates: readonly WorkState[] = ['open', ...endStates];

export interface WorksQuery {
  readonly state?: string;
  readonly jobId?: string;
  readonly share?: string;
  readonly after?: string;
  readonly limit: number;
}

/** Who has work tried now. */
export interface Hurry {
  readonly by: string;
  readonly entry: string;
}

/** Work orders as operators see them, and their word that one is to be tried at once. */
@Injectable()
export class WorksList {
  constructor(
    private readonly store: ArchiverStore,
    private readonly clock: Clock,
    private readonly names: TargetNames,
  ) {}

  /**
   * Open ones unless another state is asked for, in the order of their ids.
   *
   * @throws PermanentError `operations.not-possible`
   */
  async page({ state = 'open', jobId, share, after, limit }: WorksQuery): Promise<Page<WorkView>> {
    const wanted = workStates.find((one) => one === state);
    if (wanted === undefined)
      throw new PermanentError(
        notPossible,
        `Expected in state one of ${workStates.join(', ')}, found ${JSON.stringify(state).slice(0, 100)}.`,
      );
    const place = placeIn(after);
    const rows = await this.store.works
      .find(
        {
          state: wanted,
          ...(jobId === undefined ? {} : { jobId }),
          ...(share === undefined ? {} : { 'needs.targets': { $in: this.names.writtenAs(share) } }),
          ...(place === undefined ? {} : { _id: { $gt: place.id } }),
        },
        { maxTimeMS },
      )
      .sort({ _id: 1 })
      .limit(limit + 1)
      .toArray();
    const now = this.clock.now();
    return pageOf(
      rows,
      limit,
      ({ _id: id, acceptedAt: at }) => ({ at, id }),
      (row) => workViewOf(row, now),
    );
  }

  /** @throws PermanentError `operations.not-there` */
  async find(id: string): Promise<WorkView> {
    return workViewOf(await this.record(id), this.clock.now());
  }

  /**
   * What waits, or is to be tried again, is due at once. In one write: what runs meanwhile, or is over, is not touched.
   *
   * @throws PermanentError `operations.not-there`, `operations.not-possible` for originals whose grace is not over,
   * `operations.changed-meanwhile` naming what it found
   */
  async tryNow(
    _id: string,
    { by, entry }: Hurry,
  ): Promise<{ readonly before: Date; readonly jobId: string }> {
    const at = this.clock.now();
    const seen = await this.store.works.findOneAndUpdate(
      {
        ...{ _id, state: 'open', dueAt: { $gt: at } },
        $or: [{ waitCode: { $exists: true } }, { lastFault: { $exists: true } }],
        // Originals are not taken before their grace is over: one that was never taken still waits for it.
        ...{ $nor: [{ 'command.kind': 'release', epoch: 0 }] },
      },
      { $set: { dueAt: at, pause: 0, hurried: { by, entry, at } } },
      { returnDocument: 'before', projection: { dueAt: 1, jobId: 1 } },
    );
    if (seen !== null) return { before: seen.dueAt, jobId: seen.jobId };
    const found = await this.record(_id);
    const { hurried } = found;
    if (found.state === 'open' && found.command.kind === 'release' && found.epoch === 0 && found.dueAt > at)
      throw new PermanentError(
        notPossible,
        `Expected work that may be tried at any time, found that ${_id} removes originals, and waits until ${found.dueAt.toISOString()} (RELEASE_GRACE): until then an upload link of the dataset may be good. It begins by itself.`,
        { details: { workOrderId: _id, dueAt: found.dueAt.toISOString() } },
      );
    const what =
      found.state !== 'open'
        ? `that it is ${found.state}${found.endedAt === undefined ? '' : ` since ${found.endedAt.toISOString()}`}`
        : hurried !== undefined && hurried.at >= (found.startedAt ?? hurried.at)
          ? `that ${hurried.by} has had it tried at ${hurried.at.toISOString()}`
          : 'that it runs, or is due already';
    throw new PermanentError(
      changedMeanwhile,
      `Expected ${_id} to wait, found ${what}. Nothing was changed.`,
      { details: { workOrderId: _id } },
    );
  }

  /** Whether it was hurried under this audit entry. */
  async hurriedUnder(_id: string, entry: string): Promise<Date | undefined> {
    return (await this.store.works.findOne({ _id, 'hurried.entry': entry }))?.hurried?.at;
  }

  private async record(_id: string): Promise<WorkOrder> {
    const found = await this.store.works.findOne({ _id });
    if (found !== null) return found;
    throw new PermanentError(
      notThere,
      `Expected a work order ${JSON.stringify(_id).slice(0, 300)}, found none: it was not accepted, or is over for long (ENDED_WORK_LIFETIME).`,
    );
  }
}
