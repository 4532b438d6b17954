import { Inject, Injectable } from '@nestjs/common';
import { Clock, messageOf, newId, stillMoving } from '#kernel';
import { Heartbeat } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { ObjectStore } from '#storage';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import { RetrievedCopies, type Recall } from '../persistence/retrieved-copies.js';

/** Takes copies out of the retrieval bucket that nobody has kept any more: every minute, and at once where room is needed. */
@Injectable()
export class EndedCopies {
  constructor(
    private readonly copies: RetrievedCopies,
    private readonly objects: ObjectStore,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Of a recall that comes to nothing no room is held, and nothing lies there that no record tells of: under its name there may be
   * an object whose time was over. While the store is away the record stays, and goes with it when its lease is over.
   */
  async abandon(recall: Recall): Promise<void> {
    const until = new Date(this.clock.now().getTime() + this.config.lease);
    if (!(await this.copies.abandon(recall, until))) return;
    await this.objects.remove(this.config.retrievalBucket, [recall.name]);
    await this.copies.givenUp(recall);
  }

  /**
   * Holds the record first, so that a request that comes in between waits for the removal and recalls anew, and a pin that comes
   * first keeps the copy; what broke off before its end is found by the next look, a recall whose work order is gone as well.
   *
   * @returns how many were removed
   */
  async remove(limit: number): Promise<number> {
    let removed = 0;
    const now = this.clock.now();
    for await (const name of this.copies.over(now, limit)) {
      const until = new Date(this.clock.now().getTime() + this.config.lease);
      const holder = `expiry#${newId()}`;
      const isTaken = await this.copies.takeOver(name, now, until, holder);
      stillMoving();
      if (!isTaken) continue;
      await this.removeHeld(name, holder, until);
      removed += 1;
    }
    return removed;
  }

  /** However long the store takes: whoever took it over meanwhile would bring an object that the late removal takes away. */
  private async removeHeld(name: string, holder: string, until: Date): Promise<void> {
    const warn = (error: unknown, words: string): void =>
      this.logger.warn({ name, error: messageOf(error) }, words);
    const heartbeat = new Heartbeat({
      ...{ clock: this.clock, lease: this.config.lease, until },
      renew: (next) => this.copies.renewRemoval(name, holder, next),
      onFault: (error) => warn(error, 'heartbeat of a removal failed; its lease may run out'),
      onLost: () => warn('its lease is over', 'a removal from the retrieval bucket takes too long'),
    });
    try {
      await this.objects.remove(this.config.retrievalBucket, [name]);
      await this.copies.removed(name, holder);
    } finally {
      heartbeat.stop();
    }
  }
}
