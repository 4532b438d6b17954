import { Injectable } from '@nestjs/common';
import { crashPoint } from '#kernel';
import type { Upload } from '../persistence/records.js';
import { LandingSpace } from '../space/landing-space.js';
import { UploadCatalogue, type Uploader } from '../upload-catalogue.js';
import { UploadRefused } from '../upload-refused.js';

/** What the world is told of a complete upload. */
@Injectable()
export class Aftermath {
  constructor(
    private readonly catalogue: UploadCatalogue,
    private readonly space: LandingSpace,
  ) {}

  /** @throws UploadRefused as `UploadCatalogue.admit` */
  async admit(uploader: Uploader, pid: string): Promise<void> {
    await this.catalogue.admit(uploader, pid);
  }

  /** @returns the id of the job that was asked for */
  async tell({ _id: pid, upload, uploader, wants, jobId }: Upload): Promise<string | undefined> {
    if (jobId !== undefined) return jobId;
    const isJobWanted = wants?.archiveJob === true;
    try {
      await this.catalogue.markArchivable(pid);
    } catch (error) {
      // It may be this upload's own job that works on it already: told a second time, the catalogue answers with that one.
      if (!isJobWanted || !(error instanceof UploadRefused) || error.status !== 409) throw error;
    }
    crashPoint('ingestor.after-archivable');
    if (!isJobWanted) return undefined;
    const { contactEmail } = wants;
    const posted = await this.catalogue.postArchiveJob(uploader, { uploadId: upload, pid, contactEmail });
    crashPoint('ingestor.after-job');
    return posted;
  }

  /** One that was finalized before, without its job, has its room already. */
  async landed({ _id: pid, reserved }: Upload): Promise<void> {
    if (reserved > 0) await this.space.landed(pid, reserved);
  }
}
