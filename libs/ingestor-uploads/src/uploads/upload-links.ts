import { Injectable } from '@nestjs/common';
import { Clock, crashPoint } from '#kernel';
import { IngestorStore } from '../persistence/ingestor-store.js';
import type { Grant, Upload, UploadFile } from '../persistence/records.js';
import { LinkTokens, type Link } from '../transfers/link-tokens.js';
import { UploadRefused } from '../upload-refused.js';
import { LandingObjects } from './landing-objects.js';
import { fileIdOf, keyOf, pathIn } from './object-names.js';
import { RegisteredFiles } from './registered-files.js';
import { Uploads } from './uploads.js';

/** The most that object stores take. */
export const maxParts = 10_000;

/** What a client of the protocol gets for a file. */
export interface FileLinks {
  /** Of an upload in parts; empty for a file in one piece. */
  readonly uploadId: string;
  /** One for each part, in order. */
  readonly tokens: readonly string[];
}

/** Announces files and signs links for them. */
@Injectable()
export class UploadLinks {
  constructor(
    private readonly store: IngestorStore,
    private readonly uploads: Uploads,
    private readonly listed: RegisteredFiles,
    private readonly landing: LandingObjects,
    private readonly links: LinkTokens,
    private readonly clock: Clock,
  ) {}

  /**
   * Links for a file, in one piece or in parts. What was sent of it before stays until new bytes have arrived; an upload in parts that
   * was begun before is thrown away.
   *
   * @throws UploadRefused
   */
  async announce(grant: Grant, pid: string, objectName: string, parts: number): Promise<FileLinks> {
    const upload = await this.uploads.held(grant, pid);
    const path = pathIn(pid, objectName);
    const { ownerGroup, sourceFolder } = upload;
    const { size, bytes } = await this.listed.find({ pid, ownerGroup, sourceFolder }, path);
    // Files may be registered while others are sent.
    if (bytes > upload.reserved) await this.uploads.grow(upload, bytes);
    if (parts > 1 && size !== undefined && size < parts)
      throw new UploadRefused(
        422,
        `Expected at most one part for each byte of ${JSON.stringify(path.slice(0, 200))} (${size} bytes), found ${parts} parts.`,
      );
    const multipart = parts === 1 ? undefined : await this.begun(pid, path, parts);
    const file = await this.write(upload, path, size, multipart);
    await this.mustGoOn(upload, path, multipart);
    const base: Link = { file, grant: grant._id };
    if (multipart === undefined) return { uploadId: '', tokens: [this.links.sign(base)] };
    // A client asks for the links of a long file once: they live as long as it may go on.
    const tokens: string[] = [];
    for (let number = 1; number <= parts; number += 1)
      tokens.push(this.links.sign({ ...base, part: { multipart: multipart.id, number } }, grant.expiresAt));
    return { uploadId: multipart.id, tokens };
  }

  /** What was announced just when the upload was ended, or begun again, belongs to nobody. @throws UploadRefused 409 */
  private async mustGoOn(
    { _id: pid, upload, grant }: Upload,
    path: string,
    multipart: UploadFile['multipart'],
  ): Promise<void> {
    const open = { _id: pid, upload, grant, state: 'open' as const };
    if ((await this.store.uploads.findOne(open, { projection: { _id: 1 } })) !== null) return;
    const ours =
      multipart === undefined ? { multipart: { $exists: false } } : { 'multipart.id': multipart.id };
    await this.store.files.deleteOne({
      _id: fileIdOf(upload, path),
      state: 'coming',
      etag: { $exists: false },
      ...ours,
    });
    if (multipart !== undefined) await this.landing.abort(keyOf(pid, path), multipart.id);
    throw new UploadRefused(
      409,
      `Expected an open upload of ${pid}, found that it was ended, or begun again, at this moment.`,
    );
  }

  private async begun(pid: string, path: string, parts: number): Promise<{ id: string; parts: number }> {
    const id = await this.landing.begin(keyOf(pid, path));
    crashPoint('ingestor.after-begun');
    return { id, parts };
  }

  /** @returns the id of the file */
  private async write(
    { _id: pid, upload, beside }: Upload,
    path: string,
    size: number | undefined,
    multipart: UploadFile['multipart'],
  ): Promise<string> {
    const [_id, key] = [fileIdOf(upload, path), keyOf(pid, path)];
    const set = {
      ...{ upload, pid, path, key, state: 'coming' as const, at: this.clock.now() },
      ...(size === undefined ? {} : { size }),
      ...(multipart === undefined ? {} : { multipart }),
    };
    const unset = {
      transfer: '' as const,
      ...(size === undefined ? { size: '' as const } : {}),
      ...(multipart === undefined ? { multipart: '' as const } : {}),
    };
    const existed = beside === true && (await this.landing.head(key)) !== undefined;
    const before = await this.store.files.findOneAndUpdate(
      { _id },
      {
        ...{ $set: set, $unset: unset },
        ...(existed ? { $setOnInsert: { existed } } : {}),
      },
      { upsert: true },
    );
    if (before?.multipart !== undefined && before.state === 'coming')
      await this.forget(before, before.multipart.id);
    return _id;
  }

  /** Bytes of an upload in parts that nobody goes on with. */
  private async forget({ _id: file, key }: UploadFile, multipart: string): Promise<void> {
    await this.landing.abort(key, multipart);
    await this.store.parts.deleteMany({ file, multipart });
  }
}
