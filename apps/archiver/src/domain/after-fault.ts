import type { FaultKind } from '#contracts';
import { backOff, CatenaError, codeOf, isAway, isRetriable, messageOf } from '#kernel';
import { detailsIn, maxFaultText, type WorkFault } from './work-fault.js';
import { waitingCodes, WorkDeferred } from './work.js';

/** What becomes of an order whose work threw. */
export type AfterFault =
  /** Another worker has it. */
  | { readonly kind: 'dropped' }
  /** It was cancelled: what it left is taken back, then it is over. */
  | { readonly kind: 'cancelled' }
  /** It is due again after a pause of milliseconds, and nothing is wrong with it. */
  | { readonly kind: 'given-back'; readonly pause: number }
  /** It is due again after a pause of milliseconds; `waits`: for something, which costs no attempt. */
  | { readonly kind: 'again'; readonly pause: number; readonly attempts: number; readonly waits: boolean }
  | { readonly kind: 'failed'; readonly attempts: number; readonly code: string; readonly fault: FaultKind };

export interface Patience {
  /** Attempts after which an order fails. */
  readonly maxAttempts: number;
  /** Milliseconds before the second attempt, and at most before another one. */
  readonly retryPause: { readonly first: number; readonly most: number };
}

const unexpected = 'archiver.unexpected-error';

/** Faults in what users have given. */
const userCodes: ReadonlySet<string> = new Set([
  'datablock.member-missing',
  'datablock.member-changed',
  'datablock.not-a-file',
  'datablock.outside-folder',
  'datablock.checksum-mismatch',
  'archiver.originals-incomplete',
  'archiver.source-refused',
  'archiver.datablock-unknown',
  'archiver.copy-elsewhere',
  'archiver.copy-there',
  'archiver.retrieval-over-quota',
]);

/** @param attempts of before */
export function afterFault(
  error: unknown,
  attempts: number,
  { maxAttempts, retryPause }: Patience,
): AfterFault {
  const code = codeOf(error, unexpected);
  if (code === 'archiver.lease-lost') return { kind: 'dropped' };
  if (code === 'archiver.cancelled') return { kind: 'cancelled' };
  if (code === 'archiver.stopping') return { kind: 'given-back', pause: 0 };
  if (error instanceof WorkDeferred) return { kind: 'given-back', pause: error.pause };
  const { first, most } = retryPause;
  if (waitingCodes.has(code) || isAway(error))
    return { kind: 'again', pause: lookAgainIn(error) ?? first, attempts, waits: true };
  const spent = attempts + 1;
  if (isRetriable(error) && spent < maxAttempts)
    return { kind: 'again', pause: first + backOff(spent, first, most), attempts: spent, waits: false };
  return { kind: 'failed', attempts: spent, ...published(code) };
}

/** What takes hours says when to look again: a look may take a worker, a drive or a request that costs. */
function lookAgainIn(error: unknown): number | undefined {
  const wish = error instanceof CatenaError ? error.details['lookAgainIn'] : undefined;
  return typeof wish === 'number' && wish > 0 ? wish : undefined;
}

/** The code that the job's owner sees, and whose fault it is. */
function published(code: string): { code: string; fault: FaultKind } {
  return {
    code: code === 'datablock.member-missing' ? 'archiver.originals-incomplete' : code,
    fault: userCodes.has(code) ? 'user' : 'system',
  };
}

/** What is kept of a fault with the work, until the next one. */
export function keptFault(error: unknown, at: Date): WorkFault {
  const { code, fault } = published(codeOf(error, unexpected));
  const details = error instanceof CatenaError ? detailsIn(error.details) : {};
  return {
    ...{ code, message: messageOf(error).slice(0, maxFaultText), at, fault },
    ...(Object.keys(details).length === 0 ? {} : { details }),
  };
}

/** What a fault is, for people and for the log. */
export function factsOf(error: unknown): { readonly code: string; readonly error: string } {
  return { code: codeOf(error, unexpected), error: messageOf(error) };
}
