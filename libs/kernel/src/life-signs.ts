import { AsyncLocalStorage } from 'node:async_hooks';

/** What one loop says about itself. */
export interface LifeSign {
  /** It got on: a piece of work ended, or long work under way made headway. */
  moved(): void;
  /** It is over, on purpose. */
  end(): void;
}

/** A loop that has not moved for too long. */
export interface StalledLoop {
  readonly loop: string;
  /** Milliseconds since its last sign of life. */
  readonly silentFor: number;
}

/**
 * The loops a process lives by, each with its last sign of life. A service that is away stops none of them: they try again
 * and fail again. One that hangs in a single call looks healthy from everywhere else, so liveness asks here.
 */
export class LifeSigns {
  private readonly seen = new Map<symbol, { readonly loop: string; at: number }>();

  /** @param now milliseconds of a clock that nobody sets */
  constructor(private readonly now: () => number = () => performance.now()) {}

  begin(loop: string): LifeSign {
    const key = Symbol(loop);
    this.seen.set(key, { loop, at: this.now() });
    return {
      moved: () => {
        const entry = this.seen.get(key);
        if (entry !== undefined) entry.at = this.now();
      },
      end: () => void this.seen.delete(key),
    };
  }

  /** @param limit milliseconds */
  stalled(limit: number): StalledLoop[] {
    const now = this.now();
    return [...this.seen.values()]
      .filter(({ at }) => now - at > limit)
      .map(({ loop, at }) => ({ loop, silentFor: Math.round(now - at) }));
  }
}

/** Of this process. */
export const lifeSigns = new LifeSigns();

const current = new AsyncLocalStorage<LifeSign>();

/** Whatever `work` starts, timers included, speaks for the loop with `stillMoving`. */
export function livingBy<Result>(sign: LifeSign, work: () => Result): Result {
  return current.run(sign, work);
}

/** Long work made headway (a lease was renewed, bytes went through): the loop it runs in is alive. */
export function stillMoving(): void {
  current.getStore()?.moved();
}
