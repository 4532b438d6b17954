import { codeOf, messageOf } from '#kernel';

const maxReason = 1000;

/** What became of a file that was set aside, when it was looked at. */
export interface Settlement {
  /**
   * - `removed`: it is gone for good
   * - `brought-back`: the catalogue lists its datablock, so it has its name again
   * - `kept`: it stays set aside, for the reason that is given
   * - `in-other-hands`: another one looks at it at this moment: it may go, or stay
   */
  readonly state: 'removed' | 'brought-back' | 'kept' | 'in-other-hands';
  /** Why it was not removed, by a code of its own for each of the other states. */
  readonly code?: string;
  readonly reason?: string;
}

export const removed: Settlement = { state: 'removed' };

export const broughtBack = notRemoved(
  'archiver.datablock-registered',
  'The catalogue lists its datablock, so it has its name again: find out who discarded it.',
);

export const inOtherHands = notRemoved(
  'archiver.lease-lost',
  'It is looked at by another at this moment, who may remove it or not: look again in a while.',
);

/** A former copy whose datablock was discarded between two looks. */
export const discardedMeanwhile = notRemoved(
  'archiver.copies-changed',
  'Its datablock was changed while it was looked at: it stays until it is looked at again.',
);

/** What an error that came in between means for the file. */
export function keptBy(error: unknown): Settlement {
  return notRemoved(codeOf(error, 'archiver.unexpected-error'), messageOf(error).slice(0, maxReason));
}

function notRemoved(code: string, reason: string): Settlement {
  const state =
    code === 'archiver.datablock-registered'
      ? 'brought-back'
      : code === 'archiver.lease-lost'
        ? 'in-other-hands'
        : 'kept';
  return { state, code, reason };
}
