import { Injectable } from '@nestjs/common';
import { isDuplicateKey, isThere, rowsById, rowsWithIds, stepOf } from '#persistence';
import { asideSteps, datablockSteps, retrievedSteps } from '../domain/states.js';
import { TargetNames } from '../domain/target-names.js';
import { ArchiverStore } from './archiver-store.js';
import type { FoundDatablock, OwnedDatablock } from './datablocks.js';
import type { FileAside, RetrievedCopy, StoredDatablock, WorkOrder } from './records.js';

const recorded = stepOf(datablockSteps, 'verified', 'verified');
const discarding = stepOf(datablockSteps, ['verified', 'discarded'], 'discarded');
const kept = stepOf(asideSteps, ['kept', 'removing', 'returning'], 'kept');
const recalling = stepOf(retrievedSteps, ['recalling', 'present'], 'recalling');
const present = stepOf(retrievedSteps, 'recalling', 'present');
const reconciler = 'reconciliation';

/** A present copy as it was seen: what was recalled anew is another one. */
export type SeenCopy = Pick<RetrievedCopy, '_id' | 'until' | 'order' | 'epoch'>;

/**
 * What a reconciliation reads of the archiver's records, and the few writes that are its own: each creates what was not there, or asks
 * for exactly what was seen.
 */
@Injectable()
export class ReconciledRecords {
  constructor(
    private readonly store: ArchiverStore,
    private readonly names: TargetNames = new TargetNames(),
  ) {}

  /** Those that were read back once, in the order of their names. */
  async *verified(): AsyncGenerator<StoredDatablock> {
    for await (const row of rowsById<StoredDatablock>(this.store.datablocks, { ...recorded.from }))
      yield { ...row, copies: row.copies.map((copy) => ({ ...copy, share: this.names.nameOf(copy.share) })) };
  }

  /** Names of those of these that have a record, in whichever state. */
  async known(names: readonly string[]): Promise<ReadonlyMap<string, FoundDatablock>> {
    const projection = { _id: 1, pid: 1, jobId: 1, state: 1, copies: 1, manifest: 1, packedSize: 1 } as const;
    const rows = await rowsWithIds<FoundDatablock>(this.store.datablocks, names, { projection });
    return new Map(
      rows.map((row) => [
        row._id,
        row.copies === undefined
          ? row
          : { ...row, copies: row.copies.map((copy) => ({ ...copy, share: this.names.nameOf(copy.share) })) },
      ]),
    );
  }

  /** Whether a work order, open or ended, names the datablock, or a file of it that was set aside. */
  async isNamed(archiveId: string): Promise<boolean> {
    const named = { 'command.data.archiveId': archiveId };
    if (await isThere(this.store.works, named)) return true;
    return isThere(this.store.asides, { archiveId });
  }

  /** Open work that was due before then and that nobody has taken, in the order of its ids. */
  dueBefore(before: Date): AsyncIterable<WorkOrder> {
    return rowsById<WorkOrder>(
      this.store.works,
      { state: 'open', dueAt: { $lt: before } },
      { projection: { jobId: 1, dueAt: 1, needs: 1, 'command.kind': 1 } },
    );
  }

  /** Retrieved copies whose time, or recall, was over before then. */
  overBefore(before: Date): AsyncIterable<RetrievedCopy> {
    const over = [
      { ...present.to, expiresAt: { $lt: before } },
      { ...present.from, until: { $lt: before } },
    ];
    return rowsById<RetrievedCopy>(this.store.retrieved, { $or: over });
  }

  /** Stands against a late record of the datablock. @returns false when it has a record by now */
  async markUnrecorded({ _id, jobId, pid }: OwnedDatablock, discardedAt: Date): Promise<boolean> {
    return unlessThere(() =>
      this.store.datablocks.insertOne({
        ...{ _id, jobId, pid, ...discarding.to, discardedAt },
      } as StoredDatablock),
    );
  }

  /** Takes back a mark of that moment. */
  async unmark(_id: string, discardedAt: Date): Promise<void> {
    await this.store.datablocks.deleteOne({
      ...{ _id, ...discarding.to, discardedAt },
      manifest: { $exists: false },
    });
  }

  /** A file that lies set aside is known again. @returns false when it has a record by now */
  keepAside(aside: Omit<FileAside, 'state'>): Promise<boolean> {
    return unlessThere(() => this.store.asides.insertOne({ ...aside, ...kept.to }));
  }

  /** Files that no sweep has in its hands, in the order of their tokens. */
  async *kept(): AsyncGenerator<FileAside> {
    for await (const row of rowsById<FileAside>(this.store.asides, { ...kept.to }))
      yield { ...row, share: this.names.nameOf(row.share) };
  }

  /** No file lies there under this token. @returns false when it was kept anew, or is in other hands */
  async dropAside({ _id, dueAt }: Pick<FileAside, '_id' | 'dueAt'>): Promise<boolean> {
    return (await this.store.asides.deleteOne({ _id, ...kept.to, dueAt })).deletedCount > 0;
  }

  async isAsideRecorded(token: string): Promise<boolean> {
    return isThere(this.store.asides, { _id: token });
  }

  async retrievedKnown(names: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await rowsWithIds<RetrievedCopy>(this.store.retrieved, names, { projection: { _id: 1 } });
    return new Set(rows.map(({ _id }) => _id));
  }

  /** Copies that are there, in the order of their names. */
  present(): AsyncIterable<RetrievedCopy> {
    return rowsById<RetrievedCopy>(this.store.retrieved, { ...present.to });
  }

  /** Keeps recalls away from an object that has no record, until it is removed. @returns false when it has one by now */
  holdStray(name: string, until: Date): Promise<boolean> {
    return unlessThere(() =>
      this.store.retrieved.insertOne({ _id: name, ...recalling.to, holder: reconciler, until }),
    );
  }

  async releaseStray(name: string): Promise<void> {
    await this.store.retrieved.deleteOne({ _id: name, ...present.from, holder: reconciler });
  }

  /** There is no object of it. @returns false when it is another one by now */
  async forgetAsSeen({ _id, until, order, epoch }: SeenCopy): Promise<boolean> {
    const asSeen = { order: order ?? { $exists: false }, epoch: epoch ?? { $exists: false } };
    const { deletedCount } = await this.store.retrieved.deleteOne({
      ...{ _id, ...present.to, until },
      ...(asSeen as object),
    });
    return deletedCount > 0;
  }
}

async function unlessThere(insert: () => Promise<unknown>): Promise<boolean> {
  try {
    await insert();
    return true;
  } catch (error) {
    if (isDuplicateKey(error)) return false;
    throw error;
  }
}
