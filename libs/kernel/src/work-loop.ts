import { wait } from './wait.js';

export interface WorkLoopOptions {
  /** Takes one piece of work, and resolves when it is done. False: there is none. */
  readonly takeOne: () => Promise<boolean>;
  /** Milliseconds after which a lane that found nothing looks again by itself. */
  readonly pause: number;
  /** Pieces of work at the same time. Default one. */
  readonly lanes?: number;
  /** A piece of work threw: it is logged here, and counts as none found. */
  readonly onFault: (error: unknown) => void;
}

/**
 * Looks for work for as long as the process lives: piece after piece while there is any, then a pause that a wake-up cuts
 * short. A wake-up during a look is not lost: the look is repeated.
 */
export class WorkLoop {
  private readonly stopped = new AbortController();
  private awake = new AbortController();
  private running: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: WorkLoopOptions) {}

  /** Fires when the loop is told to stop: long work may end early. */
  get stopping(): AbortSignal {
    return this.stopped.signal;
  }

  /** @param ready what the first look waits for */
  start(ready: Promise<unknown> = Promise.resolve()): void {
    const { lanes = 1 } = this.options;
    this.running = ready.then(() => Promise.all(Array.from({ length: lanes }, () => this.lane())));
  }

  wake(): void {
    this.awake.abort();
  }

  /** Resolves when every lane has ended its piece of work. */
  async stop(): Promise<void> {
    this.stopped.abort();
    this.wake();
    await this.running;
  }

  private async lane(): Promise<void> {
    const { takeOne, pause, onFault } = this.options;
    while (!this.stopping.aborted) {
      if (this.awake.signal.aborted) this.awake = new AbortController();
      const { signal } = this.awake;
      const found = await takeOne().catch((error: unknown) => {
        onFault(error);
        return false;
      });
      if (!found && !this.stopping.aborted) await wait(pause, signal);
    }
  }
}
