import { Injectable } from '@nestjs/common';
import { IngestorStore } from '../persistence/ingestor-store.js';
import type { UploadFile } from '../persistence/records.js';
import { LandingObjects } from './landing-objects.js';

const ending: readonly string[] = ['closing', 'complete', 'finalized'];

/** Objects that arrived when nobody waited for them any more. */
@Injectable()
export class Leftovers {
  constructor(
    private readonly store: IngestorStore,
    private readonly landing: LandingObjects,
  ) {}

  /**
   * Removes an object of a file whose record is gone: of an upload that was thrown away, and of no other. The same bytes have the same
   * entity tag: those of an upload that ended, or of a later one, stay.
   */
  async remove({ pid, upload, key, existed }: UploadFile, etag: string): Promise<void> {
    const now = await this.store.uploads.findOne({ _id: pid });
    const isEnding = now?.upload === upload && ending.includes(now.state);
    if (existed === true || isEnding || (now !== null && now.upload !== upload)) return;
    if ((await this.store.files.findOne({ key }, { projection: { _id: 1 } })) !== null) return;
    await this.landing.remove(key, etag);
  }
}
