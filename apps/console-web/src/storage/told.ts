import type { MissingApp } from '#console-api';

export interface ToldProps {
  /** Archivers that the page has said to be missing. */
  readonly told: readonly MissingApp[];
}
