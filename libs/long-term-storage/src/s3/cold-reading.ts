import { SystemClock, TransientError, wait, type Clock } from '#kernel';
import type { ObjectRange, ObjectStore, OpenObject } from '#storage';
import { isCode } from './s3-errors.js';

export interface ColdOptions {
  /** Days for which a restored object stays readable. Default 3. */
  readonly days?: number;
  /** `Standard`, `Bulk` or `Expedited`, where the store knows them. */
  readonly tier?: string;
  /** Milliseconds for which a reader waits in its place: longer waits are not worth a worker. Default 20 000. */
  readonly patience?: number;
  /** Milliseconds after which work that waits is to look again. Default 5 minutes. */
  readonly lookAgainIn?: number;
  /** Milliseconds between two looks of a reader, at first; doubled up to ten seconds. Default 500. */
  readonly poll?: number;
  readonly clock?: Clock;
}

const maxPoll = 10_000;
/** No store lets a restored object go sooner than after a day. */
const askedLately = 12 * 3_600_000;
const maxRemembered = 10_000;

/** Reads objects of which some must be restored first: asks once for each, and waits until a read really succeeds. */
export class ColdReading {
  /** When this process asked: not every store shows that at once. */
  private readonly asked = new Map<string, number>();
  private readonly asking = new Map<string, Promise<void>>();
  /** Readers that wait in their places, by what they wait for. */
  private readonly waiting = new Map<string, number>();
  private readonly clock: Clock;

  constructor(
    private readonly storage: string,
    private readonly store: ObjectStore,
    private readonly bucket: string,
    private readonly options: ColdOptions,
  ) {
    this.clock = options.clock ?? new SystemClock();
  }

  /**
   * @param name for people
   * @throws TransientError `long-term-storage.cold-restoring`, with the milliseconds after which to look again
   */
  async open(
    key: string,
    name: string,
    range: ObjectRange,
    signal: AbortSignal | undefined,
  ): Promise<OpenObject> {
    const { patience = 20_000, poll = 500 } = this.options;
    const start = this.now();
    // Whoever looks again finds it restored, or leaves its worker to others at once; who comes while another one waits, waits as well.
    const isWaitedFor = this.isAsked(key) && !this.waiting.has(key);
    let isWaiting = false;
    try {
      for (let pause = poll; ; pause = Math.min(pause * 2, maxPoll)) {
        const opened = await this.openNow(key, range);
        if (opened !== undefined) return opened;
        signal?.throwIfAborted();
        if (!isWaitedFor && !isWaiting) {
          isWaiting = true;
          this.countWaiting(key, 1);
        }
        await this.askOnce(key);
        if (isWaitedFor || this.now() - start + pause > patience) throw this.restoring(name);
        await wait(pause, signal);
        signal?.throwIfAborted();
      }
    } finally {
      if (isWaiting) this.countWaiting(key, -1);
    }
  }

  /** @returns undefined when it must be restored first */
  private async openNow(key: string, range: ObjectRange): Promise<OpenObject | undefined> {
    try {
      const opened = await this.store.open(this.bucket, key, range);
      this.asked.delete(key);
      return opened;
    } catch (error) {
      if (!isCode(error, 'storage.cold')) throw error;
      return undefined;
    }
  }

  private countWaiting(key: string, more: number): void {
    const count = (this.waiting.get(key) ?? 0) + more;
    if (count > 0) this.waiting.set(key, count);
    else this.waiting.delete(key);
  }

  private now(): number {
    return this.clock.now().getTime();
  }

  private isAsked(key: string): boolean {
    return this.now() - (this.asked.get(key) ?? -Infinity) < askedLately;
  }

  private askOnce(key: string): Promise<void> {
    const running = this.asking.get(key) ?? this.ask(key).finally(() => void this.asking.delete(key));
    this.asking.set(key, running);
    return running;
  }

  private async ask(key: string): Promise<void> {
    if (this.isAsked(key)) return;
    const restoration = (await this.store.head(this.bucket, key))?.restoration;
    const isAsked = restoration?.isUnderWay === true || (restoration?.until?.getTime() ?? 0) > this.now();
    const { days = 3, tier } = this.options;
    if (!isAsked)
      await this.store.restore(this.bucket, key, { days, ...(tier === undefined ? {} : { tier }) });
    this.remember(key);
  }

  private remember(key: string): void {
    this.asked.set(key, this.now());
    const [oldest] = this.asked.keys();
    if (this.asked.size > maxRemembered && oldest !== undefined) this.asked.delete(oldest);
  }

  private restoring(name: string): TransientError {
    const { lookAgainIn = 300_000 } = this.options;
    return new TransientError(
      'long-term-storage.cold-restoring',
      `Expected to read "${name}" on ${this.storage}, found it in a cold storage class: it is being restored, which takes the store minutes to days. It is looked for again, and nothing is to be done.`,
      { away: true, details: { storage: this.storage, name, lookAgainIn } },
    );
  }
}
