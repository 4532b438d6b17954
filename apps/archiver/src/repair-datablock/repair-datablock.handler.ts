import { Injectable } from '@nestjs/common';
import { datablockRepairedV1, type RepairDatablockV1, type repairDatablockV1 } from '#contracts';
import { Clock, isRetriable, PermanentError } from '#kernel';
import { eventRow, type AnswerRow } from '#outbox';
import { CopyCheck, type CheckedCopy } from '../check-copies/copy-check.js';
import { copyElsewhere, datablockToTend } from '../check-copies/tended-datablock.js';
import type { WorkContext } from '../domain/work.js';
import { CopyMending, noGoodCopy } from '../mend-copies/copy-mending.js';
import { fileChanged, markOf } from '../mend-copies/file-marks.js';
import { Passes } from '../mend-copies/passes.js';
import { Datablocks } from '../persistence/datablocks.js';
import type { StoredCopy, StoredDatablock } from '../persistence/records.js';
import { copiesChanged, isDamaged, namedTargets } from '../persistence/stored-copies.js';

/** A copy as it was read, and which file that was. */
interface ReadCopy extends CheckedCopy {
  readonly mark: string | undefined;
}

/**
 * Reads every copy of a datablock, and mends those that are damaged or missing from one that proved good. Can be repeated from any
 * point: what a try before has mended is found good.
 */
@Injectable()
export class RepairDatablockHandler {
  constructor(
    private readonly datablocks: Datablocks,
    private readonly copies: CopyCheck,
    private readonly mending: CopyMending,
    private readonly clock: Clock,
  ) {}

  async handle(order: RepairDatablockV1, context: WorkContext): Promise<AnswerRow<typeof repairDatablockV1>> {
    const datablock = await datablockToTend(this.datablocks, order);
    const { only, archiveId } = order;
    if (only !== undefined && !datablock.copies.some(({ share }) => share === only))
      throw copyElsewhere(datablock, only);
    this.copies.assertReachable(datablock);
    await this.assertAnyReady(datablock, only);
    const passes = new Passes(context, datablock.packedSize, datablock.copies.length);
    const read = await this.readAll(datablock, context, passes);
    const bad = read.filter(({ standing, share }) => standing === 'damaged' && isMeant(only, share.name));
    if (bad.length > 0) await this.mendAll(order, bad, read, context, passes);
    const unreadable = read.filter(
      ({ standing, share }) => standing === 'unreadable' && isMeant(only, share.name),
    );
    if (unreadable.length > 0) throw notReadable(archiveId, unreadable);
    return this.report(order, read);
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
    context: WorkContext,
    passes: Passes,
  ): Promise<readonly ReadCopy[]> {
    const read: ReadCopy[] = [];
    for (const copy of datablock.copies) {
      const share = this.copies.shareOf(copy);
      const mark = await markOf(share, datablock._id);
      const checked = await this.copies.check(datablock, copy, context, (bytes) =>
        passes.show('verifying', bytes),
      );
      passes.end();
      if ((await markOf(share, datablock._id)) !== mark) throw fileChanged(share, datablock._id);
      read.push({ ...checked, mark });
    }
    return read;
  }

  private async mendAll(
    order: RepairDatablockV1,
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
    order: RepairDatablockV1,
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
  private async withdraw(order: RepairDatablockV1, datablock: StoredDatablock, name: string): Promise<never> {
    const now = await this.datablocks.found(datablock._id);
    const isListed = now?.state === 'verified' && now.copies?.some(({ share }) => share === name) === true;
    if (!isListed) await this.mending.takeBack(datablock, order, name, now?.state !== 'verified');
    throw copiesChanged(datablock._id);
  }

  private async report(
    { workOrderId, jobId, pid, archiveId, only }: RepairDatablockV1,
    read: readonly ReadCopy[],
  ): Promise<AnswerRow<typeof repairDatablockV1>> {
    const { copies, placement = 0, packedSize } = await datablockToTend(this.datablocks, { archiveId, pid });
    const mended = copies.filter(
      ({ share, mendedBy }) =>
        mendedBy === workOrderId ||
        // Mended by a try of this order that died before it wrote that down: it was bad in its record, and is good.
        read.some(({ copy, standing }) => copy.share === share && isDamaged(copy) && standing === 'good'),
    );
    const repaired = namedTargets(mended.filter(({ share }) => isMeant(only, share)));
    const targets = namedTargets(copies);
    return eventRow(
      datablockRepairedV1,
      {
        ...{ workOrderId, jobId, pid, archiveId, mended: mended.length, placement, packedSize },
        ...(repaired === undefined ? {} : { repaired }),
        ...(targets === undefined ? {} : { targets }),
      },
      this.clock.now(),
    );
  }
}

function isMeant(only: string | undefined, name: string): boolean {
  return only === undefined || only === name;
}

function notReadable(archiveId: string, copies: readonly ReadCopy[]): PermanentError {
  return new PermanentError(
    'archiver.copy-unreadable',
    `Expected to read all copies of ${archiveId}: ${copies.map(({ share, found }) => `on ${share.name}: ${found ?? ''}`).join('; ')}. That is no damage, and the file was not touched: correct what is in the way (rights, a link), then post the job again.`,
  );
}
