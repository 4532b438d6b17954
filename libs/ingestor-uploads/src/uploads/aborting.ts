import { Injectable } from '@nestjs/common';
import { IngestorStore } from '../persistence/ingestor-store.js';
import type { Grant, Upload } from '../persistence/records.js';
import { UploadRefused } from '../upload-refused.js';
import { Clearing } from './clearing.js';
import { isSame, wordOf } from './uploads.js';
import { UploadWorkers } from './workers.js';

/** Ends uploads that their client gives up. */
@Injectable()
export class Aborting {
  constructor(
    private readonly store: IngestorStore,
    private readonly workers: UploadWorkers,
    private readonly clearing: Clearing,
  ) {}

  /**
   * Throws an open upload away that this grant holds. One that is over already, or complete, stays as it is.
   *
   * @returns what became of it, for people
   * @throws UploadRefused 404, 409
   */
  async abort({ _id: grant, uploader }: Grant, pid: string): Promise<string> {
    const found = await this.store.uploads.findOne({ _id: pid });
    if (found === null || !isSame(found.uploader, uploader))
      throw new UploadRefused(404, `Expected an upload of ${pid} by ${uploader.username}, found none.`);
    if (found.state === 'complete' || found.state === 'finalized')
      return `The upload of ${pid} is ${wordOf(found)}: nothing was removed.`;
    if (found.state === 'aborted') return `The upload of ${pid} is ${wordOf(found)}.`;
    if (found.state === 'closing' && (await this.leave(found, grant)))
      return `Whether all files of ${pid} are there is looked at as soon as the catalogue answers. Nothing was removed.`;
    const taken =
      found.state === 'open' || found.state === 'closing'
        ? await this.workers.take(found, 'aborting', { grant })
        : await this.workers.take(found, 'aborting');
    if (taken === undefined)
      throw new UploadRefused(
        409,
        `Expected an upload of ${pid} that this token holds, found one that is ${wordOf(found)}, begun again with another token or in the hands of another call. Nothing was removed.`,
      );
    await this.clearing.clear(taken);
    return `The upload of ${pid} is thrown away.`;
  }

  /**
   * Clients give up when they hear that the end failed, and it may have failed because the catalogue was away. Everything may be there:
   * it is thrown away only if it turns out that something is missing.
   */
  private async leave({ _id, upload }: Upload, grant: string): Promise<boolean> {
    const { matchedCount } = await this.store.uploads.updateOne(
      { _id, upload, grant, state: 'closing' },
      { $set: { givenUp: true } },
    );
    return matchedCount === 1;
  }
}
