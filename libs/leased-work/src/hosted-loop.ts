import type { BeforeApplicationShutdown, OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { messageOf, wait } from '#kernel';
import type { Logger } from '#observability';
import { WorkLoop, type Found } from './work-loop.js';

export interface HostedLoopOptions {
  /** Names the loop where liveness, or an end that takes too long, is explained. */
  readonly name: string;
  /** Milliseconds after which one of the lanes that found nothing looks again by itself. */
  readonly pause: number;
  /** As {@link WorkLoopOptions.maxPause}. */
  readonly maxPause?: number;
  /** Rounds at the same time. Default one: they never overlap. */
  readonly lanes?: number;
  readonly logger: Logger;
  /** What the log says of a round that threw: `could not …`. */
  readonly fault: string;
  /** What the first round waits for; asked when the app has started. */
  readonly ready?: () => Promise<unknown>;
  /** The first round comes after a pause as well: a start has more urgent things to do. */
  readonly restsFirst?: boolean;
}

/**
 * A loop that an app hosts: it begins when the app has started, and its running round ends before the connections it needs
 * are closed. Rounds do not overlap. One that throws is logged, and the next one comes after the pause.
 */
export abstract class HostedLoop
  implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown
{
  private readonly loop: WorkLoop;

  constructor(private readonly options: HostedLoopOptions) {
    const { name, pause, maxPause, lanes, logger, fault } = options;
    this.loop = new WorkLoop({
      ...{ name, pause, maxPause, lanes },
      takeOne: async (isQuiet) => (await this.round(isQuiet)) ?? false,
      onFault: (error) => logger.warn({ error: messageOf(error) }, fault),
    });
  }

  /**
   * @param isQuiet as {@link WorkLoopOptions.takeOne}
   * @returns true when there may be more to do at once, `'nothing'` when it may look more rarely (`maxPause`)
   */
  abstract round(isQuiet?: boolean): Promise<Found | void>;

  onApplicationBootstrap(): void {
    this.loop.start(this.first());
  }

  /** All loops of the app are told before the first of them is waited for: modules end one after the other. */
  onModuleDestroy(): void {
    this.loop.tellToStop();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.loop.stop();
  }

  wake(): void {
    this.loop.wake();
  }

  /** Fires when the app ends: a long round may break off where the next start goes on. */
  protected get stopping(): AbortSignal {
    return this.loop.stopping;
  }

  private async first(): Promise<void> {
    const { ready, restsFirst = false, pause } = this.options;
    await ready?.();
    if (restsFirst) await wait(pause, this.stopping);
  }
}
