import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { isDuplicateKey } from '#persistence';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import type { Caller } from '../domain/access.js';
import { Refusal, TooManyRequests } from '../domain/errors.js';
import { Catalogue } from '../persistence/catalogue.js';

/** Seconds. */
const comeAgain = 60;

/** An upload in parts as it was announced. */
export interface Announced {
  readonly key: string;
  readonly size: number;
}

/**
 * The uploads in parts that people have open: how many, and what each announced. A person has so many numbered places,
 * and an upload stands in one of them: two requests at the same moment never get the same place.
 */
@Injectable()
export class LandingUploads {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: CatalogApiConfig,
  ) {}

  /**
   * Takes a place, then begins the upload. What breaks off in between, the sweep takes back.
   *
   * @param begin begins the upload at the store
   * @throws TooManyRequests when this person has no place left
   */
  async begin({ _id: userId }: Caller, announced: Announced, begin: () => Promise<string>): Promise<string> {
    const _id = await this.place(userId, announced);
    let uploadId: string;
    try {
      uploadId = await begin();
    } catch (error) {
      await this.uploads.deleteOne({ _id, uploadId: { $exists: false } }).catch(() => undefined);
      throw error;
    }
    await this.uploads.updateOne({ _id, key: announced.key }, { $set: { uploadId } });
    return uploadId;
  }

  /** The upload of this person that announced the same: the answer that told its id may have been lost. */
  async own({ _id: userId }: Caller, { key, size }: Announced): Promise<string | undefined> {
    const found = await this.uploads.findOneAndUpdate(
      { userId, key, size, uploadId: { $exists: true } },
      { $set: { usedAt: this.clock.now() } },
      { sort: { _id: 1 } },
    );
    return found?.uploadId;
  }

  /**
   * An upload that is asked for again is in use. @throws Refusal 404 when it is not known, or announced something else
   */
  async touch(uploadId: string, { key, size }: Announced): Promise<void> {
    const usedAt = this.clock.now();
    const { matchedCount } = await this.uploads.updateOne({ uploadId, key, size }, { $set: { usedAt } });
    if (matchedCount === 0) throw unknown(uploadId, `${size} bytes`);
  }

  /** @throws Refusal 404 */
  async announcedSize(uploadId: string, key: string): Promise<number> {
    const found = await this.uploads.findOne({ uploadId, key }, { projection: { size: 1 } });
    if (found === null) throw unknown(uploadId, 'this file');
    return found.size;
  }

  async forget(uploadId: string, key: string): Promise<void> {
    await this.uploads.deleteOne({ uploadId, key });
  }

  /** An upload that has been silent since then gives its place back; the upload at the store is the caller's to abort. */
  async expire(before: Date): Promise<void> {
    await this.uploads.deleteMany({ usedAt: { $lt: before } });
  }

  /** Whether an upload at the store still stands in a place. */
  async isKnown(uploadId: string, key: string): Promise<boolean> {
    return (await this.uploads.findOne({ uploadId, key }, { projection: { _id: 1 } })) !== null;
  }

  private async place(userId: string, { key, size }: Announced): Promise<string> {
    const { uploadsPerPerson } = this.config.landingZone;
    const taken = new Set(
      (await this.uploads.find({ userId }, { projection: { _id: 1 } }).toArray()).map(({ _id }) => _id),
    );
    for (let number = 0; number < uploadsPerPerson; number += 1) {
      const _id = `${userId}/${number}`;
      if (taken.has(_id)) continue;
      const usedAt = this.clock.now();
      try {
        await this.uploads.insertOne({ _id, userId, key, size, usedAt });
        return _id;
      } catch (error) {
        // Another request of the same person was faster: the next place may be free.
        if (!isDuplicateKey(error)) throw error;
      }
    }
    throw new TooManyRequests(
      `${uploadsPerPerson} uploads in parts are open: complete or abort one of them (DELETE …/landing-zone/uploads) before you begin another.`,
      comeAgain,
    );
  }

  private get uploads() {
    return this.catalogue.landingUploads;
  }
}

function unknown(uploadId: string, what: string): Refusal {
  return new Refusal(
    404,
    `Expected an open upload of ${what} with the id ${uploadId.slice(0, 100)}, found none: begin it again.`,
  );
}
