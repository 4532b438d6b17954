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
    await this.removeOwn(archiveId, jobId);
    return eventRow(
      workCancelledV1,
      { workOrderId, jobId },
      { subject: workOrderId, partitionKey: workOrderId, sequence: 9 },
      this.clock.now(),
    );
  }

  /** Removes whatever there is of a datablock, finished or not, if it is this job's own: a retried job may use its predecessor's. */
  async removeOwn(archiveId: string, jobId: string): Promise<void> {
    const known = await this.store.datablocks.findOne({ _id: archiveId }, { projection: { jobId: 1 } });
    if (known !== null && known.jobId !== jobId) return;
    // First the record: nobody may find a datablock whose copies are going.
    await this.store.datablocks.updateOne({ _id: archiveId }, { $set: { state: 'discarded' } });
    for (const share of this.shares) {
      await share.remove(archiveId);
      await share.removePartials(archiveId);
    }
  }
}
