import type { Steps } from './states.js';

/**
 * How far an order to the worker of an outside target is. `waiting`: for its slot, or for its next try. `staging`: the archiver
 * gets a link ready. `ordered`: the worker has its turn. `clearing`: it removes what was no good, before it is asked anew.
 * `taking`: the archiver reads what was uploaded. `cancelling`: the worker was asked to stop.
 */
export type OutsidePhase = 'waiting' | 'staging' | 'ordered' | 'clearing' | 'taking' | 'cancelling';

/** What the worker of an outside target is to do, and how far that is. */
export interface OutsideWork {
  readonly target: string;
  /** Of the tar, as the archiver has recorded them: what a worker says is compared with them. */
  readonly packedSize: number;
  readonly sha256: string;
  readonly phase: OutsidePhase;
  /** Of the command that was sent last; 0 before the first. It only rises: links and answers are told apart by it. */
  readonly attempt: number;
  /** How often it went wrong. Silence is no fault. */
  readonly faults: number;
  /** Attempt of the last removal: what was stored before it is no more, and what is said of that is old. */
  readonly cleared?: number;
  /** What the worker says it has stored, where that was no good: it is asked to remove that, and nothing else. */
  readonly found?: { readonly packedSize: number; readonly sha256: string };
  /** When it is looked at again unless something is heard; absent while the archiver has its turn. */
  readonly dueAt?: Date;
}

/** What was seen of an order: a write that follows misses when another writer has moved it on. */
export type SeenOutside = Pick<OutsideWork, 'attempt' | 'phase'>;

/** Which phase may follow which; each order can be cancelled, and one that is cancelled stays so. */
export const outsideSteps: Steps<OutsidePhase> = {
  waiting: ['staging', 'ordered', 'cancelling'],
  staging: ['ordered', 'taking', 'cancelling'],
  ordered: ['ordered', 'staging', 'waiting', 'clearing', 'taking', 'cancelling'],
  clearing: ['clearing', 'staging', 'cancelling'],
  taking: ['waiting', 'cancelling'],
  cancelling: ['cancelling'],
};

/** The id of the order to a target that serves a work order: targets have no slash in their names, so that no two are alike. */
export function outsideOrderId(workOrderId: string, target: string): string {
  return `${workOrderId}/${target}`;
}

/** What the archiver does for an order to a worker. */
export type StagingStep = 'link' | 'take';

/** The id under which the archiver does it, for one attempt. */
export function stagingId(orderId: string, step: StagingStep, attempt: number): string {
  return `${orderId}/${step}/${attempt}`;
}

/** The same read again; undefined of another id: work orders have a number at their second last place. */
export function stagingOf(
  id: string,
): { readonly orderId: string; readonly step: StagingStep; readonly attempt: number } | undefined {
  const [, orderId, step, attempt] = /^(.+\/.+)\/(link|take)\/([1-9][0-9]*)$/.exec(id) ?? [];
  if (orderId === undefined || step === undefined) return undefined;
  return { orderId, step: step as StagingStep, attempt: Number(attempt) };
}

/** `clear`: a copy that is no good, to be stored anew. `remove`: one that nobody needs any more. */
export type RemovalWord = 'clear' | 'remove';

/** The id of a removal: `before` is the order that stored the copy, or the one that the datablock was discarded for, and the target. */
export function removalId(before: string, word: RemovalWord): string {
  return `${before}/${word}`;
}

/** The same read again; undefined of the id of anything else. */
export function removalOf(
  id: string,
  target: string,
): { readonly before: string; readonly word: RemovalWord } | undefined {
  for (const word of ['clear', 'remove'] as const) {
    const end = `/${target}/${word}`;
    if (id.endsWith(end)) return { before: id.slice(0, -word.length - 1), word };
  }
  return undefined;
}

/** Whether the command of an attempt was sent, and is not answered or taken back: of a later one the worker may not know yet. */
export function isUnderWay({ phase, attempt: last }: SeenOutside, attempt: number): boolean {
  return (phase === 'ordered' && attempt <= last) || (phase === 'staging' && attempt < last);
}

/** Whether the worker has read back what was archived. */
export function isRight(
  outside: Pick<OutsideWork, 'packedSize' | 'sha256'>,
  said: { readonly packedSize: number; readonly sha256: string },
): boolean {
  return said.packedSize === outside.packedSize && said.sha256 === outside.sha256;
}
