import { Inject, Injectable } from '@nestjs/common';
import { UploadsConfigToken, type UploadsConfig } from '../ingestor.config.js';
import { IngestorStore } from '../persistence/ingestor-store.js';
import type { Upload, UploadState } from '../persistence/records.js';
import { LandingSpace } from '../space/landing-space.js';
import { wordOf } from '../uploads/uploads.js';

/** An upload as operators see it. */
export interface ShownUpload {
  readonly pid: string;
  readonly state: UploadState;
  /** What it is doing, in a sentence. */
  readonly words: string;
  readonly username: string;
  readonly ownerGroup: string;
  /** Bytes that are kept free for it. */
  readonly reserved: number;
  readonly beganAt: Date;
  readonly usedAt: Date;
  readonly endedAt?: Date;
  readonly jobId?: string;
}

/** Bytes of the landing zone that are for ingestors. */
export interface RoomForUploads {
  readonly space: number;
  /** Kept free for uploads under way. */
  readonly reserved: number;
  /** Filled by those that ended, until their files are archived and released. */
  readonly landed: number;
  /** Datasets that have a part of it. */
  readonly datasets: number;
}

/** Uploads and room, for people and numbers. */
@Injectable()
export class UploadLists {
  constructor(
    private readonly store: IngestorStore,
    private readonly space: LandingSpace,
    @Inject(UploadsConfigToken) private readonly config: UploadsConfig,
  ) {}

  /** In the order of pids, from after one on. */
  async page(
    state: UploadState | undefined,
    after: string | undefined,
    limit: number,
  ): Promise<ShownUpload[]> {
    const found = await this.store.uploads
      .find({
        ...(state === undefined ? {} : { state }),
        ...(after === undefined ? {} : { _id: { $gt: after } }),
      })
      .sort({ _id: 1 })
      .limit(limit)
      .toArray();
    return found.map(shown);
  }

  /** @param maxTimeMS that the database may take */
  async byState(maxTimeMS: number): Promise<ReadonlyMap<UploadState, number>> {
    const counts = await this.store.uploads
      .aggregate<{ _id: UploadState; count: number }>([{ $group: { _id: '$state', count: { $sum: 1 } } }], {
        maxTimeMS,
      })
      .toArray();
    return new Map(counts.map(({ _id, count }) => [_id, count]));
  }

  async room(): Promise<RoomForUploads> {
    const holds = await this.space.holds();
    const bytesOf = (wanted: string): number =>
      holds.reduce((sum, { kind, bytes }) => sum + (kind === wanted ? bytes : 0), 0);
    return {
      space: this.config.space,
      reserved: bytesOf('reserved'),
      landed: bytesOf('landed'),
      datasets: holds.length,
    };
  }
}

function shown(upload: Upload): ShownUpload {
  const { _id: pid, state, uploader, ownerGroup, reserved, beganAt, usedAt, endedAt, jobId } = upload;
  return {
    ...{
      pid,
      state,
      words: wordOf(upload),
      username: uploader.username,
      ownerGroup,
      reserved,
      beganAt,
      usedAt,
    },
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(jobId === undefined ? {} : { jobId }),
  };
}
