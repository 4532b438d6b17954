import { Inject, Injectable } from '@nestjs/common';
import { Clock, stillMoving } from '#kernel';
import { HostedLoop } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { ObjectStore } from '#storage';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import { RetrievedCopies } from '../persistence/retrieved-copies.js';

const interval = 60_000;
/** Milliseconds after which an upload that is still open is nobody's: longer than any recall takes. */
const oldestUpload = 7 * 86_400_000;
/** Milliseconds between two looks for them: what may stay for days is not listed every minute. */
const uploadInterval = 3_600_000;
/** Copies in one sweep. */
const batch = 1000;

/** Removes retrieved copies when their time is over: not every object store has rules for that. */
@Injectable()
export class ExpireRetrievedCopies extends HostedLoop {
  private uploadsSeenAt = 0;

  constructor(
    private readonly copies: RetrievedCopies,
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

  /**
   * Holds the record first, so that a request that comes in between waits for the removal and recalls anew; what broke off
   * before its end is found by the next sweep, a recall whose work order is gone as well.
   */
  async round(): Promise<void> {
    const now = this.clock.now();
    for await (const name of this.copies.over(now, batch)) {
      const until = new Date(this.clock.now().getTime() + this.config.lease);
      const isTaken = await this.copies.takeOver(name, now, until);
      stillMoving();
      if (!isTaken) continue;
      await this.objects.remove(this.config.retrievalBucket, [name]);
      await this.copies.removed(name);
    }
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
