import { Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { IngestorStore } from '../persistence/ingestor-store.js';
import type { Upload } from '../persistence/records.js';
import { Clearing } from './clearing.js';
import { Finalization } from './finalization.js';
import { Uploads } from './uploads.js';
import { freeAt, UploadWorkers } from './workers.js';

const page = 100;

/** Uploads that nobody goes on with: each goes to its end. */
@Injectable()
export class UnfinishedUploads {
  constructor(
    private readonly store: IngestorStore,
    private readonly uploads: Uploads,
    private readonly workers: UploadWorkers,
    private readonly clearing: Clearing,
    private readonly finalization: Finalization,
    private readonly clock: Clock,
  ) {}

  /** Forgotten ones, and those that a process was working on when it ended. */
  async *due(): AsyncGenerator<Upload> {
    const now = this.clock.now();
    const forgotten = new Date(now.getTime() - this.uploads.lifetime);
    const conditions = [
      { state: 'open' as const, $or: [{ usedAt: { $lte: forgotten } }, { givenUp: true as const }] },
      ...(['closing', 'complete', 'aborting'] as const).map((state) => ({ state, ...freeAt(now) })),
    ];
    for (const condition of conditions)
      yield* this.store.uploads.find(condition).sort({ usedAt: 1 }).limit(page);
  }

  async tend(found: Upload): Promise<void> {
    switch (found.state) {
      case 'open':
        return this.throwAway(found);
      case 'aborting': {
        const taken = await this.workers.take(found, 'aborting');
        if (taken !== undefined) await this.clearing.clear(taken);
        return;
      }
      case 'closing':
      case 'complete':
        return this.finalization.goOn(found);
      default:
        return;
    }
  }

  async isUnderWay(pid: string): Promise<boolean> {
    const found = await this.store.uploads.findOne({ _id: pid }, { projection: { state: 1 } });
    return found !== null && found.state !== 'finalized' && found.state !== 'aborted';
  }

  /** Records of what is over, after as long as an upload may be silent: a client that asks late still hears how it ended. */
  async forgetEnded(): Promise<void> {
    const before = new Date(this.clock.now().getTime() - this.uploads.lifetime);
    const over = { state: { $in: ['finalized' as const, 'aborted' as const] }, endedAt: { $lte: before } };
    const ended = await this.store.uploads.find(over).limit(page).toArray();
    for (const { _id, upload } of ended) {
      await this.store.files.deleteMany({ upload });
      await this.store.parts.deleteMany({ upload });
      await this.store.uploads.deleteOne({ _id, upload, ...over });
    }
  }

  /** The look and the end are one write: a call in between keeps it open. */
  private async throwAway(found: Upload): Promise<void> {
    const taken = await this.workers.take(found, 'aborting', { usedAt: found.usedAt });
    if (taken !== undefined) await this.clearing.clear(taken);
  }
}
