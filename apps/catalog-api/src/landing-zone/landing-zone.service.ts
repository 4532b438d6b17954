import { Inject, Injectable } from '@nestjs/common';
import { pidAsName, safeRelativePath } from '#kernel';
import { ObjectStore } from '#storage';
import type { CatalogApiConfig } from '../catalog-api.config.js';
import { CatalogApiConfigToken } from '../catalog-api.tokens.js';
import { AccessRules, type Caller } from '../domain/access.js';
import { Refusal } from '../domain/errors.js';
import { DatasetQueries } from '../datasets/dataset-queries.js';
import { Catalogue } from '../persistence/catalogue.js';

export interface LandedFile {
  readonly path: string;
  readonly size: number;
}

/** How to send one file: one PUT, or parts of equal size (the last may be shorter). */
export type UploadLink =
  | { readonly path: string; readonly kind: 'put'; readonly url: string }
  | {
      readonly path: string;
      readonly kind: 'multipart';
      readonly uploadId: string;
      readonly partSize: number;
      readonly parts: readonly {
        readonly partNumber: number;
        readonly url: string;
        readonly etag?: string;
      }[];
    };

/** Files up to this size go in one request. */
const singlePutLimit = 64 * 2 ** 20;
const smallestPart = 64 * 2 ** 20;
const mostParts = 1000;
const pageLength = 1000;

@Injectable()
export class LandingZone {
  constructor(
    private readonly store: ObjectStore,
    private readonly datasets: DatasetQueries,
    private readonly catalogue: Catalogue,
    private readonly rules: AccessRules,
    @Inject(CatalogApiConfigToken) private readonly config: CatalogApiConfig,
  ) {}

  async files(caller: Caller, pid: string, after: string | undefined): Promise<LandedFile[]> {
    await this.admit(caller, pid);
    const prefix = `${pidAsName(pid)}/`;
    // The listing's order is that of bytes; comparing texts would differ beyond the basic plane and lose files.
    const last = after === undefined ? undefined : Buffer.from(after);
    const files: LandedFile[] = [];
    for await (const { key, size } of this.store.list(this.bucket, prefix)) {
      const path = key.slice(prefix.length);
      if (last !== undefined && Buffer.compare(Buffer.from(path), last) <= 0) continue;
      files.push({ path, size });
      if (files.length === pageLength) break;
    }
    return files;
  }

  async links(
    caller: Caller,
    pid: string,
    files: readonly { path: string; size: number; uploadId?: string }[],
  ): Promise<UploadLink[]> {
    await this.admit(caller, pid);
    return Promise.all(files.map((file) => this.linkFor(this.keyOf(pid, file.path), file)));
  }

  async complete(
    caller: Caller,
    pid: string,
    upload: { path: string; uploadId: string; parts: readonly { partNumber: number; etag: string }[] },
  ): Promise<void> {
    await this.admit(caller, pid);
    await this.store.completeUpload(this.bucket, this.keyOf(pid, upload.path), upload.uploadId, upload.parts);
  }

  async abort(
    caller: Caller,
    pid: string,
    { path, uploadId }: { path: string; uploadId: string },
  ): Promise<void> {
    await this.admit(caller, pid);
    await this.store.abortUpload(this.bucket, this.keyOf(pid, path), uploadId);
  }

  private async linkFor(
    key: string,
    { path, size, uploadId: given }: { path: string; size: number; uploadId?: string },
  ): Promise<UploadLink> {
    const { linkSeconds } = this.config.landingZone;
    if (size <= singlePutLimit)
      return { path, kind: 'put', url: await this.store.presignedPut(this.bucket, key, linkSeconds) };
    const partSize = Math.max(smallestPart, Math.ceil(size / mostParts / 2 ** 20) * 2 ** 20);
    const uploadId = given ?? (await this.store.beginUpload(this.bucket, key));
    const present = new Map(
      given === undefined
        ? []
        : (await this.store.uploadedParts(this.bucket, key, given)).map((part) => [
            part.partNumber,
            part.etag,
          ]),
    );
    const parts = await Promise.all(
      Array.from({ length: Math.ceil(size / partSize) }, async (_, index) => {
        const partNumber = index + 1;
        const etag = present.get(partNumber);
        return {
          partNumber,
          url: await this.store.presignedPart(this.bucket, key, uploadId, partNumber, linkSeconds),
          ...(etag === undefined ? {} : { etag }),
        };
      }),
    );
    return { path, kind: 'multipart', uploadId, partSize, parts };
  }

  /** Only who may change the dataset may fill it, and never while a job works on it or after it was archived. */
  private async admit(caller: Caller, pid: string): Promise<void> {
    // The claim before the dataset: a job that ends meanwhile has written the dataset before it lets go of it.
    const claim = await this.catalogue.claims.findOne({ exclusive: pid });
    const dataset = await this.datasets.find(pid, `dataset: ${pid} not found`);
    if (!this.rules.mayUpdate(caller, dataset)) throw new Refusal(403, 'Unauthorized to update this dataset');
    if (claim !== null)
      throw new Refusal(
        409,
        `Dataset ${pid} is being archived by job ${claim.jobId}: its files must not change now.`,
      );
    if (dataset.datasetlifecycle.retrievable)
      throw new Refusal(
        409,
        `Dataset ${pid} is archived: its files must not change any more. Register a new dataset.`,
      );
  }

  private keyOf(pid: string, path: string): string {
    return `${pidAsName(pid)}/${safeRelativePath(path)}`;
  }

  private get bucket(): string {
    return this.config.landingZone.bucket;
  }
}
