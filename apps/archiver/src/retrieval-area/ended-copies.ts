import { Inject, Injectable } from '@nestjs/common';
import { Clock, stillMoving } from '#kernel';
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
      const isTaken = await this.copies.takeOver(name, now, until);
      stillMoving();
      if (!isTaken) continue;
      await this.objects.remove(this.config.retrievalBucket, [name]);
      await this.copies.removed(name);
      removed += 1;
    }
    return removed;
  }
}
