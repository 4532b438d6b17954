import { readFileSync } from 'node:fs';
import { currentTraceparent } from '#messaging';
import { metrics, watchCalls } from '#observability';
import type { ObservationOptions } from '../observation.config.js';

/** The version of the program. */
export function version(): string {
  const manifest = new URL('../../../../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}

/** Begins to count, where the numbers are wanted, before anything is made that counts. Traces go along with calls in any case. */
export function countFor(app: string, { metrics: wanted, commit }: ObservationOptions): void {
  watchCalls(currentTraceparent);
  if (wanted) metrics.enable(app, version(), commit);
}
