/** What a check found, for people: `found` in one sentence, and what to change where that is known. */
export interface Finding {
  readonly result: 'ok' | 'MISSING' | 'WARN';
  readonly found: string;
  /** Lines to change or to add. */
  readonly change?: readonly string[];
}

export interface Verdict extends Finding {
  readonly name: string;
}

/** SciCat did not answer as a SciCat does: the check that asked says so, and the next one goes on. */
export class NoAnswer extends Error {}

export function ok(found: string): Finding {
  return { result: 'ok', found };
}

export function missing(found: string, ...change: readonly string[]): Finding {
  return { result: 'MISSING', found, change };
}

export function warning(found: string, ...change: readonly string[]): Finding {
  return { result: 'WARN', found, change };
}
