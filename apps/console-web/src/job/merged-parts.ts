import type { JobParts, WorkOrderRow, WorkRow } from '../calls/shapes.js';

/** One part of a job: job-assembler's work order, and what the archiver does with it. */
export interface MergedPart {
  readonly id: string;
  /** The archiver that has the work; undefined where none has it, or an older console does not say which. */
  readonly app?: string;
  readonly jobId?: string;
  readonly group?: string;
  readonly kind: string;
  readonly pid?: string;
  /** Since when it is so, as nearly as the two know. */
  readonly since?: string;
  /** The archiver's word, which is newer, where it has the work. */
  readonly state: string;
  readonly targets: readonly string[];
  readonly attempts?: number;
  readonly worker?: string;
  readonly phase?: string;
  readonly bytesDone?: number;
  readonly bytesTotal?: number;
  readonly rate?: number;
  readonly nextTry?: string;
  readonly waitCode?: string;
  readonly fault?: { readonly code: string; readonly message: string };
  readonly cartridge?: string;
  /** Whether it can be tried at once. */
  readonly isWaiting: boolean;
}

/** By id: what only one of the two knows stands by itself, and so does work of one name that archivers have in databases of their own. */
export function mergedParts(pages: readonly JobParts[]): readonly MergedPart[] {
  const orders = new Map<string, WorkOrderRow>();
  const works = new Map<string, readonly WorkRow[]>();
  for (const { orders: page, works: other } of pages) {
    for (const order of page?.items ?? []) orders.set(idOf(order), order);
    for (const work of other?.items ?? []) works.set(work.id, withWork(works.get(work.id), work));
  }
  const ids = [...new Set([...orders.keys(), ...works.keys()])];
  return ids
    .flatMap((id) => (works.get(id) ?? [undefined]).map((work) => partOf(id, orders.get(id), work)))
    .sort((one, other) => rankOf(one) - rankOf(other) || compareIds(one.id, other.id));
}

/** The same record again, from the same archiver or from one that shares its database, takes the place of the one before. */
function withWork(before: readonly WorkRow[] = [], work: WorkRow): readonly WorkRow[] {
  const isSame = (one: WorkRow): boolean =>
    one.app === work.app ||
    (one.jobId === work.jobId && one.kind === work.kind && one.acceptedAt === work.acceptedAt);
  return [...before.filter((one) => !isSame(one)), work];
}

function idOf({ id, _id }: WorkOrderRow): string {
  return id ?? _id ?? '';
}

function partOf(id: string, order: WorkOrderRow | undefined, work: WorkRow | undefined): MergedPart {
  const pid = work?.pid ?? order?.pid;
  const fault = work?.fault ?? order?.fault;
  const isOver = work !== undefined && ['done', 'failed', 'cancelled'].includes(work.state);
  const standing = isOver ? work.state : (work?.standing ?? work?.state);
  const isWaiting = work?.standing === 'waits';
  return {
    id,
    ...ofBoth(order, work),
    kind: work?.kind ?? order?.kind ?? '',
    ...(pid === undefined ? {} : { pid }),
    state: standing ?? order?.state ?? '',
    targets: work?.targets ?? (order?.readAt === undefined ? order?.targets : [order.readAt]) ?? [],
    isWaiting,
    ...(work === undefined
      ? {
          ...(order?.waitCode === undefined ? {} : { waitCode: order.waitCode }),
          ...(order?.worker === undefined ? {} : { worker: order.worker }),
        }
      : {
          ...(work.app === undefined ? {} : { app: work.app }),
          attempts: work.attempts,
          ...(work.worker === undefined ? {} : { worker: work.worker }),
          ...(work.phase === undefined ? {} : { phase: work.phase }),
          ...(work.bytesDone === undefined ? {} : { bytesDone: work.bytesDone }),
          ...(work.bytesTotal === undefined ? {} : { bytesTotal: work.bytesTotal }),
          ...(work.rate === undefined ? {} : { rate: work.rate }),
          ...(work.waitCode === undefined ? {} : { waitCode: work.waitCode }),
          ...(work.cartridge === undefined ? {} : { cartridge: work.cartridge }),
          ...(isWaiting && work.dueAt !== undefined ? { nextTry: work.dueAt } : {}),
        }),
    ...(fault === undefined ? {} : { fault: { code: fault.code, message: fault.message } }),
  };
}

function ofBoth(
  order: WorkOrderRow | undefined,
  work: WorkRow | undefined,
): Pick<MergedPart, 'jobId' | 'group' | 'since'> {
  const jobId = order?.jobId ?? work?.jobId;
  const begun = work?.startedAt ?? work?.acceptedAt ?? order?.releasedAt;
  const since = work?.endedAt ?? order?.endedAt ?? begun ?? order?.createdAt;
  return {
    ...(jobId === undefined ? {} : { jobId }),
    ...(order?.group === undefined ? {} : { group: order.group }),
    ...(since === undefined ? {} : { since }),
  };
}

/** What needs a look first, then what runs, then what waits for its turn, then what is over. */
const ranks: Readonly<Record<string, number>> = {
  ...{ silent: 0, failed: 1, waits: 2, runs: 3, due: 4, released: 4, planned: 5, drafted: 6 },
  ...{ cancelled: 8, done: 9 },
};

function rankOf({ state }: MergedPart): number {
  return ranks[state] ?? 7;
}

/** Ids end with numbers: part 10 comes behind part 9. */
function compareIds(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true });
}
