import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { codeOf, crashPoint } from '#kernel';
import { IngestorStore } from '../persistence/ingestor-store.js';
import type { Grant, UploadFile, UploadPartRecord } from '../persistence/records.js';
import { UploadRefused } from '../upload-refused.js';
import { Leftovers } from './leftovers.js';
import { LandingObjects } from './landing-objects.js';
import { fileIdOf, pathIn } from './object-names.js';
import { Uploads } from './uploads.js';

/** A part as a client lists it. */
export interface ListedPart {
  readonly number: number;
  /** Without quotes. */
  readonly etag: string;
  /** Base64. */
  readonly sha256: string;
}

export interface WantedObject {
  readonly pid: string;
  readonly objectName: string;
  readonly uploadId: string;
  readonly parts: readonly ListedPart[];
  /** Base64 of the digest of the digests of all parts, with or without `-N`. */
  readonly sha256: string;
}

/** Milliseconds by which clocks of stores and of this machine may differ. */
const clocksApart = 300_000;

/** Puts files together that came in parts, of exactly the parts that arrived. */
@Injectable()
export class Multiparts {
  constructor(
    private readonly store: IngestorStore,
    private readonly landing: LandingObjects,
    private readonly uploads: Uploads,
    private readonly leftovers: Leftovers,
  ) {}

  /** However often it is asked for. @throws UploadRefused */
  async complete(grant: Grant, wanted: WantedObject): Promise<void> {
    const upload = await this.uploads.held(grant, wanted.pid);
    const path = pathIn(wanted.pid, wanted.objectName);
    const file = await this.store.files.findOne({ _id: fileIdOf(upload.upload, path) });
    if (file !== null && wanted.uploadId === '') return refuseOtherWhole(file, wanted);
    if (file === null || file.multipart?.id !== wanted.uploadId)
      throw new UploadRefused(
        404,
        `Expected an upload in parts of ${JSON.stringify(path.slice(0, 200))} with the id ${wanted.uploadId.slice(0, 100)}, found ${file === null ? 'none' : 'another one, begun since'}: ask for links again.`,
      );
    if (file.state === 'arrived') return this.refuseOther(file, wanted);
    const parts = await this.provenParts(file, wanted);
    const etag = await this.putTogether(file, parts);
    crashPoint('ingestor.after-put-together');
    const stored = sizeOf(parts);
    const { matchedCount } = await this.store.files.updateOne(
      { _id: file._id, state: 'coming', 'multipart.id': wanted.uploadId },
      { $set: { state: 'arrived', etag, stored, sha256: compositeOf(parts) } },
    );
    if (matchedCount === 0) await this.refuseAgain(file, wanted, etag);
    await this.store.parts.deleteMany({ file: file._id, multipart: wanted.uploadId });
  }

  /** What is not known is fine. @param pid empty: that of the object's name */
  async abort(grant: Grant, pid: string, objectName: string, uploadId: string): Promise<void> {
    const dataset = pid === '' ? pidIn(objectName) : pid;
    const upload = await this.uploads.heldAsItIs(grant, dataset);
    const _id = fileIdOf(upload.upload, pathIn(dataset, objectName));
    const removed = await this.store.files.findOneAndDelete({
      _id,
      state: 'coming',
      'multipart.id': uploadId,
      etag: { $exists: false },
    });
    // One that was sent before, in another way, stays noted.
    const file =
      removed ??
      (await this.store.files.findOneAndUpdate(
        { _id, state: 'coming', 'multipart.id': uploadId },
        { $set: { state: 'arrived' }, $unset: { multipart: '' } },
      ));
    if (file === null) return;
    await this.landing.abort(file.key, uploadId);
    await this.store.parts.deleteMany({ file: _id, multipart: uploadId });
  }

  private async provenParts(file: UploadFile, wanted: WantedObject): Promise<UploadPartRecord[]> {
    const arrived = await this.store.parts
      .find({ file: file._id, multipart: wanted.uploadId })
      .sort({ number: 1 })
      .toArray();
    const complaint = complaintAbout(file, arrived, wanted);
    if (complaint !== undefined)
      throw new UploadRefused(
        422,
        `${complaint} The upload stays open: send what is missing, then complete it.`,
      );
    return arrived;
  }

  private async putTogether(file: UploadFile, parts: readonly UploadPartRecord[]): Promise<string> {
    const { key, multipart, at } = file;
    const list = parts.map(({ number, etag }) => ({ partNumber: number, etag }));
    try {
      return (await this.landing.complete(key, multipart!.id, list)).etag;
    } catch (error) {
      // Done before, by a process that ended before it wrote that down.
      if (codeOf(error, '') !== 'storage.upload-not-found') throw error;
      const head = await this.landing.head(key);
      const isOurs =
        head !== undefined &&
        head.size === sizeOf(parts) &&
        head.modifiedAt.getTime() >= at.getTime() - clocksApart;
      if (!isOurs) throw error;
      return head.etag;
    }
  }

