import { Injectable } from '@nestjs/common';
import type { ArchiveDatablockV1 } from '#contracts';
import { TransientError } from '#kernel';
import type { WorkContext } from '../domain/work.js';
import { Datablocks } from '../persistence/datablocks.js';
import type { StoredDatablock } from '../persistence/records.js';
import { Meter } from './meter.js';
import { OrderTargets } from './order-targets.js';
import { ProvenCopies } from './proven-copies.js';
import { assertWritable } from './targets-ready.js';

/**
 * Makes the copies that a datablock from an earlier order lacks: that one asked for fewer. Each is made of a copy that is known to
 * be good, and read back and compared with what was archived.
 */
@Injectable()
export class MissingCopies {
  constructor(
    private readonly datablocks: Datablocks,
    private readonly copies: ProvenCopies,
    private readonly targets: OrderTargets,
  ) {}

  /**
   * @returns the datablock with as many copies as the order asks for
   * @throws TransientError `archiver.target-away`
   */
  async make(
    known: StoredDatablock,
    order: ArchiveDatablockV1,
    context: WorkContext,
  ): Promise<StoredDatablock> {
    const { _id: archiveId, packedSize, sha256 } = known;
    await this.datablocks.askFor(archiveId, order.copies);
    const missing = order.copies - known.copies.length;
    if (missing <= 0) return known;
    const there = known.copies.map(({ share }) => share);
    const to = this.targets.of(order, missing, there);
    const from = this.targets.oneOf(archiveId, there);
    await assertWritable(to);
    await this.copies.assertRoom(to, { archiveId, packedSize });
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
}
