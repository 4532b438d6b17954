import { Inject, Injectable } from '@nestjs/common';
import { workCancelledV1, type DiscardDatablockV1 } from '#contracts';
import { Clock } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { eventRow, type OutboxRow } from '#outbox';
import { SharesToken } from '../archiver.tokens.js';
import { ArchiverStore } from '../persistence/archiver-store.js';

/** Removes the copies of a datablock that was never registered: its job was cancelled. */
@Injectable()
export class DiscardDatablockHandler {
  constructor(
    private readonly store: ArchiverStore,
    private readonly clock: Clock,
    @Inject(SharesToken) private readonly shares: readonly LongTermStorage[],
  ) {}

  async handle({ workOrderId, jobId, archiveId }: DiscardDatablockV1): Promise<OutboxRow> {
    const known = await this.store.datablocks.findOne({ _id: archiveId }, { projection: { jobId: 1 } });
    // A retried job may use its predecessor's datablocks; they are not its own to remove.
    if (known === null || known.jobId === jobId) await this.remove(archiveId);
    return eventRow(
      workCancelledV1,
      { workOrderId, jobId },
      { subject: workOrderId, partitionKey: workOrderId, sequence: 9 },
      this.clock.now(),
    );
  }

  /** First the record: nobody may find a datablock whose copies are going. */
  private async remove(archiveId: string): Promise<void> {
    await this.store.datablocks.updateOne({ _id: archiveId }, { $set: { state: 'discarded' } });
    for (const share of this.shares) {
      await share.remove(archiveId);
      await share.removePartials(archiveId);
    }
  }
}
