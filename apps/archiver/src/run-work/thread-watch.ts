import { stat } from 'node:fs/promises';
import { Inject, Injectable } from '@nestjs/common';
import { wait } from '#kernel';
import { HostedLoop } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import { WorkRunner } from './work-runner.js';

const pause = 10_000;

/**
 * Watches the few threads with which Node reads files: a file system that does not answer takes one for each call, and
 * when all are taken the process still renews its leases and looks healthy, and does nothing any more. Then its work goes
 * to other workers at once; the look that does not come back stops this loop, which fails `health/live`.
 */
@Injectable()
export class ThreadWatch extends HostedLoop {
  constructor(
    private readonly runner: WorkRunner,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super({
      name: 'threads that read files',
      pause,
      logger,
      fault: 'could not look at the file system',
    });
  }

  /** Not waited for: a look that hangs would hold up the end. */
  override beforeApplicationShutdown(): Promise<void> {
    void super.beforeApplicationShutdown();
    return Promise.resolve();
  }

  round(): Promise<void> {
    return this.look(() => stat('/'));
  }

  /** @param touch something that needs one of the threads and takes no time */
  async look(touch: () => Promise<unknown>): Promise<void> {
    const touched = touch();
    const answered = new AbortController();
    const limit = this.config.threadLimit;
    const inTime = await Promise.race([
      touched.then(() => true).finally(() => answered.abort()),
      wait(limit, answered.signal).then(() => answered.signal.aborted),
    ]);
    if (inTime) return;
    this.logger.error(
      { limit },
      'no thread is free to read files: a file system does not answer. Work is given back; this process takes none until that has changed',
    );
    await this.runner.yieldWork();
    await touched;
    this.logger.info({}, 'the file system answers again');
    this.runner.resume();
  }
}
