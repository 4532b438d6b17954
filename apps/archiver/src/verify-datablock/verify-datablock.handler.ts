import { Injectable } from '@nestjs/common';
import { datablockVerifiedV1, type VerifyDatablockV1, type verifyDatablockV1 } from '#contracts';
import { Clock, PermanentError } from '#kernel';
import { eventRow, type AnswerRow } from '#outbox';
import { CopyCheck, type CheckedCopy } from '../check-copies/copy-check.js';
import { refuseForeign } from '../domain/own-datablock.js';
import { Datablocks } from '../persistence/datablocks.js';
import type { WorkContext } from '../domain/work.js';

/** Reads every copy of a datablock again. */
@Injectable()
export class VerifyDatablockHandler {
  constructor(
    private readonly datablocks: Datablocks,
    private readonly copies: CopyCheck,
    private readonly clock: Clock,
  ) {}

  async handle(order: VerifyDatablockV1, context: WorkContext): Promise<AnswerRow<typeof verifyDatablockV1>> {
    const { workOrderId, jobId, pid, archiveId } = order;
    const datablock = await this.datablocks.verified(archiveId);
    if (datablock === undefined)
      throw new PermanentError(
        'archiver.datablock-unknown',
        `Expected a verified datablock ${archiveId}, found none: it was not archived by this archiver.`,
      );
    refuseForeign(datablock, order);
    this.copies.assertReachable(datablock);
    const { packedSize, copies } = datablock;
    const checked: CheckedCopy[] = [];
    for (const [index, copy] of copies.entries())
      checked.push(
        await this.copies.check(datablock, copy, context, (bytes) =>
          context.progress('verifying', index * packedSize + bytes, copies.length * packedSize),
        ),
      );
    if (checked.some(({ standing }) => standing !== 'good')) throw notGood(archiveId, checked);
    return eventRow(
      datablockVerifiedV1,
      { workOrderId, jobId, pid, archiveId, copies: copies.length, packedSize },
      this.clock.now(),
    );
  }
}

function notGood(archiveId: string, checked: readonly CheckedCopy[]): PermanentError {
  const faults = checked.filter(({ standing }) => standing !== 'good');
  const said = faults.map(({ share, found }) => `on ${share.name}: ${found}`).join('; ');
  return new PermanentError(
    'archiver.copy-damaged',
    `Expected ${checked.length} good copies of ${archiveId}: ${said}. ${remedy(checked)}`,
  );
}

/** Whether a repair can help. */
function remedy(checked: readonly CheckedCopy[]): string {
  const good = checked.filter(({ standing }) => standing === 'good').map(({ share }) => share.name);
  if (good.length === 0)
    return 'No copy proved good, so a repair cannot help: restore one from elsewhere, then verify the dataset.';
  if (!checked.some(({ standing }) => standing === 'damaged'))
    return 'That is no damage, and a repair would leave it alone: correct what is in the way, then verify the dataset.';
  return `A repair can help: post a job of type repair for the dataset, which mends it from the copy on ${good.join(', ')}.`;
}
