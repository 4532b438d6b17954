import { stat } from 'node:fs/promises';
import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { messageOf, wait, WorkLoop } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import type { ArchiverConfig } from '../archiver.config.js';
import { ConfigToken } from '../archiver.tokens.js';
import { WorkRunner } from './work-runner.js';

const pause = 10_000;

/**
 * Watches the few threads with which Node reads files: a file system that does not answer takes one for each call, and
 * when all are taken the process still renews its leases and looks healthy, and does nothing any more. Then its work goes
 * to other workers at once; the look that does not come back stops this loop, which fails `health/live`.
 */
@Injectable()
export class ThreadWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: WorkLoop;

  constructor(
    private readonly runner: WorkRunner,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.loop = new WorkLoop({
      name: 'threads that read files',
      takeOne: () => this.look(() => stat('/')),
      pause,
      onFault: (error) => logger.warn({ error: messageOf(error) }, 'could not look at the file system'),
    });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  /** Not waited for: a look that hangs would hold up the end. */
  beforeApplicationShutdown(): void {
    void this.loop.stop();
  }

  /** @param touch something that needs one of the threads and takes no time */
  async look(touch: () => Promise<unknown>): Promise<boolean> {
    const touched = touch();
    const answered = new AbortController();
    const limit = this.config.threadLimit;
    const inTime = await Promise.race([
      touched.then(() => true).finally(() => answered.abort()),
      wait(limit, answered.signal).then(() => answered.signal.aborted),
    ]);
    if (inTime) return false;
    this.logger.error(
      { limit },
      'no thread is free to read files: a file system does not answer. Work is given back; this process takes none until that has changed',
    );
    await this.runner.yieldWork();
    await touched;
    this.logger.info({}, 'the file system answers again');
    this.runner.resume();
    return false;
  }
}
