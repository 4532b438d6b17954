import { Inject, Injectable } from '@nestjs/common';
import { AgedMap, Clock, crashPoint, newId } from '#kernel';
import { isDuplicateKey } from '#persistence';
import { UploadsConfigToken, type UploadsConfig } from '../ingestor.config.js';
import { IngestorStore } from '../persistence/ingestor-store.js';
import type { Grant, Upload } from '../persistence/records.js';
import { LandingSpace } from '../space/landing-space.js';
import { UploadCatalogue, type UploadDataset } from '../upload-catalogue.js';
import { UploadRefused } from '../upload-refused.js';
import { RegisteredFiles } from './registered-files.js';
import { freeAt } from './workers.js';

const gibibyte = 2 ** 30;
/** Milliseconds for which a look at the catalogue counts for the next file of the same upload. */
const admission = 10_000;
/** Milliseconds between two notes that an upload is in use. */
const noteInterval = 30_000;
/** Of a request that others get in the way of. */
const maxAttempts = 20;
const ended: readonly Upload['state'][] = ['finalized', 'aborted'];

/** Beginning and holding uploads. */
@Injectable()
export class Uploads {
  /** Also while they are asked: an ingestor asks for the links of all files at once. */
  private readonly admitted: AgedMap<Promise<unknown>>;

  constructor(
    private readonly store: IngestorStore,
    private readonly catalogue: UploadCatalogue,
    private readonly space: LandingSpace,
    private readonly listed: RegisteredFiles,
    private readonly clock: Clock,
    @Inject(UploadsConfigToken) private readonly config: UploadsConfig,
  ) {
    this.admitted = new AgedMap(10_000, admission, clock);
  }

