import { Inject, Injectable } from '@nestjs/common';
import { Clock, stillMoving } from '#kernel';
import { HostedLoop } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { ObjectStore } from '#storage';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import { RoomWaits } from '../persistence/room-waits.js';
import { EndedCopies } from '../retrieval-area/ended-copies.js';

const interval = 60_000;
/** Milliseconds after which an upload that is still open is nobody's: longer than any recall takes. */
const oldestUpload = 7 * 86_400_000;
/** Milliseconds between two looks for them: what may stay for days is not listed every minute. */
const uploadInterval = 3_600_000;
/** Copies in one sweep. */
const batch = 1000;

/** Removes retrieved copies when their time is over, and forgets who has stopped waiting for room: not every object store has rules for that. */
@Injectable()
export class ExpireRetrievedCopies extends HostedLoop {
  private uploadsSeenAt = 0;

  constructor(
    private readonly ended: EndedCopies,
    private readonly waits: RoomWaits,
    private readonly objects: ObjectStore,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
    @Inject(LOGGER) logger: Logger,
  ) {
    super({
      name: 'expiry of retrieved copies',
      pause: interval,
      logger,
      fault: 'could not remove expired copies',
      restsFirst: true,
    });
  }

  async round(): Promise<void> {
    const now = this.clock.now();
    await this.ended.remove(batch);
    await this.waits.sweep(now);
    await this.abortOldUploads(now);
  }

  /** Parts of a recall that died: no listing shows them, and they take as much room as the datablock. */
  private async abortOldUploads(now: Date): Promise<void> {
    if (now.getTime() - this.uploadsSeenAt < uploadInterval) return;
    this.uploadsSeenAt = now.getTime();
    const bucket = this.config.retrievalBucket;
    const old = now.getTime() - oldestUpload;
    for await (const { key, uploadId, begunAt } of this.objects.pendingUploads(bucket, '')) {
      stillMoving();
      if (begunAt.getTime() < old) await this.objects.abortUpload(bucket, key, uploadId);
    }
  }
}
