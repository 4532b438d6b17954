import type { Clock } from '#kernel';
import type { ScicatVisit } from './scicat-visit.js';
import type { CheckScicatSettings } from './settings.js';
import type { Finding } from './verdict.js';

/** What checks work with, and what earlier ones have learnt for later ones. */
export interface Scene {
  readonly settings: CheckScicatSettings;
  readonly scicat: ScicatVisit;
  readonly clock: Clock;
  /** Groups of the account. */
  groups: readonly string[];
  email: string | undefined;
  /** Whether SciCat lets the account do what only its administrators may. */
  isAdmin: boolean;
  /** Whether it has been shown something of others that only an administrator or a lifecycle group sees. */
  seesOthers: 'yes' | 'no' | 'unknown';
  /** Jobs that were seen, the last ones first as SciCat gives them. */
  jobs: readonly Record<string, unknown>[];
  jobsApi: 'v4' | 'v3' | undefined;
}

export interface Check {
  readonly name: string;
  /** Names of checks without which this one cannot be made. */
  readonly after: readonly string[];
  /** @throws NoAnswer */
  run(scene: Scene): Promise<Finding>;
}

/** The elements of an answer that are objects; undefined where it is no list. */
export function rowsOf(body: unknown): Record<string, unknown>[] | undefined {
  if (!Array.isArray(body)) return undefined;
  return body.filter((row): row is Record<string, unknown> => typeof row === 'object' && row !== null);
}

export function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

export function filterOf(filter: object): string {
  return `filter=${encodeURIComponent(JSON.stringify(filter))}`;
}

/** An id that nothing at SciCat has. */
export const nobody = '00000000-0000-4000-8000-000000000000';