  /**
   * Begins the upload of a dataset, or goes on with the one that the same person has open: from then on this grant holds it. Room is kept
   * for what the catalogue lists, or for what the client says if that is more: it rounds down.
   *
   * @param gibibytes as the client counts them
   * @throws UploadRefused 403, 404, 409, 507
   */
  async request({ _id: grant, uploader }: Grant, pid: string, gibibytes: number): Promise<void> {
    const dataset = await this.catalogue.admit(uploader, pid);
    const { bytes } = await this.listed.read(dataset);
    const reserved = bytes > 0 ? Math.max(bytes, gibibytes * gibibyte) : (gibibytes + 1) * gibibyte;
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const found = await this.store.uploads.findOne({ _id: pid });
      const wanted = { ...{ _id: pid, uploader, grant, reserved }, ...placeOf(dataset) };
      if (found === null || ended.includes(found.state)) {
        await this.space.reserve(pid, reserved);
        crashPoint('ingestor.after-reserve');
        if (await this.begin(found, wanted)) return;
      } else if (found.state === 'open') {
        if (!isSame(found.uploader, uploader)) throw othersUpload(found);
        await this.space.reserve(pid, Math.max(reserved, found.reserved));
        if (await this.goOn(found, { ...wanted, reserved: Math.max(reserved, found.reserved) })) return;
      } else if (!(isSame(found.uploader, uploader) && (await this.reopened(found)))) throw busy(found);
    }
    throw new UploadRefused(
      409,
      `Expected to begin the upload of ${pid}, found others that do so at this moment. Ask again.`,
    );
  }

  /**
   * The open upload of a dataset that this grant holds.
   *
   * @throws UploadRefused 404 none is open, 409 another holds it, and as `UploadCatalogue.admit`
   */
  async held(grant: Grant, pid: string): Promise<Upload> {
    const found = await this.heldAsItIs(grant, pid);
    await this.lookAt(grant.uploader, found);
    return found;
  }

  /** As `held`, without a look at the catalogue: for what takes nothing in. */
  async heldAsItIs({ _id: grant, uploader }: Grant, pid: string): Promise<Upload> {
    const found = await this.store.uploads.findOne({ _id: pid });
    if (found === null || found.state !== 'open')
      throw new UploadRefused(
        404,
        `Expected an open upload of ${pid}, found ${found === null ? 'none' : `one that is ${wordOf(found)}`}: begin one with requestDatasetUpload.`,
      );
    if (!isSame(found.uploader, uploader)) throw othersUpload(found);
    if (found.grant !== grant)
      throw new UploadRefused(
        409,
        `Expected the newest upload of ${pid}, found that it was begun again with another token at ${found.usedAt.toISOString()}: this one is over.`,
      );
    await this.noteUse(found);
    return found;
  }

  /** While files come, it does not count as forgotten. */
  async noteUse({ _id, upload, usedAt }: Upload): Promise<void> {
    const now = this.clock.now();
    if (now.getTime() - usedAt.getTime() < noteInterval) return;
    await this.store.uploads.updateOne({ _id, upload, state: 'open' }, { $set: { usedAt: now } });
  }

  /** Milliseconds without a call after which it is thrown away. */
  get lifetime(): number {
    return this.config.uploadLifetime;
  }

  /** More was registered than room is kept for. @throws UploadRefused 507 */
  async grow({ _id, upload, reserved }: Upload, bytes: number): Promise<void> {
    await this.space.reserve(_id, bytes);
    await this.store.uploads.updateOne(
      { _id, upload, reserved, state: 'open' },
      { $set: { reserved: bytes } },
    );
  }

  /** Files may come for it still, as of now or of some seconds ago. @throws as `UploadCatalogue.admit` */
  async lookAt(uploader: Grant['uploader'], { _id: pid, upload }: Upload): Promise<void> {
    const mark = JSON.stringify([uploader.username, upload]);
    const known = this.admitted.get(mark);
    if (known !== undefined) return void (await known);
    const asked = this.catalogue.admit(uploader, pid);
    this.admitted.set(mark, asked);
    try {
      await asked;
    } catch (error) {
      // A refusal is none for the next who asks.
      if (this.admitted.get(mark) === asked) this.admitted.delete(mark);
      throw error;
    }
  }

  private async begin(before: Upload | null, wanted: Wanted): Promise<boolean> {
    const now = this.clock.now();
    const upload: Upload = {
      ...wanted,
      upload: newId(),
      state: 'open',
      unlisted: 0,
      beganAt: now,
      usedAt: now,
      ...(before?.state === 'finalized' ? { beside: true } : {}),
    };
    const { uploads } = this.store;
    if (before !== null) {
      const { _id, upload: former, state } = before;
      if ((await uploads.replaceOne({ _id, upload: former, state }, upload)).matchedCount === 0) return false;
      // What a crash left of the former one.
      await this.store.files.deleteMany({ upload: former });
      await this.store.parts.deleteMany({ upload: former });
      return true;
    }
    try {
      await uploads.insertOne(upload);
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  private async goOn({ _id, upload, grant }: Upload, { _id: _, ...wanted }: Wanted): Promise<boolean> {
    const { matchedCount } = await this.store.uploads.updateOne(
      { _id, upload, grant, state: 'open' },
      { $set: { ...wanted, usedAt: this.clock.now() }, $unset: { givenUp: '' } },
    );
    return matchedCount === 1;
  }

  /** One whose end could not be looked at opens again for its person, unless another call looks at it now. */
  private async reopened({ _id, upload }: Upload): Promise<boolean> {
    const { matchedCount } = await this.store.uploads.updateOne(
      {
        ...{ _id, upload, state: 'closing' },
        ...freeAt(this.clock.now()),
      },
      // Whoever looked at it, and has outlived the lease, can write it no more.
      { $set: { state: 'open' }, $unset: { wants: '', givenUp: '', worker: '', workedUntil: '' } },
    );
    return matchedCount === 1;
  }
}

/** The same person: names of one provider may be those of another's. */
export function isSame(one: Upload['uploader'], other: Upload['uploader']): boolean {
  return one.username === other.username && one.accountId === other.accountId;
}

type Wanted = Pick<Upload, '_id' | 'uploader' | 'grant' | 'reserved' | 'ownerGroup' | 'sourceFolder'>;

function placeOf({ ownerGroup, sourceFolder }: UploadDataset): Pick<Upload, 'ownerGroup' | 'sourceFolder'> {
  return { ownerGroup, sourceFolder };
}

function othersUpload({ _id, uploader, usedAt }: Upload): UploadRefused {
  return new UploadRefused(
    409,
    `Expected to be alone in uploading ${_id}, found that ${uploader.username} does so, lately at ${usedAt.toISOString()}: agree with them, or wait until it is over.`,
  );
}

/** A client that hears of no room asks again later, which is what it should do. */
function busy(upload: Upload): UploadRefused {
  const status = upload.state === 'aborting' ? 507 : 409;
  return new UploadRefused(
    status,
    `Expected to begin the upload of ${upload._id}, found one that is ${wordOf(upload)}. Ask again later.`,
  );
}

/** For people. */
export function wordOf({ state, endedAt }: Upload): string {
  const since = endedAt === undefined ? '' : ` since ${endedAt.toISOString()}`;
  const words: Readonly<Record<Upload['state'], string>> = {
    open: 'open',
    closing: 'being looked at, whether everything is there',
    complete: 'complete, while the catalogue is being told',
    finalized: `finalized${since}`,
    aborting: 'being thrown away',
    aborted: `thrown away${since}`,
  };
  return words[state];
}
