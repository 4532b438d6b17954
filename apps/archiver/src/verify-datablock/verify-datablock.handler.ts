import { Inject, Injectable } from '@nestjs/common';
import { datablockVerifiedV1, type VerifyDatablockV1, type verifyDatablockV1 } from '#contracts';
import { Clock, PermanentError, checksumOf } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { eventRow, type AnswerRow } from '#outbox';
import { SharesToken } from '../archiver.config.js';
import { isDamage, isMissing, notYetThere } from '../persistence/stored-copies.js';
import { targetAway } from '../domain/missing-targets.js';
import { refuseForeign } from '../domain/own-datablock.js';
import { Datablocks } from '../persistence/datablocks.js';
import { CopyRecords } from '../persistence/copy-records.js';
import type { StoredCopy, StoredDatablock } from '../persistence/records.js';
import type { WorkContext } from '../domain/work.js';

/** What is wrong with a copy, and whether with the copy itself. */
interface Finding {
  readonly damage: boolean;
  readonly found: string;
}

const missing: Finding = { damage: true, found: 'it is missing' };

/** Reads every copy of a datablock again. */
@Injectable()
export class VerifyDatablockHandler {
  constructor(
    private readonly datablocks: Datablocks,
    private readonly records: CopyRecords,
    private readonly clock: Clock,
    @Inject(SharesToken) private readonly shares: readonly LongTermStorage[],
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
    this.assertReachable(datablock);
    const faults: string[] = [];
    for (const [index, copy] of datablock.copies.entries()) {
      const fault = await this.check(datablock, copy, index, context);
      if (fault !== undefined) faults.push(fault);
    }
    if (faults.length > 0)
      throw new PermanentError(
        'archiver.copy-damaged',
        `Expected ${datablock.copies.length} good copies of ${archiveId}: ${faults.join('; ')}. Restore them from a good copy.`,
      );
    const { packedSize, copies } = datablock;
    return eventRow(
      datablockVerifiedV1,
      { workOrderId, jobId, pid, archiveId, copies: copies.length, packedSize },
      this.clock.now(),
    );
  }

  /** Before anything is read: what cannot be looked at is not damaged, and a tape is not read in vain. */
  private assertReachable({ _id, copies }: StoredDatablock): void {
    const served = this.shares.map(({ name }) => name);
    const missing = copies.map(({ share }) => share).filter((name) => !served.includes(name));
    if (missing.length > 0) throw targetAway(_id, missing, served);
  }

  /** @returns what is wrong with the copy, which is in its record by then */
  private async check(
    datablock: StoredDatablock,
    copy: StoredCopy,
    index: number,
    context: WorkContext,
  ): Promise<string | undefined> {
    const share = this.shares.find(({ name }) => name === copy.share)!;
    const fault = await this.faultOf(datablock, share, index, context);
    if (fault?.found === missing.found && this.records.isYoung(copy))
      throw notYetThere(share.name, datablock._id);
    if (fault === undefined) await this.records.verified(datablock._id, copy);
    else if (fault.damage) await this.records.damaged(datablock._id, copy, fault.found);
    return fault === undefined ? undefined : `on ${copy.share}: ${fault.found}`;
  }

  private async faultOf(
    { _id, sha256, packedSize, copies }: StoredDatablock,
    share: LongTermStorage,
    index: number,
    context: WorkContext,
  ): Promise<Finding | undefined> {
    if ((await share.stat(_id)) === undefined) return missing;
    try {
      const bytes = await share.read(_id, { fresh: true, signal: context.signal });
      const found = await checksumOf(watched(bytes, index * packedSize, copies.length * packedSize, context));
      return found.sha256 === sha256
        ? undefined
        : {
            damage: true,
            found: `expected SHA-256 ${sha256}, read ${found.sha256} (${found.bytes} of ${packedSize} bytes)`,
          };
    } catch (error) {
      // What may pass is tried again; what stays is a finding, and the other copies are looked at as well.
      if (context.signal.aborted || !(error instanceof PermanentError)) throw error;
      return isMissing(error) ? missing : { damage: isDamage(error), found: error.message };
    }
  }
}

async function* watched(
  stream: AsyncIterable<Buffer>,
  base: number,
  total: number,
  context: WorkContext,
): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of stream) {
    context.signal.throwIfAborted();
    context.progress('verifying', base + (bytes += chunk.length), total);
    yield chunk;
  }
}
