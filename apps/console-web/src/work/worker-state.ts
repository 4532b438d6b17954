import type { WorkerRow } from '../calls/running-shapes.js';

const workerStates = ['silent', 'pause', 'drain', 'empty', 'works', 'idle'] as const;
export type WorkerState = (typeof workerStates)[number];

/** How a worker stands: whether it is there comes before what operators said of it, that before what it does. */
export function workerState({ alive, mode, works = 0 }: WorkerRow): WorkerState {
  if (alive === false) return 'silent';
  if (mode === 'pause') return 'pause';
  if (mode === 'drain') return works > 0 ? 'drain' : 'empty';
  return works > 0 ? 'works' : 'idle';
}

/** Those that need a look first; then by their names. */
export function inOrder<Worker extends WorkerRow>(workers: readonly Worker[]): readonly Worker[] {
  const rank = (worker: Worker): number => workerStates.indexOf(workerState(worker));
  return [...workers].sort(
    (one, other) =>
      rank(one) - rank(other) || one.instance.localeCompare(other.instance, 'en', { numeric: true }),
  );
}
