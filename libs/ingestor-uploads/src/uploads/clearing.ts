import { Inject, Injectable } from '@nestjs/common';
import { stillMoving } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { IngestorStore } from '../persistence/ingestor-store.js';
import type { Upload, UploadFile } from '../persistence/records.js';
import { LandedRoom } from '../space/landed-room.js';
import { LandingObjects } from './landing-objects.js';
import { NeededFiles } from './needed-files.js';
import { UploadWorkers } from './workers.js';

const page = 200;
/** Milliseconds by which clocks of stores and of this machine may differ. */
const clocksApart = 300_000;

/** Throws an upload away that is `aborting`: exactly the objects that it stored, and never under a job. */
@Injectable()
export class Clearing {
  constructor(
    private readonly store: IngestorStore,
    private readonly landing: LandingObjects,
    private readonly needs: NeededFiles,
    private readonly room: LandedRoom,
    private readonly workers: UploadWorkers,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * What it cannot end, while the catalogue or the store is away, the next one to come does.
   *
   * @param taken by this process, in the state `aborting`
   */
  async clear(taken: Upload): Promise<void> {
    try {
      await this.clearAll(taken);
    } catch (error) {
      await this.workers.letGo(taken, 'aborting');
      throw error;
    }
  }

  private async clearAll(taken: Upload): Promise<void> {
    const { _id: pid, upload } = taken;
    let isNeeded = false;
    for (;;) {
      // A job may come in the midst of it.
      isNeeded = await this.needs.areNeeded(taken);
      const files = await this.store.files.find({ upload }).sort({ _id: 1 }).limit(page).toArray();
      if (files.length === 0) break;
      for (const file of files) {
        await this.clearFile(file, isNeeded);
        stillMoving();
      }
      if (!(await this.workers.renew(taken))) return;
    }
    await this.store.parts.deleteMany({ upload });
    await this.room.settle(pid);
    await this.workers.letGo(taken, 'aborted');
    this.logger.info({ pid, upload, kept: isNeeded }, 'upload is thrown away');
  }

  /** Its record goes last, and only as it was when its objects were removed: what arrived meanwhile is looked at again. */
  private async clearFile(file: UploadFile, isNeeded: boolean): Promise<void> {
    if (file.multipart !== undefined && file.state === 'coming')
      await this.landing.abort(file.key, file.multipart.id);
    if (!isNeeded && file.existed !== true) {
      if (file.etag !== undefined) await this.landing.remove(file.key, file.etag);
      if (file.transfer !== undefined) await this.removeUntold(file);
    }
    await this.store.files.deleteOne({
      ...{ _id: file._id, state: file.state, at: file.at },
      etag: file.etag ?? { $exists: false },
    });
  }

  /** Bytes that arrived just before a crash: nobody noted them. What lay there before the upload stays. */
  private async removeUntold({ key, at }: UploadFile): Promise<void> {
    const head = await this.landing.head(key);
    if (head === undefined || head.modifiedAt.getTime() < at.getTime() - clocksApart) return;
    await this.landing.remove(key, head.etag);
  }
}
