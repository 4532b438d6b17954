import type { Deed } from './deed.js';

/** The deed whose dialog is open. */
export interface Asked {
  readonly deed: Deed;
  /** Of this dialog: another one begins with a key and fields of its own. */
  readonly number: number;
  readonly isGoing: boolean;
}

type Before = Asked | undefined;

/** While one is being done its dialog stays: nobody would hear what came of it. */
export function askedAfter(before: Before, deed: Deed): Asked {
  return before?.isGoing === true ? before : { deed, number: (before?.number ?? 0) + 1, isGoing: false };
}

export function goingAfter(before: Before, deed: Deed, isGoing: boolean): Before {
  return before?.deed === deed ? { ...before, isGoing } : before;
}

export function closedAfter(before: Before): Before {
  return before?.isGoing === true ? before : undefined;
}

/** What was done closes its own dialog, and no other one. */
export function doneAfter(before: Before, deed: Deed): Before {
  return before?.deed === deed ? undefined : before;
}
