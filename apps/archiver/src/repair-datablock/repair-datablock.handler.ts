import { Injectable } from '@nestjs/common';
import { datablockRepairedV1, type RepairDatablockV1, type repairDatablockV1 } from '#contracts';
import { Clock } from '#kernel';
import { eventRow, type AnswerRow } from '#outbox';
import { datablockToTend } from '../check-copies/tended-datablock.js';
import type { WorkContext } from '../domain/work.js';
import { DatablockRepair, isMeant, type ReadCopy } from '../mend-copies/datablock-repair.js';
import { Datablocks } from '../persistence/datablocks.js';
import { isDamaged, namedTargets } from '../persistence/stored-copies.js';

/** Mends the copies of a datablock for a job, and says which. */
@Injectable()
export class RepairDatablockHandler {
  constructor(
    private readonly datablocks: Datablocks,
    private readonly repairs: DatablockRepair,
    private readonly clock: Clock,
  ) {}

  async handle(order: RepairDatablockV1, context: WorkContext): Promise<AnswerRow<typeof repairDatablockV1>> {
    return this.report(order, await this.repairs.repair(order, context));
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