  /** It was completed at the same moment, or everything was thrown away. */
  private async refuseAgain(file: UploadFile, wanted: WantedObject, etag: string): Promise<void> {
    const now = await this.store.files.findOne({ _id: file._id });
    if (now?.state === 'arrived' && now.multipart?.id === wanted.uploadId) return;
    await this.leftovers.remove(file, etag);
    throw new UploadRefused(
      409,
      `Expected the upload of ${JSON.stringify(file.path.slice(0, 200))} to be open still, found that it was begun again or thrown away. Nothing of it was kept.`,
    );
  }

  /** @throws UploadRefused 422 when it was another file that was put together under this id */
  private refuseOther(file: UploadFile, { sha256 }: WantedObject): void {
    if (isComposite(sha256, file.sha256, file.multipart?.parts)) return;
    throw new UploadRefused(
      422,
      `Expected the checksum of ${JSON.stringify(file.path.slice(0, 200))} as it was put together, ${file.sha256 ?? 'none'}, found ${sha256.slice(0, 100)}.`,
    );
  }
}

function complaintAbout(
  { path, size, multipart }: UploadFile,
  arrived: readonly UploadPartRecord[],
  { parts, sha256 }: WantedObject,
): string | undefined {
  const name = JSON.stringify(path.slice(0, 200));
  const count = multipart?.parts ?? 0;
  if (parts.length !== count)
    return `Expected the ${count} parts of ${name} that links were asked for, found ${parts.length} listed.`;
  const known = new Map(arrived.map((part) => [part.number, part]));
  for (const [index, listed] of parts.entries()) {
    const number = index + 1;
    const part = known.get(number);
    if (listed.number !== number)
      return `Expected part ${number} of ${name} at place ${number} of the list, found part ${listed.number}: list all parts in order.`;
    if (part === undefined) return `Expected part ${number} of ${name}, found that it has not arrived.`;
    if (part.etag !== listed.etag)
      return `Expected part ${number} of ${name} with the ETag "${part.etag}", found "${listed.etag.slice(0, 100)}".`;
    if (part.sha256 !== listed.sha256)
      return `Expected part ${number} of ${name} with the SHA-256 ${part.sha256}, found ${listed.sha256.slice(0, 100)}.`;
  }
  const bytes = sizeOf(arrived);
  if (size !== undefined && bytes !== size)
    return `Expected parts of ${size} bytes in all for ${name}, as the catalogue lists it, found ${bytes}.`;
  const composite = compositeOf(arrived);
  if (!isComposite(sha256, composite, count))
    return `Expected ${composite} as checksum of the checksums of all parts of ${name}, found ${sha256.slice(0, 100)}.`;
  return undefined;
}

function sizeOf(parts: readonly UploadPartRecord[]): number {
  return parts.reduce((sum, { size }) => sum + size, 0);
}

function compositeOf(parts: readonly Pick<UploadPartRecord, 'sha256'>[]): string {
  const hash = createHash('sha256');
  for (const { sha256 } of parts) hash.update(Buffer.from(sha256, 'base64'));
  return hash.digest('base64');
}

/** Alone, or with the number of parts: base64 has no hyphen. */
function isComposite(found: string, expected: string | undefined, parts: number | undefined): boolean {
  return found === expected || found === `${expected}-${parts}`;
}

/**
 * A file that is exactly as long as a part is sent whole, and completed all the same: there is nothing to be done, if it has arrived.
 *
 * @throws UploadRefused 422
 */
function refuseOtherWhole({ path, state, multipart, etag, sha256 }: UploadFile, wanted: WantedObject): void {
  const [part, ...more] = wanted.parts;
  const name = JSON.stringify(path.slice(0, 200));
  if (state !== 'arrived' || multipart !== undefined)
    throw new UploadRefused(
      422,
      `Expected ${name} in one piece, found that it has not arrived: send it, then complete it.`,
    );
  const isIt = part?.number === 1 && more.length === 0 && part.etag === etag && part.sha256 === sha256;
  if (isIt && isComposite(wanted.sha256, compositeOf([part]), 1)) return;
  throw new UploadRefused(
    422,
    `Expected one part of ${name} with the ETag "${etag}" and the SHA-256 ${sha256}, and the checksum of that, found others: send it again.`,
  );
}

/** @throws UploadRefused 422 */
function pidIn(objectName: string): string {
  const pid = /^openem-network\/datasets\/(.+?)\/raw_files\//.exec(objectName)?.[1];
  if (pid !== undefined) return pid;
  throw new UploadRefused(
    422,
    `Expected dataset_id, or an object_name such as openem-network/datasets/<pid>/raw_files/<path>, found ${JSON.stringify(objectName.slice(0, 200))}.`,
  );
}
