import { Injectable } from '@nestjs/common';
import type { Upload } from '../persistence/records.js';
import { UploadCatalogue } from '../upload-catalogue.js';
import { UploadRefused } from '../upload-refused.js';

/** Whether the files of an upload are in use. */
@Injectable()
export class NeededFiles {
  constructor(private readonly catalogue: UploadCatalogue) {}

  /** Whether a job works on the dataset, or it is archived: then its files are the job's business. @throws TransientError */
  async areNeeded({ _id: pid, uploader }: Upload): Promise<boolean> {
    try {
      await this.catalogue.admit(uploader, pid);
      return false;
    } catch (error) {
      if (error instanceof UploadRefused) return error.status === 409;
      throw error;
    }
  }
}
