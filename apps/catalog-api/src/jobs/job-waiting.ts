import { isCatenas } from '../domain/states.js';
import { beginsAt } from './job-time.js';
import type { JobRecord } from '../persistence/records.js';

/** Milliseconds after which a message that was not sent, or not accepted, counts as waiting. */
const patience = 15_000;
/** Milliseconds without a word after which progress says nothing about now: waiting jobs are told of more often. */
const silence = 180_000;

/** What a job that Catena runs waits for, as far as it is known here and was told; empty when it is over. */
export function jobWaitsFor({ catena }: JobRecord, now: number): string[] {
  if (catena === undefined || !isCatenas({ catena })) return [];
  const rows = catena.outbox.rows.filter(({ time }) => now - time.getTime() > patience);
  const unsent = rows.filter(({ publishedAt }) => publishedAt === undefined);
  const unaccepted = rows.filter(({ publishedAt }) => publishedAt !== undefined);
  const { progress, notBefore, cancelRequested } = catena;
  const isEarly = notBefore !== undefined && notBefore.getTime() > now && cancelRequested !== true;
  const silentFor = progress === undefined ? 0 : now - progress.at.getTime();
  return [
    ...(isEarly ? [beginsAt(notBefore)] : []),
    ...(unsent.length === 0 ? [] : [`the broker: ${unsent.length} message(s) of the job could not be sent`]),
    ...[...new Set(unaccepted.flatMap(({ awaits }) => awaits))].map(
      (app) => `${app}: it has not accepted what it was sent of the job`,
    ),
    ...(silentFor > silence
      ? [`job-assembler: nothing was heard of the job for ${Math.floor(silentFor / 60_000)} min`]
      : []),
    ...(progress?.waitsFor ?? []),
  ];
}
