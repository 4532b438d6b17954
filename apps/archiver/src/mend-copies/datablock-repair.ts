import { Injectable } from '@nestjs/common';
import { Clock, isRetriable, PermanentError } from '#kernel';
import { CopyCheck, type CheckedCopy } from '../check-copies/copy-check.js';
import { copyElsewhere, datablockToTend } from '../check-copies/tended-datablock.js';
import type { WorkContext } from '../domain/work.js';
import { Datablocks } from '../persistence/datablocks.js';
import type { StoredCopy, StoredDatablock } from '../persistence/records.js';
import { copiesChanged, isDamaged } from '../persistence/stored-copies.js';
import { CopyMending, noGoodCopy } from './copy-mending.js';
import { fileChanged, markOf } from './file-marks.js';
import { Passes } from './passes.js';

/** Whose copies are mended, and for whom: a job's work order, or the scrubber. */
export interface Repair {
  /** Each try of the same repair has the same. */
  readonly workOrderId: string;
  readonly jobId: string;
  readonly pid: string;
  readonly archiveId: string;
  /** The only target on which a copy is mended; absent: all. */
  readonly only?: string;
  /**
   * Where nobody watches, suspicious before damaged: called before a copy that read wrong, and that was not known to be damaged, is read
   * once more. Only that counts.
   */
  readonly suspected?: (found: string) => Promise<void>;
}

/** A copy as it was read, and which file that was. */
export interface ReadCopy extends CheckedCopy {
  readonly mark: string | undefined;
}

/**
 * Reads every copy of a datablock, and mends those that are damaged or missing from one that proved good. Can be repeated from any
 * point: what a try before has mended is found good.
 */
@Injectable()
export class DatablockRepair {
  constructor(
    private readonly datablocks: Datablocks,
    private readonly copies: CopyCheck,
    private readonly mending: CopyMending,
    private readonly clock: Clock,
  ) {}

  /**
   * @returns what was read of each copy before any was mended
   * @throws PermanentError `archiver.no-good-copy`, `archiver.copy-unreadable`, when the others are mended, and those of a writer
   */
  async repair(order: Repair, context: WorkContext): Promise<readonly ReadCopy[]> {
    const datablock = await datablockToTend(this.datablocks, order);
    const { only, archiveId } = order;
    if (only !== undefined && !datablock.copies.some(({ share }) => share === only))
      throw copyElsewhere(datablock, only);
    this.copies.assertReachable(datablock);
    await this.assertAnyReady(datablock, only);
    const passes = new Passes(context, datablock.packedSize, datablock.copies.length);
    const read = await this.readAll(datablock, order, context, passes);
    const bad = read.filter(({ standing, share }) => standing === 'damaged' && isMeant(only, share.name));
    if (bad.length > 0) await this.mendAll(order, bad, read, context, passes);
    const unreadable = read.filter(
      ({ standing, share }) => standing === 'unreadable' && isMeant(only, share.name),
    );
    if (unreadable.length > 0) throw notReadable(archiveId, unreadable);
    return read;
  }

  /** Where no copy that is known to be bad can be written now, the others are not read in vain. @throws the first fault */
  private async assertAnyReady(datablock: StoredDatablock, only: string | undefined): Promise<void> {
    const faults: unknown[] = [];
    for (const copy of datablock.copies.filter((one) => isDamaged(one) && isMeant(only, one.share)))
      try {
        return await this.mending.assertReady(datablock, this.copies.shareOf(copy));
      } catch (error) {
        faults.push(error);
      }
    if (faults.length > 0) throw faults[0];
  }

  private async readAll(
    datablock: StoredDatablock,
    { suspected }: Repair,
    context: WorkContext,
    passes: Passes,
  ): Promise<readonly ReadCopy[]> {
    const read: ReadCopy[] = [];
    for (const copy of datablock.copies) {
      const share = this.copies.shareOf(copy);
      const mark = await markOf(share, datablock._id);
      const shown = (bytes: number): void => passes.show('verifying', bytes);
      const second = isDamaged(copy) ? undefined : suspected;
      const checked = await this.copies.check(datablock, copy, context, shown, second);
      passes.end();
      if ((await markOf(share, datablock._id)) !== mark) throw fileChanged(share, datablock._id);
      read.push({ ...checked, mark });
    }
    return read;
  }

  private async mendAll(
    order: Repair,
    bad: readonly ReadCopy[],
    read: readonly ReadCopy[],
    context: WorkContext,
    passes: Passes,
  ): Promise<void> {
    const good = read.filter(({ standing }) => standing === 'good').map(({ share }) => share.name);
    if (good.length === 0)
      throw noGoodCopy(
        order.archiveId,
        read.map(({ share, found }) => `on ${share.name}: ${found ?? ''}`),
      );
    // What the check wrote into the records is what the mending starts from.
    const datablock = await datablockToTend(this.datablocks, order);
    const sources = datablock.copies.filter(({ share }) => good.includes(share));
    passes.add(bad.length * 2);
    const faults: unknown[] = [];
    for (const one of bad)
      try {
        await this.mend(order, datablock, one, sources, context, passes);
      } catch (error) {
        // One target that cannot be written keeps no other copy from being mended.
        if (context.signal.aborted) throw error;
        faults.push(error);
      }
    // What may pass is tried again, and finds the rest once more.
    if (faults.length > 0) throw faults.find(isRetriable) ?? faults[0];
  }

  private async mend(
    order: Repair,
    datablock: StoredDatablock,
    { share, mark, found = '', sha256 }: ReadCopy,
    sources: readonly StoredCopy[],
    context: WorkContext,
    passes: Passes,
  ): Promise<void> {
    const seen = datablock.copies.find((copy) => copy.share === share.name);
    // Moved away, or found good by others since it was read.
    if (seen === undefined || !isDamaged(seen)) throw copiesChanged(datablock._id);
    const way = { share, mark, reason: `it was damaged, and was mended: ${found}`, replacedBy: share.name };
    await this.mending.write({
      ...{ order, datablock, sources, to: share, context, passes },
      makeWay: () => this.mending.setAside(datablock, order, sha256 === undefined ? way : { ...way, sha256 }),
    });
    const isRecorded = await this.datablocks.copyMended(datablock, seen, this.clock.now(), order.workOrderId);
    if (!isRecorded) await this.withdraw(order, datablock, share.name);
  }

  /** Others were faster: a new copy that nobody lists must not stay under the name. */
  private async withdraw(order: Repair, datablock: StoredDatablock, name: string): Promise<never> {
    const now = await this.datablocks.found(datablock._id);
    const isListed = now?.state === 'verified' && now.copies?.some(({ share }) => share === name) === true;
    if (!isListed) await this.mending.takeBack(datablock, order, name, now?.state !== 'verified');
    throw copiesChanged(datablock._id);
  }
}

export function isMeant(only: string | undefined, name: string): boolean {
  return only === undefined || only === name;
}

function notReadable(archiveId: string, copies: readonly ReadCopy[]): PermanentError {
  return new PermanentError(
    'archiver.copy-unreadable',
    `Expected to read all copies of ${archiveId}: ${copies.map(({ share, found }) => `on ${share.name}: ${found ?? ''}`).join('; ')}. That is no damage, and the file was not touched: correct what is in the way (rights, a link), then post the job again.`,
  );
}
