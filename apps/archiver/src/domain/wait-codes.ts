import type { WaitCode } from '#contracts';

/** What work waits for, by the error that says so. */
const codes: Readonly<Record<string, WaitCode>> = {
  'archiver.source-away': 'source.away',
  'archiver.copy-not-yet-there': 'copy.missing',
  'long-term-storage.full': 'quota.full',
  'archiver.retrieval-area-full': 'quota.full',
  'archiver.retrieval-quota-full': 'quota.full',
  // Another work order does the same at this moment.
  'archiver.deferred': 'work.shared-recall',
};

/** @param waits whether it waits for something, or is tried again after a failure */
export function waitCodeOf(code: string, waits: boolean): WaitCode {
  // Each kind of storage that has cold objects may say so.
  if (code.endsWith('.cold-restoring')) return 'cold.restoring';
  return codes[code] ?? (waits ? 'work.waiting' : 'work.retrying');
}
