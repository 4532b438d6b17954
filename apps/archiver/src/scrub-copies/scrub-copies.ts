import { Inject, Injectable } from '@nestjs/common';
import { stillMoving } from '#kernel';
import { HostedLoop } from '#leased-work';
import type { LongTermStorage } from '#long-term-storage';
import { type Logger, LOGGER } from '#observability';
import { SharesToken } from '../archiver.config.js';
import { ArchiverStore } from '../persistence/archiver-store.js';
import { TargetScrub } from './target-scrub.js';

const pause = 60_000;

/** Reads old copies again, on each target at its own pace: one lane for each. */
@Injectable()
export class ScrubCopies extends HostedLoop {
  /** Those that no lane is at, the one that was looked at longest ago first. */
  private readonly free: string[];

  constructor(
    store: ArchiverStore,
    private readonly targets: TargetScrub,
    @Inject(SharesToken) shares: readonly LongTermStorage[],
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super({
      ...{
        name: 'reading of old copies',
        pause,
        lanes: Math.max(1, shares.length),
        logger,
        restsFirst: true,
      },
      fault: 'could not read old copies',
      ready: () => store.whenReady(),
    });
    this.free = shares.map(({ name }) => name);
  }

  async round(): Promise<void> {
    const target = this.free.shift();
    if (target === undefined) return;
    try {
      while (!this.stopping.aborted && (await this.targets.step(target, this.stopping))) stillMoving();
    } catch (error) {
      // What broke off because the app ends is read at the next start.
      if (!this.stopping.aborted) throw error;
      this.logger.info({ target }, 'the reading of an old copy broke off: the app ends');
    } finally {
      this.free.push(target);
    }
  }
}
