import { wait } from './wait.js';

/** Milliseconds for which what a look found counts as new, and for which a reader waits for another one. */
const fresh = 3000;
const patience = 1000;

/**
 * For a loop that looks rarely by itself, and at once when a reader wants to know: what nobody reads need not be asked for. However
 * many readers there are, there is one look at a time, and none while the last one is new.
 */
export class LookOnDemand {
  private begunAt = Number.NEGATIVE_INFINITY;
  private underWay: Promise<void> | undefined;
  private readonly waiting = new Set<AbortController>();

  /** @param wake makes the loop look */
  constructor(private readonly wake: () => void) {}

  /** Runs a look of the loop. */
  async run(look: () => Promise<void>): Promise<void> {
    this.begunAt = performance.now();
    this.underWay = look();
    try {
      await this.underWay;
    } finally {
      this.underWay = undefined;
      for (const waiting of this.waiting) waiting.abort();
      this.waiting.clear();
    }
  }

  /**
   * Resolves when a look has ended that is new, and with the end of patience.
   *
   * @returns undefined where there is nothing to wait for: the last look is new, or takes too long, or the first one is still to come
   */
  upToDate(): Promise<void> | undefined {
    const age = performance.now() - this.begunAt;
    if (age === Number.POSITIVE_INFINITY) return undefined;
    if (this.underWay !== undefined) return age < patience ? this.ended(patience - age) : undefined;
    if (age <= fresh) return undefined;
    this.wake();
    return this.ended(patience);
  }

  private ended(limit: number): Promise<void> {
    const waiting = new AbortController();
    this.waiting.add(waiting);
    return wait(limit, waiting.signal).finally(() => this.waiting.delete(waiting));
  }
}
