import { Inject, Injectable } from '@nestjs/common';
import { crashPoint, newId } from '#kernel';
import { UploadsConfigToken, type UploadsConfig } from '../ingestor.config.js';
import { IngestorStore } from '../persistence/ingestor-store.js';
import type { Upload, UploadFile } from '../persistence/records.js';
import { noteBytes } from '../operate/transfer-counters.js';
import { UploadRefused } from '../upload-refused.js';
import { LandingObjects } from '../uploads/landing-objects.js';
import { Leftovers } from '../uploads/leftovers.js';
import { Uploads } from '../uploads/uploads.js';
import { Places } from './places.js';
import { LinkTokens, type Link } from './link-tokens.js';
import { TransferRefused } from './transfer-refused.js';

/** Bytes that a client sends by a link. */
export interface Sent {
  readonly token: string;
  /** As the client announced it. */
  readonly length: number;
  /** Base64. */
  readonly sha256: string;
  readonly body: AsyncIterable<Uint8Array>;
}

/** Passes bytes from a client to the landing zone: exactly as many as were announced, with the checksum that the client sent along. */
@Injectable()
export class Transfers {
  private readonly places: Places;

  constructor(
    private readonly store: IngestorStore,
    private readonly landing: LandingObjects,
    private readonly uploads: Uploads,
    private readonly leftovers: Leftovers,
    private readonly links: LinkTokens,
    @Inject(UploadsConfigToken) private readonly config: UploadsConfig,
  ) {
    // A sender that waits sends nothing: it must not be taken for one that has fallen silent.
    this.places = new Places(config.transfers, config.patience / 3);
  }

  /** @returns the ETag, without quotes. @throws TransferRefused, and what `ObjectStore.relay` throws */
  async pass(sent: Sent): Promise<string> {
    const link = this.links.read(sent.token);
    if (link === undefined)
      throw new TransferRefused(
        403,
        'AccessDenied',
        'Expected an upload link that is still good, found one that is too old or was changed: ask for links again.',
      );
    const asked = await this.placeOf(link);
    await this.refuseLength(asked.upload, asked.file, link, sent.length);
    // Ingestors send all files of a dataset at once.
    if (!(await this.places.take()))
      throw new TransferRefused(
        503,
        'SlowDown',
        `Expected fewer than ${this.config.transfers} transfers at once (INGESTOR_TRANSFERS), found as many for a while: try again in a moment.`,
      );
    try {
      return await this.passOn(link, sent);
    } finally {
      this.places.release();
    }
  }

  /** Of two transfers of one file, the one that began last counts: the other ends without an object, also when its sender has gone. */
  private async passOn(link: Link, sent: Sent): Promise<string> {
    const { upload, file } = await this.placeOf(link);
    const transfer = newId();
    if (link.part === undefined) await this.begin(file, transfer);
    const { etag } = await this.landing.relay(file.key, sent.body, {
      beforeEnd: () => this.mayEnd(link, transfer),
      size: sent.length,
      sha256: Buffer.from(sent.sha256, 'base64').toString('hex'),
      ...(link.part === undefined
        ? {}
        : { part: { uploadId: link.part.multipart, partNumber: link.part.number } }),
    });
    crashPoint('ingestor.after-bytes');
    if (link.part === undefined) await this.note(file, transfer, { ...sent, etag });
    else await this.notePart(upload, file, link.part, { ...sent, etag });
    await this.uploads.noteUse(upload);
    noteBytes({}, sent.length);
    return etag;
  }

  /** @throws TransferRefused 404 */
  private async begin({ _id, upload }: UploadFile, transfer: string): Promise<void> {
    const { matchedCount } = await this.store.files.updateOne(
      { _id, upload, multipart: { $exists: false } },
      { $set: { state: 'coming', transfer } },
    );
    if (matchedCount === 0) throw over();
  }

  /** Asked when all bytes are here, and before the store has all of them. @throws TransferRefused 404 */
  private async mayEnd(link: Link, transfer: string): Promise<void> {
    const { file } = await this.placeOf(link);
    if (link.part === undefined && file.transfer !== transfer) throw over();
  }

  private async placeOf({ file: id, grant, part }: Link): Promise<{ upload: Upload; file: UploadFile }> {
    const file = await this.store.files.findOne({ _id: id });
    const upload =
      file === null ? null : await this.store.uploads.findOne({ _id: file.pid, upload: file.upload });
    if (
      file === null ||
      upload === null ||
      upload.state !== 'open' ||
      upload.grant !== grant ||
      file.multipart?.id !== part?.multipart
    )
      throw over();
    await this.mustBeFree(upload);
    return { file, upload };
  }

  private async refuseLength(
    { _id, upload, reserved }: Upload,
    { path, size, multipart }: UploadFile,
    { part }: Link,
    length: number,
  ): Promise<void> {
    const name = JSON.stringify(path.slice(0, 200));
    if (size === undefined) {
      // Of files that the catalogue does not list nobody knows a size: all of them together fit into the room of the upload.
      const { matchedCount } = await this.store.uploads.updateOne(
        { _id, upload, unlisted: { $lte: reserved - length } },
        { $inc: { unlisted: length } },
      );
      if (matchedCount === 0)
        throw new TransferRefused(
          400,
          'EntityTooLarge',
          `Expected files that the catalogue lists, or at most ${reserved} bytes of others, found ${length} bytes more for ${name}: register it first.`,
        );
    } else if (part === undefined ? length !== size : length > maxPartOf(size, multipart?.parts ?? 1))
      throw new TransferRefused(
        400,
        'InvalidRequest',
        `Expected ${part === undefined ? '' : `a part of the `}${size} bytes of ${name}, as the catalogue lists it, found ${length}: register the file as it is, or send what was registered.`,
      );
  }

  /** What arrives after its upload was thrown away, goes again. @throws TransferRefused 404 */
  private async note(
    file: UploadFile,
    transfer: string,
    { etag, length, sha256 }: Sent & { etag: string },
  ): Promise<void> {
    const { _id, upload } = file;
    const { matchedCount } = await this.store.files.updateOne(
      { _id, upload, transfer },
      { $set: { state: 'arrived', etag, stored: length, sha256 }, $unset: { transfer: '' } },
    );
    if (matchedCount === 1) return;
    await this.leftovers.remove(file, etag);
    throw over();
  }

  private async notePart(
    { upload }: Upload,
    { _id: file }: UploadFile,
    { multipart, number }: NonNullable<Link['part']>,
    { etag, length: size, sha256 }: Sent & { etag: string },
  ): Promise<void> {
    const record = { upload, file, multipart, number, size, sha256, etag };
    const _id = `${file}/${multipart}/${number}`;
    await this.store.parts.updateOne({ _id }, { $set: record }, { upsert: true });
  }

  /** A job may have come for the dataset since the link was asked for. @throws TransferRefused 404 */
  private async mustBeFree(upload: Upload): Promise<void> {
    try {
      await this.uploads.lookAt(upload.uploader, upload);
    } catch (error) {
      if (!(error instanceof UploadRefused)) return;
      throw new TransferRefused(404, 'NoSuchUpload', error.message);
    }
  }
}

/** Of equal parts, of which the last is shorter, none is larger than this; all of them together are checked when they are put together. */
function maxPartOf(size: number, parts: number): number {
  return parts <= 1 ? size : Math.ceil(size / (parts - 1));
}

function over(): TransferRefused {
  return new TransferRefused(
    404,
    'NoSuchUpload',
    'Expected an open upload of this file, found that it is over, or was begun again: ask for links again.',
  );
}
