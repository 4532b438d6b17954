import { Inject, Injectable } from '@nestjs/common';
import { pidAsName } from '#kernel';
import {
  ObjectStore,
  type ObjectHead,
  type PendingUpload,
  type RelayOptions,
  type UploadPart,
} from '#storage';
import { UploadsConfigToken, type UploadsConfig } from '../ingestor.config.js';

/** A file as it lies in the landing zone. */
export interface LandedFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly etag: string;
}

/** The objects of uploads, in the landing zone. Errors are those of `ObjectStore`. */
@Injectable()
export class LandingObjects {
  private readonly bucket: string;

  constructor(
    private readonly objects: ObjectStore,
    @Inject(UploadsConfigToken) { landingZoneBucket }: UploadsConfig,
  ) {
    this.bucket = landingZoneBucket;
  }

  /** All files of a dataset, whoever sent them, in the order of their paths. */
  async *of(pid: string): AsyncGenerator<LandedFile> {
    const prefix = `${pidAsName(pid)}/`;
    for await (const { key, size, etag } of this.objects.list(this.bucket, prefix))
      yield { path: key.slice(prefix.length), size, etag };
  }

  async isEmpty(pid: string): Promise<boolean> {
    for await (const _ of this.of(pid)) return false;
    return true;
  }

  head(key: string): Promise<ObjectHead | undefined> {
    return this.objects.head(this.bucket, key);
  }

  /** Removes this version, and no other. */
  async remove(key: string, etag: string): Promise<void> {
    await this.objects.removeUnchanged(this.bucket, [{ key, etag }]);
  }

  relay(
    key: string,
    body: AsyncIterable<Uint8Array>,
    options: RelayOptions,
  ): Promise<{ readonly etag: string }> {
    return this.objects.relay(this.bucket, key, body, options);
  }

  begin(key: string): Promise<string> {
    return this.objects.beginUpload(this.bucket, key);
  }

  abort(key: string, uploadId: string): Promise<void> {
    return this.objects.abortUpload(this.bucket, key, uploadId);
  }

  complete(key: string, uploadId: string, parts: readonly UploadPart[]): Promise<{ readonly etag: string }> {
    return this.objects.completeUpload(this.bucket, key, uploadId, parts);
  }

  /** Uploads in parts that are open, of whichever client. */
  pending(): AsyncIterable<PendingUpload> {
    return this.objects.pendingUploads(this.bucket, '');
  }
}
