import type { WaitCode } from '#contracts';
import type { Priority } from '#routes';
import type { CopyToRemove, WorkOrder } from '../aggregates/records.js';
import type { ArchivedBefore, SettledCounts, ToldWait } from '../aggregates/work-orders.js';
import type { Candidate } from '../domain/fair-release.js';
import type { Lane } from '../domain/slots.js';
import type { WorkOrderState } from '../domain/states.js';
import type { PauseScope } from '../domain/steering.js';
import { absent } from './queries.js';

export const priorities: readonly Priority[] = [0, 1, 2];

/** Records from before 0.6 have none: they are normal. */
export function storedAs(priority: Priority): Priority | { readonly $in: readonly (Priority | null)[] } {
  return priority === 1 ? { $in: [1, null] } : priority;
}

export function candidateOf({ _id: id, group, target, createdAt, priority = 1 }: WorkOrder): Candidate {
  return { id, group, target, createdAt, priority };
}

/** What keeps released work from a worker of the archiver for as long as it lasts. */
const waitsForOthers: readonly WaitCode[] = [
  ...(['source.away', 'quota.full', 'cold.restoring', 'copy.missing'] as const),
  ...(['work.waiting', 'work.shared-recall'] as const),
];

/** Of messages only what tells their age: commands may be large. */
export const releasedFields = {
  ...{ releasedAt: 1, createdAt: 1, heardAt: 1, waits: 1, waitCode: 1, acceptedAt: 1, outside: 1 },
  ...{ 'outbox.rows.time': 1, 'outbox.rows.publishedAt': 1 },
} as const;

export function copiesToGo(removing: readonly CopyToRemove[]): Pick<WorkOrder, 'removing'> {
  return removing.length === 0 ? {} : { removing };
}

/** Released work of one group in one lane, read at one target. */
export interface TakenSlots {
  readonly _id: Lane & { readonly readAt?: string | null; readonly waits: boolean };
  readonly count: number;
}

const waits = { $in: [{ $ifNull: ['$waitCode', ''] }, [...waitsForOthers]] };

export const takenSlots = [
  { $match: { state: 'released' } },
  {
    $group: {
      _id: { group: '$group', target: '$target', readAt: '$readAt', waits },
      count: { $sum: 1 },
    },
  },
];

export interface SettledRow {
  readonly _id: {
    readonly state: WorkOrderState;
    readonly targets: readonly string[];
    readonly isPlanned: boolean;
  };
  readonly count: number;
}

/** By state, and with it, of the same documents at the same moment, whether orders to outside targets are still to follow. */
export function settledStages(scope: object): object[] {
  const targets = { $ifNull: ['$outsideTargets', []] };
  const isPlanned = { $ifNull: ['$outsidePlanned', false] };
  return [
    { $match: scope },
    { $group: { _id: { state: '$state', targets, isPlanned }, count: { $sum: 1 } } },
  ];
}

export function settledCounts(rows: readonly SettledRow[]): SettledCounts {
  const counts: { -readonly [Name in keyof SettledCounts]: SettledCounts[Name] } = {};
  for (const { _id, count } of rows) {
    counts[_id.state] = (counts[_id.state] ?? 0) + Number(count);
    if (_id.state === 'done' && _id.targets.length > 0 && !_id.isPlanned)
      counts.toFollow = (counts.toFollow ?? 0) + Number(count);
  }
  return counts;
}

/** How progress is written: it never goes back, and what was waited for before is waited for no more. */
export function progressOf(
  share: number,
  heardAt: Date,
  { reason, code }: { readonly [Name in keyof ToldWait]?: ToldWait[Name] | undefined } = {},
) {
  const said = {
    ...(reason === undefined ? {} : { waits: reason }),
    ...(code === undefined ? {} : { waitCode: code }),
  };
  const unsaid = {
    ...(reason === undefined ? { waits: '' as const } : {}),
    ...(code === undefined ? { waitCode: '' as const } : {}),
  };
  const unset = Object.keys(unsaid).length === 0 ? {} : { $unset: unsaid };
  return { $max: { share }, $set: { heardAt, ...said }, ...unset };
}

/** What an earlier job has archived of the same files, and its datablock was not asked to go. */
export function archivedBefore({ jobId, pid, sha256, location, targets, copies }: ArchivedBefore): object {
  return {
    ...{ jobId, pid, state: 'done', kind: 'archive', discardedAt: absent },
    ...{ 'files.sha256': sha256, 'source.location': location, targets: targets ?? absent },
    // Records from before 0.6 do not say how many there are.
    ...(copies === undefined ? {} : { copies: { $in: [copies, null] } }),
  };
}

/** Released work that a pause of this scope would have held back; of a target what goes there, or is read there. */
export function releasedIn(scope: PauseScope): object {
  const released = { state: 'released' };
  const name = scope.slice(scope.indexOf(':') + 1);
  if (scope === 'all') return released;
  if (scope.startsWith('job:')) return { ...released, jobId: name };
  if (scope.startsWith('group:')) return { ...released, group: name };
  if (scope.startsWith('route:')) return { ...released, route: name };
  return {
    ...released,
    $or: [{ targets: name, readAt: absent }, { readAt: name }, { 'outside.target': name }],
  };
}

/** What may be released in a turn of the dispatcher: what was planned since it began has none. */
export function ofTurn(turn: string | undefined): object {
  return turn === undefined ? {} : { $or: [{ turn }, { turn: absent }] };
}
