import { stillMoving, type Clock } from '#kernel';

export interface HeartbeatOptions {
  readonly clock: Clock;
  /** Milliseconds that a lease lasts; it is renewed three times as often. */
  readonly lease: number;
  /** When the lease that was just taken ends. */
  readonly until: Date;
  /**
   * Pushes the end of the lease out, in one write that asks for the fencing token.
   *
   * @returns false when another worker has a newer token, or the work is over
   */
  readonly renew: (until: Date) => Promise<boolean>;
  /** A renewal failed: whether the lease holds is not known until it runs out. */
  readonly onFault: (error: unknown) => void;
  /**
   * Called once, when the lease is lost: found to be so, or run out while renewals failed or hung. After the latter the lease
   * is asked for on and on, until {@link Heartbeat.stop}: work that hears late must not be joined by another worker's.
   */
  readonly onLost: () => void;
}

/**
 * Keeps a lease for as long as its holder works (docs/decisions/0008). A holder that is told of the loss ends at once; what
 * it still writes is refused by the fencing token, whether it hears in time or not.
 */
export class Heartbeat {
  private readonly timer: NodeJS.Timeout;
  private until: Date;
  private renewing = false;
  private isTold = false;
  private isStopped = false;

  constructor(private readonly options: HeartbeatOptions) {
    this.until = options.until;
    this.timer = setInterval(() => void this.beat(), options.lease / 3);
  }

  stop(): void {
    this.isStopped = true;
    clearInterval(this.timer);
  }

  /** One renewal at a time: a database that is slow gets no heap of them, and one that hangs does not hide the end. */
  private async beat(): Promise<void> {
    const { clock, lease, renew, onFault } = this.options;
    if (this.renewing) return this.tellWhenOver();
    this.renewing = true;
    try {
      const until = new Date(clock.now().getTime() + lease);
      const isHeld = await renew(until);
      stillMoving();
      if (isHeld) this.until = until;
      else {
        clearInterval(this.timer);
        this.tell();
      }
    } catch (error) {
      onFault(error);
      this.tellWhenOver();
    } finally {
      this.renewing = false;
    }
  }

  /** From the end of the lease on another worker may hold it. */
  private tellWhenOver(): void {
    if (this.options.clock.now() >= this.until) this.tell();
  }

  private tell(): void {
    if (this.isStopped || this.isTold) return;
    this.isTold = true;
    this.options.onLost();
  }
}
