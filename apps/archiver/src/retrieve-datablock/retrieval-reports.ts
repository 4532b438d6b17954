import { Inject, Injectable } from '@nestjs/common';
import { datablockRetrievedV1, type RetrieveDatablockV1 } from '#contracts';
import { Clock } from '#kernel';
import { eventRow, type OutboxRow } from '#outbox';
import { ObjectStore } from '#storage';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import type { StoredDatablock } from '../persistence/records.js';
import { RecallLock } from './recall-lock.js';

/** What is told of a datablock that lies in the retrieval bucket, whoever brought it there. */
@Injectable()
export class RetrievalReports {
  constructor(
    private readonly objects: ObjectStore,
    private readonly lock: RecallLock,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
  ) {}

  async isThere({ _id, packedSize }: StoredDatablock): Promise<boolean> {
    return (await this.objects.head(this.config.retrievalBucket, _id))?.size === packedSize;
  }

  /** With a link that is good for as long as the copy stays. */
  async report(
    { workOrderId, jobId, pid, archiveId }: Omit<RetrieveDatablockV1, 'targets'>,
    { packedSize, sha256 }: StoredDatablock,
  ): Promise<OutboxRow<'archival.datablock-retrieved.v1'>> {
    const lifetime = this.config.retrievedLifetime;
    const now = this.clock.now();
    const expiresAt = new Date(now.getTime() + lifetime);
    await this.lock.keepUntil(archiveId, expiresAt);
    const fileName = archiveId.split('/').slice(-2).join('_');
    const url = await this.objects.presignedGet(
      this.config.retrievalBucket,
      archiveId,
      Math.floor(lifetime / 1000),
      { fileName },
    );
    return eventRow(
      datablockRetrievedV1,
      { workOrderId, jobId, pid, archiveId, packedSize, sha256, url, expiresAt: expiresAt.toISOString() },
      now,
    );
  }
}
