import type { PublicRecord } from '#publication-feed';

/** The OAI sets of a record, the most specific ones. */
export function setsOf(_record: PublicRecord, _now: Date): string[] {
  return ['openaire_data'];
}
