import { TransientError } from '#kernel';
import type { Phase } from '#contracts';

/** What a piece of work needs from the runner. */
export interface WorkContext {
  /** Fencing token of this try. */
  readonly epoch: number;
  /** Fires when the lease is lost, the order is cancelled or the process stops: end at once, leave nothing half-done visible. */
  readonly signal: AbortSignal;
  /** Of a discard: targets where something is left to be done; absent: all. */
  readonly left?: readonly string[];
  /** Tells how far the work is; call as often as convenient. */
  progress(phase: Phase, bytesDone: number, bytesTotal: number): void;
  /** Tells at which target it reads from now on, before the first byte: a limit counts it there. */
  readsAt?(target: string): void;
}

/** Not now, and no fault: another work order does the same at this moment, or there is no room. Costs no attempt. */
export class WorkDeferred extends TransientError {
  constructor(
    message: string,
    /** Milliseconds. */
    readonly pause: number,
    code = 'archiver.deferred',
  ) {
    super(code, message);
  }
}

/** What is full, away or silent is waited for, however long it takes. */
export const waitingCodes: ReadonlySet<string> = new Set([
  'long-term-storage.full',
  'long-term-storage.unavailable',
  'storage.unavailable',
  'storage.bucket-not-found',
  'storage.access-denied',
  // The catalogue is asked before anything is taken away: while it does not answer, or not to us, nothing is.
  'catalog.api-away',
  'catalog.api-login',
  'archiver.catalogue-silent',
]);
