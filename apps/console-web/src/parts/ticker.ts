import { useSyncExternalStore } from 'react';
import { browserNow } from './now.js';

/** Milliseconds between two looks at the clock: relative times are no finer where they are old. */
const pause = 10_000;
const listeners = new Set<() => void>();
let ticks = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

function tick(): void {
  ticks += 1;
  for (const listener of listeners) listener();
  timer = listeners.size === 0 ? undefined : setTimeout(tick, pause);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setTimeout(tick, pause);
  return () => void listeners.delete(listener);
}

/** Has a part drawn again every ten seconds, all with one timer. */
export function useTicks(): number {
  return useSyncExternalStore(
    subscribe,
    () => ticks,
    () => 0,
  );
}

/** Milliseconds of now, for what counts them. */
export function nowMs(): number {
  return browserNow().getTime();
}
