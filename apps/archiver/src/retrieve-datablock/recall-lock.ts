import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { isDuplicateKey } from '#persistence';
import type { ArchiverConfig } from '../archiver.config.js';
import { ConfigToken } from '../archiver.tokens.js';
import { ArchiverStore } from '../persistence/archiver-store.js';
import { WorkDeferred, type WorkContext } from '../domain/work.js';

/** Milliseconds after which somebody who waits for another's recall looks again. */
const look = 1000;

/** One recall of a datablock at a time, and a memory of what lies in the retrieval bucket until when. */
@Injectable()
export class RecallLock {
  constructor(
    private readonly store: ArchiverStore,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
  ) {}

  /** Whether a copy is there; its expiry is pushed out in the same step, so that it cannot vanish meanwhile. */
  async isPresent(archiveId: string, isThere: () => Promise<boolean>): Promise<boolean> {
    const now = this.clock.now();
    const present = await this.store.retrieved.findOneAndUpdate(
      { _id: archiveId, state: 'present', expiresAt: { $gt: now } },
      { $set: { expiresAt: new Date(now.getTime() + this.config.retrievedLifetime) } },
    );
    if (present === null) return false;
    if (await isThere()) return true;
    await this.store.retrieved.deleteOne({ _id: archiveId, state: 'present' });
    return false;
  }

  /**
   * @param order the work order; a later try of it (`context.epoch`) takes over from an earlier one
   * @throws WorkDeferred while somebody else recalls it
   */
  async recall(
    archiveId: string,
    order: string,
    context: WorkContext,
    work: () => Promise<void>,
  ): Promise<void> {
    const holder = `${order}#${context.epoch}`;
    await this.take(archiveId, holder, order, context.epoch);
    const renewal = setInterval(
      () =>
        void this.store.retrieved
          .updateOne({ _id: archiveId, holder }, { $set: { until: this.leaseEnd() } })
          .catch(() => undefined),
      this.config.lease / 3,
    );
    try {
      await work();
      const { matchedCount } = await this.store.retrieved.updateOne(
        { _id: archiveId, holder, state: 'recalling' },
        {
          $set: {
            state: 'present',
            expiresAt: new Date(this.clock.now().getTime() + this.config.retrievedLifetime),
          },
        },
      );
      if (matchedCount === 0)
        throw new WorkDeferred(
          `The hold on ${archiveId} was lost during its recall; it is looked at anew.`,
          look,
        );
    } catch (error) {
      await this.store.retrieved.deleteOne({ _id: archiveId, holder, state: 'recalling' });
      throw error;
    } finally {
      clearInterval(renewal);
    }
    context.signal.throwIfAborted();
  }

  async keepUntil(archiveId: string, expiresAt: Date): Promise<void> {
    await this.store.retrieved.updateOne({ _id: archiveId, state: 'present' }, { $max: { expiresAt } });
  }

  private async take(archiveId: string, holder: string, order: string, epoch: number): Promise<void> {
    try {
      await this.store.retrieved.updateOne(
        {
          _id: archiveId,
          $or: [
            { order, epoch: { $lt: epoch } },
            { state: 'recalling', until: { $lt: this.clock.now() } },
            { state: 'present', expiresAt: { $lte: this.clock.now() } },
          ],
        },
        {
          $set: { state: 'recalling', holder, order, epoch, until: this.leaseEnd() },
          $unset: { expiresAt: '' },
        },
        { upsert: true },
      );
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      throw new WorkDeferred(
        `Datablock ${archiveId} is being recalled for somebody else; this request shares the copy.`,
        look,
      );
    }
  }

  private leaseEnd(): Date {
    return new Date(this.clock.now().getTime() + this.config.lease);
  }
}
