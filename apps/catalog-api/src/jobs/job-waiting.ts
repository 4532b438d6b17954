import type { JobProgressedV1, WaitCode } from '#contracts';
import { isCatenas } from '../domain/states.js';
import { beginsAt } from './job-time.js';
import type { JobRecord } from '../persistence/records.js';

/** Milliseconds after which a message that was not sent, or not accepted, counts as waiting. */
const patience = 15_000;
/** Milliseconds without a word after which progress says nothing about now: waiting jobs are told of more often. */
const silence = 180_000;

/** Why a job waits, as a code of docs/operations.md with its facts. */
export interface JobReason {
  /** One of this version's ({@link WaitCode}), or of a newer job-assembler. */
  readonly code: string;
  readonly since?: string;
  readonly facts: Readonly<Record<string, string | number>>;
  /** When it ends by itself, or is looked at again, if that is known. */
  readonly next?: string;
}

/** What a job waits for: sentences for people, and codes for programs. */
export interface JobWaits {
  readonly waitsFor: readonly string[];
  /** Each code once. */
  readonly waits: readonly string[];
  readonly reasons: readonly JobReason[];
}

type OwnReason = JobReason & { readonly code: WaitCode; readonly message: string };

/** What a job that Catena runs waits for, as far as it is known here and was told; empty when it is over. */
export function jobWaits(job: JobRecord, now: number): JobWaits {
  if (!isCatenas(job)) return { waitsFor: [], waits: [], reasons: [] };
  const { progress } = job.catena ?? {};
  const own = ownReasons(job, now);
  const reasons = [
    ...own.map(({ message: _message, ...reason }) => reason),
    ...(progress?.reasons ?? []).map(reasonOf),
  ];
  // A job that is worked on has a reason, and waits for nothing.
  const waiting = reasons.map(({ code }) => code).filter((code) => code !== 'work.running');
  return {
    waitsFor: [...own.map(({ message }) => message), ...(progress?.waitsFor ?? [])],
    waits: [...new Set([...waiting, ...(progress?.waits ?? [])])],
    reasons,
  };
}

/** @param least milliseconds after which a message that was not sent, or not accepted, counts as waiting */
export function ownReasons({ catena }: JobRecord, now: number, least = patience): OwnReason[] {
  if (catena === undefined) return [];
  const rows = (catena.outbox?.rows ?? []).filter(({ time }) => now - time.getTime() > least);
  const unsent = rows.filter(({ publishedAt }) => publishedAt === undefined);
  const unaccepted = rows.filter(({ publishedAt }) => publishedAt !== undefined);
  const { progress, notBefore, cancelRequested } = catena;
  const isEarly = notBefore !== undefined && notBefore.getTime() > now && cancelRequested !== true;
  const silentFor = progress === undefined ? 0 : now - progress.at.getTime();
  return [
    ...(isEarly
      ? [
          {
            code: 'deferred' as const,
            facts: {},
            next: notBefore.toISOString(),
            message: beginsAt(notBefore),
          },
        ]
      : []),
    ...(unsent.length === 0
      ? []
      : [
          {
            ...{ code: 'catalog.unsent' as const, since: oldest(unsent), facts: { messages: unsent.length } },
            message: `the broker: ${unsent.length} message(s) of the job could not be sent`,
          },
        ]),
    ...[...new Set(unaccepted.flatMap(({ awaits }) => awaits))].map((app) => ({
      ...{ code: 'catalog.unaccepted' as const, since: oldest(unaccepted), facts: { app } },
      message: `${app}: it has not accepted what it was sent of the job`,
    })),
    ...(progress !== undefined && silentFor > silence
      ? [
          {
            ...{
              code: 'work.silent' as const,
              since: progress.at.toISOString(),
              facts: { app: 'job-assembler' },
            },
            message: `job-assembler: nothing was heard of the job for ${Math.floor(silentFor / 60_000)} min`,
          },
        ]
      : []),
  ];
}

function reasonOf({ facts, ...reason }: NonNullable<JobProgressedV1['reasons']>[number]): JobReason {
  const named = facts.map(({ name, text, count }) => [name, count ?? text ?? ''] as const);
  return { ...reason, facts: Object.fromEntries(named) };
}

function oldest(rows: readonly { readonly time: Date }[]): string {
  return new Date(Math.min(...rows.map(({ time }) => time.getTime()))).toISOString();
}
