import { CatenaError, TransientError } from '#kernel';

/**
 * Lets any number of waits end at once when a signal fires. `Promise.race` against one long-lived promise would keep
 * every loser in memory until the signal fires, which for most runs is never.
 */
export class Interruption {
  private readonly waiting = new Set<(reason: Error) => void>();
  private reason: Error | undefined;

  constructor(private readonly signal: AbortSignal | undefined) {
    if (signal?.aborted === true) this.fire();
    signal?.addEventListener('abort', this.fire, { once: true });
  }

  /** @throws the reason, once the signal has fired. */
  check(): void {
    if (this.reason !== undefined) throw this.reason;
  }

  /** The promise's own outcome, or the reason if the signal fires first; the work behind the promise goes on. */
  async race<T>(promise: Promise<T>): Promise<T> {
    if (this.signal === undefined) return promise;
    let reject: (reason: Error) => void = () => undefined;
    const interrupted = new Promise<never>((_, rejectIt) => (reject = rejectIt));
    this.waiting.add(reject);
    if (this.reason !== undefined) reject(this.reason);
    try {
      return await Promise.race([promise, interrupted]);
    } finally {
      this.waiting.delete(reject);
    }
  }

  /** Forgets the signal; call it when the run has ended. */
  close(): void {
    this.signal?.removeEventListener('abort', this.fire);
  }

  private readonly fire = (): void => {
    const reason: unknown = this.signal?.reason;
    this.reason =
      reason instanceof CatenaError
        ? reason
        : new TransientError('datablock.aborted', 'Stopped on request before the datablock was complete.', {
            cause: reason,
          });
    for (const reject of this.waiting) reject(this.reason);
  };
}
