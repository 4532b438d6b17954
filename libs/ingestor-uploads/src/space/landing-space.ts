import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { Clock, TransientError } from '#kernel';
import { isDuplicateKey } from '#persistence';
import { UploadsConfigToken, type UploadsConfig } from '../ingestor.config.js';
import { IngestorStore } from '../persistence/ingestor-store.js';
import type { Hold, Space } from '../persistence/records.js';
import { UploadRefused } from '../upload-refused.js';

const id = 'landing-zone';
/** Datasets that may have a hold at once: they lie in one document. */
const maxHolds = 10_000;
/** Of a change that others get in the way of. */
const maxAttempts = 500;
/** Milliseconds within which the record of an upload follows the room that is kept for it. */
const recording = 600_000;

/**
 * The room in the landing zone for uploads. Every hold stands in one document, and each change of it is one write that fails if another
 * process was faster: two uploads never get the same bytes, and there is no counter that could drift.
 */
@Injectable()
export class LandingSpace {
  constructor(
    private readonly store: IngestorStore,
    private readonly clock: Clock,
    @Inject(UploadsConfigToken) private readonly config: UploadsConfig,
  ) {}

  /**
   * Keeps bytes free for the upload of a dataset; what was kept, or lies there, for the same dataset counts no longer.
   *
   * @throws UploadRefused 507
   */
  async reserve(pid: string, bytes: number): Promise<void> {
    const { space } = this.config;
    await this.change((holds) => {
      const others = holds.filter((hold) => hold.pid !== pid);
      const taken = others.reduce((sum, hold) => sum + hold.bytes, 0);
      if (taken + bytes > space)
        throw new UploadRefused(
          507,
          `Expected room for ${bytes} bytes of ${pid} in the landing zone, found ${Math.max(0, space - taken)} of ${space} bytes (INGESTOR_SPACE) free: ${others.length} other datasets are being uploaded, or wait to be archived. Ask again later.`,
        );
      if (others.length >= maxHolds)
        throw new UploadRefused(
          507,
          `Expected at most ${maxHolds} datasets that are being uploaded or wait to be archived, found as many. Ask again later.`,
        );
      return [...others, { pid, bytes, kind: 'reserved', at: this.clock.now() }];
    });
  }

  /** The upload is over, and so many bytes of it lie there until they are archived. */
  landed(pid: string, bytes: number): Promise<void> {
    return this.change((holds) => [
      ...holds.filter((hold) => hold.pid !== pid),
      { pid, bytes, kind: 'landed', at: this.clock.now() },
    ]);
  }

  release(pid: string): Promise<void> {
    return this.change((holds) => holds.filter((hold) => hold.pid !== pid));
  }

  /** A hold that is still this one becomes that of what lies there, or none. @param bytes that lie there */
  replaceUnchanged({ pid, at, kind }: Hold, bytes: number): Promise<void> {
    return this.change((holds) =>
      holds.flatMap((hold): Hold[] => {
        if (hold.pid !== pid || hold.kind !== kind || hold.at.getTime() !== at.getTime()) return [hold];
        return bytes === 0 ? [] : [{ pid, bytes, kind: 'landed', at: this.clock.now() }];
      }),
    );
  }

  /** Holds that do not belong to something that is happening at this moment: whether they are still needed can be looked at. */
  async settled(): Promise<readonly Hold[]> {
    const now = this.clock.now().getTime();
    const least = { reserved: recording, landed: 2 * this.config.sweepInterval };
    return (await this.holds()).filter(({ kind, at }) => at.getTime() <= now - least[kind]);
  }

  async holds(): Promise<readonly Hold[]> {
    return (await this.store.space.findOne({ _id: id }))?.holds ?? [];
  }

  /** @param next of the holds as they are; asked again when another process has changed them meanwhile */
  private async change(next: (holds: readonly Hold[]) => readonly Hold[]): Promise<void> {
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const found = await this.store.space.findOne({ _id: id });
      const wanted = next(found?.holds ?? []);
      if (await this.write(found, wanted)) return;
      await pause(Math.random() * 20);
    }
    throw new TransientError(
      'ingestor.busy',
      `Expected to write down the room in the landing zone within ${maxAttempts} attempts, found another writer each time. Ask again.`,
    );
  }

  private async write(found: Space | null, holds: readonly Hold[]): Promise<boolean> {
    const { space } = this.store;
    if (found !== null) {
      const { version } = found;
      const { matchedCount } = await space.updateOne(
        { _id: id, version },
        { $set: { holds: [...holds], version: version + 1 } },
      );
      return matchedCount === 1;
    }
    try {
      await space.insertOne({ _id: id, version: 1, holds: [...holds] });
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }
}
