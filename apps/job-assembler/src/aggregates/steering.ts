import type { LimitName, LimitOverride, Pause, SteeringState } from '../domain/steering.js';

/** A pause that is over: who ended it, and when. */
export interface EndedPause {
  readonly id: string;
  readonly scope: Pause['scope'];
  readonly by: string;
  readonly at: Date;
  readonly entry?: string;
}

/** Who ends a pause. */
export interface ResumeWord {
  readonly by: string;
  readonly entry?: string;
}

/** Another value for limits; without one the configured value holds again. */
export interface LimitChange {
  readonly limits: ReadonlyMap<LimitName, number | undefined>;
  readonly by: string;
  readonly reason: string;
  readonly entry?: string;
  readonly until?: Date;
}

/**
 * What people have said of the release of work: one record, which survives restarts. Every change is one write that decides by
 * the record as it is then.
 */
export abstract class Steering {
  /** As it holds now: what has ended is not in it, whether or not a sweep has removed it. */
  abstract at(now: Date): Promise<SteeringState>;
  /** The version alone: whether anything was said since some look. */
  abstract version(): Promise<number>;
  /** @returns false when a pause of the same scope holds */
  abstract pause(pause: Pause, now: Date): Promise<boolean>;
  /** @returns false when there is no such pause any more */
  abstract resume(id: string, word: ResumeWord, now: Date): Promise<boolean>;
  /** How a pause ended, of the last hundred. */
  abstract ended(id: string): Promise<EndedPause | undefined>;
  /** @returns false when anything was changed since that version */
  abstract setLimits(change: LimitChange, version: number, now: Date): Promise<boolean>;
  /** Removes pauses and limits whose end has come. @returns what was removed, by this sweep and no other */
  abstract sweep(
    now: Date,
  ): Promise<{ readonly pauses: readonly Pause[]; readonly limits: readonly LimitOverride[] }>;
}
