/** Something that is not as it should be, by the word of one place about another. */
export interface Finding {
  /** A word for programs, such as `copy-missing`: what is counted together. */
  readonly kind: string;
  /** What it is about: an archive id, a pid, an id of a record, a key. */
  readonly subject: string;
  readonly where: string;
  readonly expected: string;
  readonly found: string;
  /** What repairs it; of what is not repaired here, what a person does. */
  readonly remedy: string;
  readonly canRepair: boolean;
  /** Exactly what was seen: a repair asks for it in its write, and never goes by anything older. */
  readonly seen?: unknown;
}

/** `changed`: it is not as it was seen any more, or not as surely; nothing was done. */
export type RepairOutcome = 'repaired' | 'changed';

/** What a check may ask of its run. */
export interface Look {
  /** When the run began. */
  readonly now: Date;
  /** What came after this is too young to be judged (RECONCILE_MIN_AGE). */
  readonly oldEnough: Date;
  /** Counts one thing that was looked at, and ends the check when the run must end. */
  looked(): void;
  /** Says what could not be looked at, and why; the other things are. */
  skip(what: string): void;
  /** Says what people may want to know, and is no finding. */
  note(what: string): void;
  /**
   * Suspicious before bad: what no place tells the age of counts only when an earlier run saw the same, RECONCILE_MIN_AGE ago or more,
   * and every run since.
   *
   * @param scope what is always listed as a whole, such as one target
   * @param key what was seen: what has changed is another one
   */
  isOldNews(scope: string, key: string): Promise<boolean>;
  /** The scope was looked at from its beginning to its end: what was not seen this time is forgotten. */
  sawAll(scope: string): Promise<void>;
}

/** Compares two places of which the app owns at least one. */
export abstract class ReconciliationCheck {
  abstract readonly name: string;

  /** What drifted apart. Complete by construction: what cannot be looked at is skipped by name, never taken for absent. */
  abstract findings(look: Look): AsyncIterable<Finding>;

  /** Decides anew whether it is so, and repairs it in one write that asks for what was decided on. */
  abstract repair(finding: Finding): Promise<RepairOutcome>;
}

/** Of checks that only report. */
export function nothingToRepair(): Promise<RepairOutcome> {
  return Promise.resolve('changed');
}

/** Injection token of an app's checks, in their order. */
export const RECONCILIATION_CHECKS = Symbol('ReconciliationCheck[]');
