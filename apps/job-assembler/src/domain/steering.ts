import type { Direction } from './lanes.js';

/** What a pause holds back: everything, or what a target, a route or a group is named in. */
export type PauseScope = 'all' | `${'target' | 'route' | 'group' | 'job'}:${string}`;

/** `drain`: the same, by an operator who waits for what runs to end. */
export const pauseModes = ['pause', 'drain'] as const;
export type PauseMode = (typeof pauseModes)[number];

/** Nothing of its scope begins; what runs goes on. */
export interface Pause {
  readonly id: string;
  readonly scope: PauseScope;
  /** Absent: `pause`. */
  readonly mode?: PauseMode;
  /** The audit entry; absent in records from before 0.9. */
  readonly entry?: string;
  readonly by: string;
  readonly reason: string;
  readonly since: Date;
  /** When it ends by itself; absent: when an operator ends it. */
  readonly until?: Date;
}

/** A limit that people may change for a while. Those of targets are said for each direction. */
export type LimitName = 'global' | 'perGroup' | `${Direction}:${string}`;

/** A limit as people set it, in place of the configured one. */
export interface LimitOverride {
  readonly limit: LimitName;
  readonly value: number;
  readonly by: string;
  readonly reason: string;
  readonly at: Date;
  /** The audit entry; absent in records from before 0.9. */
  readonly entry?: string;
  /** When the configured limit holds again; absent: when an operator says so. */
  readonly until?: Date;
}

/** Who changed something last, and what. */
export interface SteeringChange {
  readonly by: string;
  readonly at: Date;
  readonly what: string;
  /** The audit entry; absent where an end had come by itself. */
  readonly entry?: string;
}

/** What people have said of the release of work, as it holds at some moment. */
export interface SteeringState {
  /** Rises with each change. */
  readonly version: number;
  readonly pauses: readonly Pause[];
  readonly overrides: readonly LimitOverride[];
  readonly changed?: SteeringChange;
}

export const unsteered: SteeringState = { version: 0, pauses: [], overrides: [] };

/** A pause, or another limit, whose end has come holds no more, whether or not a sweep was there to remove it. */
export function holdsAt({ until }: { readonly until?: Date }, now: Date): boolean {
  return until === undefined || until > now;
}
