import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import type { ArchiverConfig } from '../archiver.config.js';
import { ConfigToken } from '../archiver.tokens.js';
import { RetrievedCopies, type Recall } from '../persistence/retrieved-copies.js';
import { WorkDeferred, type WorkContext } from '../domain/work.js';

/** Milliseconds after which somebody who waits for another's recall looks again. */
const look = 1000;

/** One recall of a datablock at a time, and a memory of what lies in the retrieval bucket until when. */
@Injectable()
export class RecallLock {
  constructor(
    private readonly copies: RetrievedCopies,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
  ) {}

  /** Whether a copy is there; its expiry is pushed out in the same step, so that it cannot vanish meanwhile. */
  async isPresent(archiveId: string, isThere: () => Promise<boolean>): Promise<boolean> {
    if (!(await this.copies.prolong(archiveId, this.clock.now(), this.expiry()))) return false;
    if (await isThere()) return true;
    await this.copies.missing(archiveId);
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
    const recall = { archiveId, order, epoch: context.epoch };
    await this.take(recall);
    const renewal = setInterval(
      () => void this.copies.renew(recall, this.leaseEnd()).catch(() => undefined),
      this.config.lease / 3,
    );
    try {
      await work();
      if (!(await this.copies.arrived(recall, this.expiry())))
        throw new WorkDeferred(
          `The hold on ${archiveId} was lost during its recall; it is looked at anew.`,
          look,
        );
    } catch (error) {
      await this.copies.givenUp(recall);
      throw error;
    } finally {
      clearInterval(renewal);
    }
    context.signal.throwIfAborted();
  }

  keepUntil(archiveId: string, expiresAt: Date): Promise<void> {
    return this.copies.keepUntil(archiveId, expiresAt);
  }

  private async take(recall: Recall): Promise<void> {
    if (await this.copies.take(recall, this.clock.now(), this.leaseEnd())) return;
    throw new WorkDeferred(
      `Datablock ${recall.archiveId} is being recalled for somebody else; this request shares the copy.`,
      look,
    );
  }

  private expiry(): Date {
    return new Date(this.clock.now().getTime() + this.config.retrievedLifetime);
  }

  private leaseEnd(): Date {
    return new Date(this.clock.now().getTime() + this.config.lease);
  }
}
