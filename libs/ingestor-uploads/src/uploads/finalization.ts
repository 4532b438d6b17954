import { Inject, Injectable } from '@nestjs/common';
import { crashPoint, isRetriable, messageOf } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { IngestorStore } from '../persistence/ingestor-store.js';
import type { Grant, Upload, UploadWishes } from '../persistence/records.js';
import { UploadRefused } from '../upload-refused.js';
import { Aftermath } from './aftermath.js';
import { UploadCompleteness, type Completeness } from './completeness.js';
import { UploadWorkers } from './workers.js';
import { isSame, wordOf } from './uploads.js';

/** The end of an upload, as its client asks for it. */
export interface WantedEnd extends UploadWishes {
  readonly pid: string;
  readonly ownerGroup: string;
}

/**
 * Ends uploads: closed first, so that nothing changes while it is looked at; complete from then on, whatever the client hears; and then
 * the catalogue is told, and the job is posted. What is complete, a later process finishes.
 */
@Injectable()
export class Finalization {
  constructor(
    private readonly store: IngestorStore,
    private readonly completeness: UploadCompleteness,
    private readonly workers: UploadWorkers,
    private readonly outside: Aftermath,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** However often it is asked for. @throws UploadRefused with what is missing */
  async finalize({ _id: grant, uploader }: Grant, { pid, ownerGroup, ...wants }: WantedEnd): Promise<void> {
    const found = await this.store.uploads.findOne({ _id: pid });
    if (found === null || !isSame(found.uploader, uploader))
      throw new UploadRefused(
        404,
        `Expected an upload of ${pid} by ${uploader.username}, found none: begin one with requestDatasetUpload.`,
      );
    if (ownerGroup !== found.ownerGroup)
      throw new UploadRefused(
        422,
        `Expected owner_group to be the owner group of ${pid}, ${found.ownerGroup}, found ${JSON.stringify(ownerGroup.slice(0, 100))}.`,
      );
    const isAsAsked = found.state === 'finalized' && (found.jobId !== undefined || !wants.archiveJob);
    if (isAsAsked) return;
    // Rights may have changed since the upload.
    if (found.state === 'finalized') await this.outside.admit(uploader, pid);
    const taken = await this.taken(found, grant, wants);
    await this.settle(taken.state === 'closing' ? await this.checked(taken, wants) : taken);
  }

  /** What a process left when it ended, or when the catalogue was away: the rest is done now. */
  async goOn(found: Upload): Promise<void> {
    const taken = await this.workers.take(found, found.state);
    if (taken === undefined) return;
    if (taken.state === 'complete') return this.settle(taken);
    if (taken.wants === undefined) await this.workers.letGo(taken, 'open');
    else await this.settle(await this.checked(taken, taken.wants));
  }

  /** @throws UploadRefused 409 */
  private async taken(found: Upload, grant: string, wants: UploadWishes): Promise<Upload> {
    const taken = await this.takenBy(found, grant, wants);
    if (taken !== undefined) return taken;
    const now = (await this.store.uploads.findOne({ _id: found._id })) ?? found;
    const others = now.grant === grant ? '' : ', begun again with another token';
    throw new UploadRefused(
      409,
      `Expected an upload of ${found._id} that this token holds and nobody else ends, found one that is ${wordOf(now)}${others}.`,
    );
  }

  private async takenBy(found: Upload, grant: string, wants: UploadWishes): Promise<Upload | undefined> {
    switch (found.state) {
      case 'open':
      case 'closing':
        return this.workers.take(found, 'closing', { grant }, { wants });
      case 'complete':
        return this.workers.take(found, 'complete');
      case 'finalized':
        // Asked for without a job before: it is posted now.
        return this.workers.take(found, 'complete', {}, { wants });
      default:
        return undefined;
    }
  }

  /** @throws UploadRefused 409; then the upload is open again. Where the look itself fails, it stays closed: the sweep looks later. */
  private async checked(taken: Upload, wants: UploadWishes): Promise<Upload> {
    const { complaint, bytes } = await this.looked(taken);
    if (complaint !== undefined) {
      await this.workers.letGo(taken, 'open');
      throw new UploadRefused(409, complaint);
    }
    const complete = { wants, reserved: bytes };
    if (!(await this.workers.step(taken, 'complete', complete)))
      throw new UploadRefused(
        409,
        `Expected to end the upload of ${taken._id} alone, found another that does so. Ask again.`,
      );
    crashPoint('ingestor.after-complete');
    return { ...taken, ...complete, state: 'complete' };
  }

  /** While it is looked at, it stays this process's. */
  private async looked(taken: Upload): Promise<Completeness> {
    const beat = setInterval(() => void this.workers.renew(taken).catch(() => undefined), this.workers.beat);
    try {
      return await this.completeness.of(taken);
    } catch (error) {
      // Another look helps only against what passes by itself.
      await this.workers.letGo(taken, isRetriable(error) ? 'closing' : 'open');
      throw error;
    } finally {
      clearInterval(beat);
    }
  }

  private async settle(upload: Upload): Promise<void> {
    const { _id: pid } = upload;
    let jobId: string | undefined;
    try {
      jobId = await this.outside.tell(upload);
    } catch (error) {
      if (!(error instanceof UploadRefused) && isRetriable(error)) {
        await this.workers.letGo(upload, 'complete');
        throw error;
      }
      // The files are there, and stay: whoever may, posts a job for them.
      this.logger.warn(
        { pid, reason: messageOf(error) },
        'the end of an upload was refused by the catalogue',
      );
      await this.end(upload, {});
      throw error;
    }
    await this.end(upload, jobId === undefined ? {} : { jobId });
    this.logger.info({ pid, upload: upload.upload, jobId }, 'upload is finalized');
  }

  private async end(upload: Upload, more: Pick<Upload, 'jobId'>): Promise<void> {
    await this.outside.landed(upload);
    await this.workers.letGo(upload, 'finalized', more);
    await this.store.files.deleteMany({ upload: upload.upload });
    await this.store.parts.deleteMany({ upload: upload.upload });
  }
}
