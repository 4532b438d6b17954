import { Inject, Injectable } from '@nestjs/common';
import type { ArchiveDatablockV1 } from '#contracts';
import { TransientError } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { SharesToken } from '../archiver.config.js';
import { targetAway } from '../domain/missing-targets.js';
import type { WorkContext } from '../domain/work.js';
import { Datablocks } from '../persistence/datablocks.js';
import type { StoredDatablock } from '../persistence/records.js';
import { CopyWriter } from './copy-writer.js';
import { Meter } from './meter.js';
import { ProvenCopies } from './proven-copies.js';
import { assertRoom, assertWritable } from './targets-ready.js';

/**
 * Makes the copies that a datablock from an earlier order lacks: that one asked for fewer. Each is made of a copy that is known to
 * be good, and read back and compared with what was archived.
 */
@Injectable()
export class MissingCopies {
  constructor(
    private readonly datablocks: Datablocks,
    private readonly copies: ProvenCopies,
    private readonly writer: CopyWriter,
    @Inject(SharesToken) private readonly shares: readonly LongTermStorage[],
  ) {}

  /**
   * @param targetsOf finds as many of the targets of the order as are wanted, those left out that have a copy
   * @returns the datablock with as many copies as the order asks for
   * @throws TransientError `archiver.target-away`
   */
  async make(
    known: StoredDatablock,
    order: ArchiveDatablockV1,
    context: WorkContext,
    targetsOf: (missing: number, without: readonly string[]) => readonly LongTermStorage[],
  ): Promise<StoredDatablock> {
    const { _id: archiveId, packedSize, sha256 } = known;
    await this.datablocks.askFor(archiveId, order.copies);
    const missing = order.copies - known.copies.length;
    if (missing <= 0) return known;
    const to = targetsOf(
      missing,
      known.copies.map(({ share }) => share),
    );
    const from = this.sourceOf(known);
    await assertWritable(to);
    await assertRoom(to, { archiveId, packedSize }, (share) => this.writer.reserveOf(share));
    const meter = new Meter(context, packedSize, missing);
    for (const share of to)
      await this.datablocks.copyMade(
        archiveId,
        await this.copies.further(from, share, { sha256, packedSize }, { order, context, meter }),
      );
    const now = await this.datablocks.verified(archiveId);
    if (now !== undefined && now.copies.length >= order.copies) return now;
    throw new TransientError(
      'archiver.lease-lost',
      `Expected ${order.copies} copies of ${archiveId} after ${missing} were made, found that other work changed it meanwhile.`,
    );
  }

  private sourceOf({ _id, copies }: StoredDatablock): LongTermStorage {
    for (const { share: name } of copies) {
      const share = this.shares.find((one) => one.name === name);
      if (share !== undefined) return share;
    }
    throw targetAway(
      _id,
      copies.map(({ share }) => share),
      this.shares.map(({ name }) => name),
    );
  }
}
