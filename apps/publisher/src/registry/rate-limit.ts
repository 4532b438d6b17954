import { wait, type Clock } from '#kernel';

const window = 300_000;

/** Never more than so many requests in any five minutes from this process, and none while the registry asked for a pause. */
export class RateLimit {
  private readonly sent: number[] = [];
  private pausedUntil = 0;

  /** @param most requests in five minutes */
  constructor(
    private readonly most: number,
    private readonly clock: Clock,
  ) {}

  /** Resolves when the next request may go, or when the signal fires. */
  async take(signal?: AbortSignal): Promise<void> {
    for (;;) {
      const now = this.clock.now().getTime();
      while (this.sent.length > 0 && this.sent[0]! <= now - window) this.sent.shift();
      const paused = this.pausedUntil - now;
      const full = this.sent.length < this.most ? 0 : this.sent[0]! + window - now;
      const pause = Math.max(paused, full);
      if (signal?.aborted === true) return;
      if (pause <= 0) {
        this.sent.push(now);
        return;
      }
      await wait(Math.min(pause, 1000), signal);
    }
  }

  pause(milliseconds: number): void {
    this.pausedUntil = Math.max(this.pausedUntil, this.clock.now().getTime() + milliseconds);
  }
}
