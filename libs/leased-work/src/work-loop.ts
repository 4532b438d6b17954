import { ending, lifeSigns, livingBy, wait, type LifeSigns } from '#kernel';

export interface WorkLoopOptions {
  /** Names the loop where liveness, or an end that takes too long, is explained. */
  readonly name: string;
  /** Takes one piece of work, and resolves when it is done. False: there is none. */
  readonly takeOne: () => Promise<boolean>;
  /** Milliseconds after which a lane that found nothing looks again by itself. */
  readonly pause: number;
  /** The same of every lane but the first, where the others are there for bursts. Default: `pause`. */
  readonly pauseOfOthers?: number;
  /** Pieces of work at the same time. Default one. */
  readonly lanes?: number;
  /** A piece of work threw: it is logged here, and counts as none found. */
  readonly onFault: (error: unknown) => void;
  /** Default: those of the process. */
  readonly signs?: LifeSigns;
}

const woken = new Error('woken');

/** Milliseconds between two signs of life of a lane that only waits. */
const waitingSign = 30_000;

/**
 * Looks for work for as long as the process lives: piece after piece while there is any, then a pause that a wake-up cuts
 * short. A wake-up during a look is not lost: the look is repeated. Every lane shows signs of life; work that takes
 * minutes says `stillMoving` meanwhile.
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

  /** @param ready what the first look waits for; a loop that is stopped before waits no longer */
  start(ready: Promise<unknown> = Promise.resolve()): void {
    const { lanes = 1, name, pause, pauseOfOthers = pause } = this.options;
    const stopped = new Promise<void>((resolve) =>
      this.stopping.addEventListener('abort', () => resolve(), { once: true }),
    );
    this.running = Promise.race([ready, stopped]).then(() =>
      Promise.all(
        Array.from({ length: lanes }, (_, index) =>
          this.lane(lanes === 1 ? name : `${name} ${index + 1}`, index === 0 ? pause : pauseOfOthers),
        ),
      ),
    );
  }

  wake(): void {
    // With a reason: without one each call makes an error with a stack, thousands of times a second.
    this.awake.abort(woken);
  }

  /** Takes no more work; {@link stop} waits for what is under way. */
  tellToStop(): void {
    this.stopped.abort();
    this.wake();
  }

  /** Resolves when every lane has ended its piece of work. */
  async stop(): Promise<void> {
    this.tellToStop();
    await ending.waitFor(this.options.name, this.running);
  }

  private async lane(name: string, pause: number): Promise<void> {
    const { takeOne, onFault, signs = lifeSigns } = this.options;
    const sign = signs.begin(name);
    while (!this.stopping.aborted) {
      if (this.awake.signal.aborted) this.awake = new AbortController();
      const { signal } = this.awake;
      const found = await livingBy(sign, takeOne).catch((error: unknown) => {
        onFault(error);
        return false;
      });
      sign.moved();
      if (!found && !this.stopping.aborted) await this.rest(pause, signal, sign.moved);
    }
    sign.end();
  }

  /** A pause may be longer than liveness allows for. */
  private async rest(pause: number, signal: AbortSignal, moved: () => void): Promise<void> {
    const breathing = setInterval(moved, waitingSign);
    await wait(pause, signal);
    clearInterval(breathing);
  }
}
