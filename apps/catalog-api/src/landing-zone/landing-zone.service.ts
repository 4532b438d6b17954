import { setImmediate as turn } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { isParcelPath, maximumParcelBytes } from '#datablock';
import { isAway, pidAsName, safeRelativePath } from '#kernel';
import { ObjectStore } from '#storage';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import { AccessRules, type Caller } from '../domain/access.js';
import { BadRequest, Refusal } from '../domain/errors.js';
import { DatasetQueries } from '../datasets/dataset-queries.js';
import { DatasetClaimRecords } from '../persistence/dataset-claim-records.js';
import { LandingUploads } from './landing-uploads.js';

export interface LandedFile {
  readonly path: string;
  readonly size: number;
}

/** How to send one file: one PUT, or parts of equal size (the last may be shorter). */
export type UploadLink =
  | {
      readonly path: string;
      readonly kind: 'put';
      readonly url: string;
      /** Of a path for parcels: this installation reads them. */
      readonly parcel?: true;
    }
  | {
      readonly path: string;
      readonly kind: 'multipart';
      readonly uploadId: string;
      readonly partSize: number;
      /** Of the whole file; `parts` is the window of them that was asked for. */
      readonly totalParts: number;
      readonly parts: readonly PartLink[];
    };

interface PartLink {
  readonly partNumber: number;
  readonly url: string;
  /** Present when the part has arrived already. */
  readonly etag?: string;
}

/** Files up to this size go in one request. */
const singlePutLimit = 64 * 2 ** 20;
const smallestPart = 64 * 2 ** 20;
const maxParts = 1000;
/** Links of one answer, all files and parts together. */
const maxLinks = 1000;
/** Uploads in parts that one request begins. */
const maxBegun = 20;
/** Signatures made without letting others have a turn. */
const signedAtOnce = 50;
const pageLength = 1000;

