import { Inject, Injectable } from '@nestjs/common';
import { datablockVerifiedV1, type VerifyDatablockV1 } from '#contracts';
import { Clock, PermanentError } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { eventRow, type OutboxRow } from '#outbox';
import { SharesToken } from '../archiver.tokens.js';
import { checksumOf } from '../domain/checksum.js';
import { refuseForeign } from '../domain/own-datablock.js';
import { ArchiverStore } from '../persistence/archiver-store.js';
import type { StoredDatablock } from '../persistence/records.js';
import type { WorkContext } from '../run-work/work-context.js';

/** Reads every copy of a datablock again. */
@Injectable()
export class VerifyDatablockHandler {
  constructor(
    private readonly store: ArchiverStore,
    private readonly clock: Clock,
    @Inject(SharesToken) private readonly shares: readonly LongTermStorage[],
  ) {}

  async handle(order: VerifyDatablockV1, context: WorkContext): Promise<OutboxRow> {
    const { workOrderId, jobId, pid, archiveId } = order;
    const datablock = await this.store.datablocks.findOne({ _id: archiveId, state: 'verified' });
    if (datablock === null)
      throw new PermanentError(
        'archiver.datablock-unknown',
        `Expected a verified datablock ${archiveId}, found none: it was not archived by this archiver.`,
      );
    refuseForeign(datablock, order);
    const faults: string[] = [];
    for (const [index, copy] of datablock.copies.entries()) {
      const fault = await this.check(datablock, copy.share, index, context);
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
      { subject: workOrderId, partitionKey: workOrderId, sequence: 9 },
      this.clock.now(),
    );
  }

  private async check(
    { _id, sha256, packedSize, copies }: StoredDatablock,
    shareName: string,
    index: number,
    context: WorkContext,
  ): Promise<string | undefined> {
    const share = this.shares.find(({ name }) => name === shareName);
    if (share === undefined) return `${shareName} is not configured in LTS_ROOTS`;
    if ((await share.stat(_id)) === undefined) return `it is missing on ${shareName}`;
    let found: Awaited<ReturnType<typeof checksumOf>>;
    try {
      const bytes = await share.read(_id, { fresh: true, signal: context.signal });
      found = await checksumOf(watched(bytes, index * packedSize, copies.length * packedSize, context));
    } catch (error) {
      // What may pass is tried again; what stays is a finding, and the other copies are looked at as well.
      if (context.signal.aborted || !(error instanceof PermanentError)) throw error;
      return `on ${shareName}: ${error.message}`;
    }
    if (found.sha256 !== sha256)
      return `on ${shareName} expected SHA-256 ${sha256}, read ${found.sha256} (${found.bytes} of ${packedSize} bytes)`;
    await this.store.datablocks.updateOne(
      { _id, 'copies.share': shareName },
      { $set: { 'copies.$.verifiedAt': this.clock.now() } },
    );
    return undefined;
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
