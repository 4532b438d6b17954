import { Inject, Injectable } from '@nestjs/common';
import { Clock, newId } from '#kernel';
import { UploadsConfigToken, type UploadsConfig } from '../ingestor.config.js';
import { IngestorStore } from '../persistence/ingestor-store.js';
import type { Upload, UploadState } from '../persistence/records.js';

/** That nobody works on the end of an upload. */
export function freeAt(now: Date) {
  return { $or: [{ workedUntil: { $exists: false } }, { workedUntil: { $lte: now } }] };
}

/** Who closes, completes or throws away an upload: one process at a time. Each step is one conditional write. */
@Injectable()
export class UploadWorkers {
  constructor(
    private readonly store: IngestorStore,
    private readonly clock: Clock,
    @Inject(UploadsConfigToken) private readonly config: UploadsConfig,
  ) {}

  /**
   * Takes a step, and the upload with it.
   *
   * @param more what else has to be so
   * @returns undefined when it is not so any more, or another worker has it
   */
  async take(
    { _id, upload, state: from }: Pick<Upload, '_id' | 'upload' | 'state'>,
    to: UploadState,
    more: Readonly<Partial<Pick<Upload, 'grant' | 'usedAt'>>> = {},
    set: Readonly<Partial<Upload>> = {},
  ): Promise<Upload | undefined> {
    const now = this.clock.now();
    const taken = await this.store.uploads.findOneAndUpdate(
      {
        ...{ _id, upload, state: from, ...more },
        ...freeAt(now),
      },
      {
        $set: {
          ...set,
          state: to,
          worker: newId(),
          workedUntil: new Date(now.getTime() + this.config.lease),
        },
      },
      { returnDocument: 'after' },
    );
    return taken ?? undefined;
  }

  /** Milliseconds after which a worker that goes on renews. */
  get beat(): number {
    return this.config.lease / 3;
  }

  /** @returns false when another worker has it */
  async renew({ _id, upload, worker }: Upload): Promise<boolean> {
    const workedUntil = new Date(this.clock.now().getTime() + this.config.lease);
    const { matchedCount } = await this.store.uploads.updateOne(
      { _id, upload, worker: worker! },
      { $set: { workedUntil } },
    );
    return matchedCount === 1;
  }

  /** The next step, the upload still in hand. @returns false when another worker has it */
  async step(taken: Upload, to: UploadState, set: Readonly<Partial<Upload>> = {}): Promise<boolean> {
    return this.write(taken, { $set: { ...set, state: to } });
  }

  /** The last step, or one back: whoever comes next may take it. @returns false when another worker has it */
  async letGo(taken: Upload, to: UploadState, set: Readonly<Partial<Upload>> = {}): Promise<boolean> {
    const end = to === 'finalized' || to === 'aborted' ? { endedAt: this.clock.now(), reserved: 0 } : {};
    return this.write(taken, {
      $set: { ...set, ...end, state: to },
      $unset: { worker: '', workedUntil: '' },
    });
  }

  private async write({ _id, upload, worker, state }: Upload, change: object): Promise<boolean> {
    return (
      (await this.store.uploads.updateOne({ _id, upload, worker: worker!, state }, change)).matchedCount === 1
    );
  }
}