@Injectable()
export class LandingZone {
  constructor(
    private readonly store: ObjectStore,
    private readonly datasets: DatasetQueries,
    private readonly claims: DatasetClaimRecords,
    private readonly rules: AccessRules,
    private readonly uploads: LandingUploads,
    @Inject(ConfigToken) private readonly config: CatalogApiConfig,
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

  /** @throws BadRequest when the links would be more than one answer holds: nothing was begun then */
  async links(caller: Caller, pid: string, files: readonly WantedFile[]): Promise<UploadLink[]> {
    await this.admit(caller, pid);
    checkWanted(files);
    const keys = files.map(({ path }) => this.keyOf(pid, path));
    const links: UploadLink[] = [];
    for (const [index, file] of files.entries()) {
      links.push(await this.linkFor(caller, keys[index]!, file));
      if (index % signedAtOnce === signedAtOnce - 1) await turn();
    }
    return links;
  }

  async complete(
    caller: Caller,
    pid: string,
    upload: { path: string; uploadId: string; parts: readonly { partNumber: number; etag: string }[] },
  ): Promise<void> {
    await this.admit(caller, pid);
    const key = this.keyOf(pid, upload.path);
    const announced = await this.uploads.announcedSize(upload.uploadId, key);
    await this.checkSize(key, upload, announced);
    await this.store.completeUpload(this.bucket, key, upload.uploadId, upload.parts);
    await this.uploads.forget(upload.uploadId, key);
  }

  async abort(
    caller: Caller,
    pid: string,
    { path, uploadId }: { path: string; uploadId: string },
  ): Promise<void> {
    await this.admit(caller, pid);
    const key = this.keyOf(pid, path);
    // What nobody began, stores answer in all kinds of ways; what is not there is fine.
    if (!(await this.uploads.isKnown(uploadId, key))) return;
    await this.store.abortUpload(this.bucket, key, uploadId);
    await this.uploads.forget(uploadId, key);
  }

  private async linkFor(caller: Caller, key: string, file: WantedFile): Promise<UploadLink> {
    const { path, size } = file;
    const { linkSeconds } = this.config.landingZone;
    if (size <= singlePutLimit)
      return {
        ...{ path, kind: 'put', url: await this.store.presignedPut(this.bucket, key, size, linkSeconds) },
        ...(isParcelPath(path) && size <= maximumParcelBytes ? { parcel: true } : {}),
      };
    const uploadId = await this.uploadOf(caller, key, file);
    const present = new Map(
      file.uploadId === undefined
        ? []
        : (await this.store.uploadedParts(this.bucket, key, uploadId)).map((part) => [
            part.partNumber,
            part.etag,
          ]),
    );
    const { partSize, totalParts, first, count } = partsOf(file);
    const parts: PartLink[] = [];
    for (let partNumber = first; partNumber < first + count; partNumber += 1) {
      const length = Math.min(partSize, size - (partNumber - 1) * partSize);
      const part = { uploadId, partNumber, size: length };
      const etag = present.get(partNumber);
      const url = await this.store.presignedPart(this.bucket, key, part, linkSeconds);
      parts.push({ partNumber, url, ...(etag === undefined ? {} : { etag }) });
      if (parts.length % signedAtOnce === 0) await turn();
    }
    return { path, kind: 'multipart', uploadId, partSize, totalParts, parts };
  }

  private async uploadOf(caller: Caller, key: string, { size, uploadId }: WantedFile): Promise<string> {
    const announced = { key, size };
    if (uploadId === undefined) {
      // Every part is sent anew; a client that sends another file under the same name meanwhile cannot complete it unnoticed.
      const own = await this.uploads.own(caller, announced);
      if (own !== undefined && (await this.isOpen(key, own))) return own;
      return this.uploads.begin(caller, announced, () => this.store.beginUpload(this.bucket, key));
    }
    await this.uploads.touch(uploadId, announced);
    return uploadId;
  }

  /** A store may have thrown it away; then its place is free again. */
  private async isOpen(key: string, uploadId: string): Promise<boolean> {
    try {
      await this.store.uploadedParts(this.bucket, key, uploadId);
      return true;
    } catch (error) {
      if (isAway(error)) throw error;
      await this.uploads.forget(uploadId, key);
      return false;
    }
  }

  /** What was announced is what is put together: each part has its size signed, but one may be left out. */
  private async checkSize(
    key: string,
    { uploadId, parts }: { uploadId: string; parts: readonly { partNumber: number }[] },
    announced: number,
  ): Promise<void> {
    const listed = new Set(parts.map(({ partNumber }) => partNumber));
    const arrived = (await this.store.uploadedParts(this.bucket, key, uploadId))
      .filter(({ partNumber }) => listed.has(partNumber))
      .reduce((sum, { size }) => sum + size, 0);
    if (arrived !== announced)
      throw new BadRequest(
        `Expected parts of ${announced} bytes in all, as announced, found ${arrived}: send and list every part.`,
      );
  }

  /** Only who may change the dataset may fill it, and never while a job works on it or after it was archived. */
  private async admit(caller: Caller, pid: string): Promise<void> {
    // The claim before the dataset: a job that ends meanwhile has written the dataset before it lets go of it.
    const claim = await this.claims.exclusiveOn([pid]);
    const dataset = await this.datasets.find(pid, `dataset: ${pid} not found`);
    if (!this.rules.mayUpdate(caller, dataset)) throw new Refusal(403, 'Unauthorized to update this dataset');
    if (claim !== undefined)
      throw new Refusal(
        409,
        `Dataset ${pid} is being worked on by job ${claim.jobId}: its files must not change now.`,
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

export interface WantedFile {
  readonly path: string;
  readonly size: number;
  readonly uploadId?: string;
  readonly firstPart?: number;
  readonly partCount?: number;
}

/** How a large file is cut, and which of its parts are asked for. */
function partsOf({ size, firstPart = 1, partCount = maxParts }: WantedFile): {
  partSize: number;
  totalParts: number;
  first: number;
  count: number;
} {
  const partSize = Math.max(smallestPart, Math.ceil(size / maxParts / 2 ** 20) * 2 ** 20);
  const totalParts = Math.ceil(size / partSize);
  const count = Math.max(0, Math.min(partCount, totalParts - firstPart + 1));
  return { partSize, totalParts, first: firstPart, count };
}

/** Counted before anything is begun or signed. */
function checkWanted(files: readonly WantedFile[]): void {
  const large = files.filter(({ size }) => size > singlePutLimit);
  const links = files.length - large.length + large.reduce((sum, file) => sum + partsOf(file).count, 0);
  if (links > maxLinks)
    throw new BadRequest(
      `Expected at most ${maxLinks} links in one request, found ${links} (files and parts together): ask for fewer files, or for windows of parts (firstPart, partCount).`,
    );
  const begun = large.filter(({ uploadId }) => uploadId === undefined).length;
  if (begun > maxBegun)
    throw new BadRequest(
      `Expected at most ${maxBegun} uploads in parts to begin in one request, found ${begun}: ask for fewer large files at once.`,
    );
}
