import { setImmediate as turn } from 'node:timers/promises';

interface Sleeper {
  readonly wakeAt: number;
  readonly wake: () => void;
}

/** Time that passes only when everybody sleeps: years take as long as what is done in them. */
export class VirtualTime {
  /** Milliseconds. */
  now = 0;
  private readonly sleepers: Sleeper[] = [];

  readonly sleep = (milliseconds: number): Promise<void> =>
    new Promise((wake) => {
      const wakeAt = this.now + milliseconds;
      const after = this.sleepers.findIndex((other) => other.wakeAt > wakeAt);
      this.sleepers.splice(after < 0 ? this.sleepers.length : after, 0, { wakeAt, wake });
    });

  /** Until what is given has ended. */
  async pass(work: Promise<unknown>): Promise<void> {
    let isOver = false;
    const ending = work.finally(() => (isOver = true));
    ending.catch(() => undefined);
    while (!isOver) {
      await turn();
      if (isOver) break;
      const next = this.sleepers.shift();
      if (next === undefined) continue;
      this.now = Math.max(this.now, next.wakeAt);
      next.wake();
    }
    await ending;
  }
}
