import { ending, lifeSigns, livingBy, wait, type LifeSigns } from '#kernel';

/**
 * What a look came to: whether there was a piece of work. `'nothing'`: nor will time bring one, but only a wake-up, or a process that
 * dies in the midst of writing one.
 */
export type Found = boolean | 'nothing';

export interface WorkLoopOptions {
  /** Names the loop where liveness, or an end that takes too long, is explained. */
  readonly name: string;
  /**
   * Takes one piece of work, and resolves when it is done.
   *
   * @param isQuiet nobody has called since the last look: time to find out whether there is anything at all
   */
  readonly takeOne: (isQuiet: boolean) => Promise<Found>;
  /** Milliseconds after which one of the lanes that found nothing looks again by itself. */
  readonly pause: number;
  /** How far this grows, doubling, while there is `'nothing'`. Default: not at all. */
  readonly maxPause?: number;
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
/** Milliseconds after which a lane looks that need not: others look meanwhile. */
const pauseOfOthers = 60_000;

/** One of the pieces of work that may be under way. */
interface Lane {
  readonly name: string;
  /** Looks in a row that came to nothing at all. */
  idle: number;
  /** Its last pause was not cut short. */
  isQuiet: boolean;
  /** It looks, or works, since it was its turn to look: another one has that turn soon. */
  relief?: NodeJS.Timeout | undefined;
}

/**
 * Looks for work for as long as the process lives: piece after piece while there is any, then a pause that a wake-up cuts
 * short. A wake-up during a look is not lost: the look is repeated. Of the lanes that rest, one looks after each pause; when it has found
 * something that takes longer than a pause, all look, and the next one has the turn. Every lane shows signs of life; work that
 * takes minutes says `stillMoving` meanwhile.
 */
export class WorkLoop {
  private readonly stopped = new AbortController();
  private awake = new AbortController();
  private running: Promise<unknown> = Promise.resolve();
  /** Whose turn it is to look by itself. */
  private turn: Lane | undefined;

  constructor(private readonly options: WorkLoopOptions) {}

  /** Fires when the loop is told to stop: long work may end early. */
  get stopping(): AbortSignal {
    return this.stopped.signal;
  }

  /** @param ready what the first look waits for; a loop that is stopped before waits no longer */
  start(ready: Promise<unknown> = Promise.resolve()): void {
    const { lanes = 1, name } = this.options;
    const stopped = new Promise<void>((resolve) =>
      this.stopping.addEventListener('abort', () => resolve(), { once: true }),
    );
    this.running = Promise.race([ready, stopped]).then(() =>
      Promise.all(
        Array.from({ length: lanes }, (_, index) =>
          this.run({ name: lanes === 1 ? name : `${name} ${index + 1}`, idle: 0, isQuiet: false }),
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

  private async run(lane: Lane): Promise<void> {
    const { takeOne, onFault, signs = lifeSigns } = this.options;
    const sign = signs.begin(lane.name);
    while (!this.stopping.aborted) {
      if (this.awake.signal.aborted) this.awake = new AbortController();
      const { signal } = this.awake;
      if (this.turn === lane) lane.relief ??= setTimeout(() => this.passTurn(lane), this.options.pause);
      const found = await livingBy(sign, () => takeOne(lane.isQuiet)).catch((error: unknown): Found => {
        onFault(error);
        return false;
      });
      sign.moved();
      lane.isQuiet = false;
      if (found === true || this.stopping.aborted) continue;
      lane.idle = found === 'nothing' ? lane.idle + 1 : 0;
      await this.rest(this.pauseOf(lane), signal, sign.moved);
      lane.isQuiet = !signal.aborted;
      if (signal.aborted) lane.idle = 0;
    }
    clearTimeout(lane.relief);
    sign.end();
  }

  private passTurn(lane: Lane): void {
    lane.relief = undefined;
    if (this.turn !== lane) return;
    this.turn = undefined;
    this.wake();
  }

  private pauseOf(lane: Lane): number {
    clearTimeout(lane.relief);
    lane.relief = undefined;
    this.turn ??= lane;
    if (this.turn !== lane) return pauseOfOthers;
    const { pause, maxPause = pause } = this.options;
    return Math.min(Math.max(pause, maxPause), pause * 2 ** Math.min(Math.max(0, lane.idle - 1), 20));
  }

  /** A pause may be longer than liveness allows for. */
  private async rest(pause: number, signal: AbortSignal, moved: () => void): Promise<void> {
    const breathing = setInterval(moved, waitingSign);
    await wait(pause, signal);
    clearInterval(breathing);
  }
}
