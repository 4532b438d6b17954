/** Waits, or returns early when the signal fires. Never rejects. */
export function wait(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** Full-jitter exponential back-off: between 0 and `base * 2^attempt`, never above `ceiling` (all in milliseconds). */
export function backOff(attempt: number, base: number, ceiling: number): number {
  return Math.random() * Math.min(ceiling, base * 2 ** Math.min(attempt, 30));
}
