import type { Clock } from '#kernel';
import { Heartbeat } from './heartbeat.js';
import { WorkLoop, type Found } from './work-loop.js';

/** One piece of work that this process holds. */
export interface Hold<Item> {
  readonly item: Item;
  /** Fires when the lease is lost, or {@link LeasedWorker.interrupt} or {@link LeasedWorker.letGo} is called. */
  readonly signal: AbortSignal;
}

export interface LeasedWorkerOptions<Item> {
  /** Names the loop where liveness, or an end that takes too long, is explained. */
  readonly name: string;
  readonly clock: Clock;
  /** Milliseconds. */
  readonly lease: number;
  /** Pieces of work at the same time. */
  readonly lanes: number;
  /** Milliseconds after which one of the lanes that found nothing looks again by itself. */
  readonly pause: number;
  /** How far the pause grows while none is due within a lease ({@link nextDue}). Default: not at all. */
  readonly maxPause?: number;
  /**
   * When the first piece of work is due, now or later; undefined: there is none. What another process holds is due when its lease ends.
   * Default: nobody knows.
   */
  readonly nextDue?: () => Promise<Date | undefined>;
  /**
   * Takes the first piece of work that is due, in one write: its lease until then, its fencing token raised.
   *
   * @returns undefined when there is none
   */
  readonly take: (now: Date, until: Date) => Promise<Item | undefined>;
  /** As {@link HeartbeatOptions.renew}. */
  readonly renew: (hold: Hold<Item>, until: Date) => Promise<boolean>;
  /** Does the work and writes its end. What it throws counts as "no work found". */
  readonly run: (hold: Hold<Item>) => Promise<void>;
  /** What the signal of a hold says when its lease is lost. */
  readonly leaseLost: (item: Item) => Error;
  /** Work could not be taken, or its run threw. */
  readonly onFault: (error: unknown) => void;
  /** A heartbeat failed. */
  readonly onSkippedBeat: (item: Item, error: unknown) => void;
}

interface Holding<Item> {
  readonly hold: Hold<Item>;
  readonly ending: AbortController;
  readonly heartbeat: Heartbeat;
}

/** Takes work under leases and runs it, some pieces at a time, for as long as the process lives. */
export class LeasedWorker<Item> {
  private readonly loop: WorkLoop;
  private readonly holding = new Set<Holding<Item>>();
  private resting = false;
  private stopReason: Error | undefined;

  constructor(private readonly options: LeasedWorkerOptions<Item>) {
    const { name, pause, maxPause, lanes, onFault } = options;
    this.loop = new WorkLoop({
      ...{ name, pause, maxPause, lanes, onFault },
      takeOne: (isQuiet) => this.takeOne(isQuiet),
    });
  }

  /** What is held at this moment. */
  get holds(): Hold<Item>[] {
    return [...this.holding].map(({ hold }) => hold);
  }

  /** Fires when the worker is told to stop: long work may end early. */
  get stopping(): AbortSignal {
    return this.loop.stopping;
  }

  /** @param ready what the first look waits for */
  start(ready: Promise<unknown>): void {
    this.loop.start(ready);
  }

  wake(): void {
    this.loop.wake();
  }

  /**
   * Takes no more work, and resolves when what is held has ended.
   *
   * @param reason what the signals of all holds say; without one work that runs is waited for
   */
  async stop(reason?: Error): Promise<void> {
    const stopped = this.loop.stop();
    this.stopReason = reason;
    if (reason !== undefined) for (const { ending } of this.holding) ending.abort(reason);
    await stopped;
  }

  /** Takes no work until {@link resume}. */
  rest(): void {
    this.resting = true;
  }

  resume(): void {
    this.resting = false;
    this.wake();
  }

  /** Tells a piece of work that it must end; its lease is kept until it has. */
  interrupt(hold: Hold<Item>, reason: Error): void {
    this.find(hold)?.ending.abort(reason);
  }

  /** Keeps the lease no longer, and tells the work so: it may hang where no signal reaches it. */
  letGo(hold: Hold<Item>): void {
    const held = this.find(hold);
    held?.heartbeat.stop();
    held?.ending.abort(this.options.leaseLost(hold.item));
  }

  private find(hold: Hold<Item>): Holding<Item> | undefined {
    return [...this.holding].find((one) => one.hold === hold);
  }

  private async takeOne(isQuiet: boolean): Promise<Found> {
    if (this.resting) return false;
    const { clock, lease, take, run } = this.options;
    const now = clock.now();
    const until = new Date(now.getTime() + lease);
    if (isQuiet && (await this.isNothingBefore(until))) return 'nothing';
    const item = await take(now, until);
    if (item === undefined) return false;
    const held = this.hold(item, until);
    this.holding.add(held);
    // Told to stop while the database still answered: work that has not begun must not hold up the end.
    if (this.stopReason !== undefined) held.ending.abort(this.stopReason);
    try {
      await run(held.hold);
    } finally {
      held.heartbeat.stop();
      this.holding.delete(held);
    }
    return true;
  }

  /** While others work, their next piece may come to us: then nothing is far off. */
  private async isNothingBefore(until: Date): Promise<boolean> {
    const { nextDue } = this.options;
    if (nextDue === undefined) return false;
    const next = await nextDue();
    return next === undefined || next > until;
  }

  private hold(item: Item, until: Date): Holding<Item> {
    const { clock, lease, renew, leaseLost, onSkippedBeat } = this.options;
    const ending = new AbortController();
    const hold: Hold<Item> = { item, signal: ending.signal };
    const heartbeat = new Heartbeat({
      ...{ clock, lease, until },
      renew: (next) => renew(hold, next),
      onFault: (error) => onSkippedBeat(item, error),
      onLost: () => ending.abort(leaseLost(item)),
    });
    return { hold, ending, heartbeat };
  }
}
