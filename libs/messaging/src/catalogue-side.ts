import { PermanentError } from '#kernel';
import type { Naming } from './naming.js';

/** The apps that can play the catalogue's side of the conversation: one of them in an installation, in any number of processes. */
export const catalogueApps = ['catalog-api', 'scicat-bridge'] as const;
export type CatalogueApp = (typeof catalogueApps)[number];

/** A place at the broker that one kind of process may have at a time. */
export interface Place {
  /** Queue that stands for it, and carries nothing. */
  readonly queue: string;
  /** Which kind this process is: from 1. */
  readonly holder: number;
  /** What people are told where another kind has it. */
  readonly refusal: string;
}

/** The place of whoever plays the catalogue's side: two kinds at once would both answer for the same jobs. */
export function catalogueSideOf(naming: Naming, app: CatalogueApp): Place {
  const others = catalogueApps.filter((name) => name !== app);
  return {
    queue: naming.catalogueSide,
    holder: catalogueApps.indexOf(app) + 1,
    refusal: `Expected ${app} to be alone on the catalogue's side of the prefix ${naming.prefix}, found that another app (${others.join(' or ')}) serves it: stop that one first, or give this one another CATENA_PREFIX.`,
  };
}

export function placeTaken({ refusal }: Place, cause?: unknown): PermanentError {
  return new PermanentError('messaging.catalogue-side-taken', refusal, { cause });
}
