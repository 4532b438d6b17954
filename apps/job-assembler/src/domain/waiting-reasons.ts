import { waitCodes, type WaitCode } from '#contracts';

/** A released work order, as far as waiting goes. Times in milliseconds. */
export interface ReleasedWork {
  readonly id: string;
  readonly releasedAt: number;
  /** When the archiver last said anything of it. */
  readonly heardAt?: number;
  /** What the archiver says it waits for. */
  readonly waits?: string;
  /** The same as a code, if it said one. */
  readonly waitCode?: string;
  /** Of its messages: since when the oldest is here that the broker has not taken. */
  readonly unsentSince?: number;
  /** Since when the oldest is here that the broker has, and the archiver has not accepted. */
  readonly unacceptedSince?: number;
  /** When all of them were first seen to be accepted; absent until then. */
  readonly acceptedAt?: number;
  /** The outside target whose worker has it; absent: it is with the archiver. */
  readonly worker?: string;
}

/** A reason as it was kept, or is to be kept: the sentence is for people. */
export interface Reason {
  readonly code: WaitCode;
  readonly since: Date;
  readonly facts: Readonly<Record<string, string | number>>;
  readonly message: string;
  readonly next?: Date;
}

/** A reason that begins when it is first seen, where nothing else is known. */
export type FoundReason = Omit<Reason, 'since'> & { readonly since?: Date };

/** Everything that may hold a job up. */
export interface JobSituation {
  readonly now: number;
  /** Why it could not be planned when that was tried last, and when it is tried again. */
  readonly planFault?: { readonly message: string; readonly code?: string | undefined; readonly next: Date };
  /** What keeps its planning, or its planned work, from beginning: see `lane-reasons.ts`. */
  readonly lanes: readonly FoundReason[];
  readonly released: readonly ReleasedWork[];
  /** Its cancellation was asked for. */
  readonly cancelling?: boolean;
  /** Since when the oldest of its datasets is with the catalogue to be registered. */
  readonly registeringSince?: number;
  /** Milliseconds without a word after which the archiver counts as silent. */
  readonly silence: number;
  /** Milliseconds after which a message that is under way counts as waiting. Default 15 000. */
  readonly patience?: number;
  /** Reasons that were found when it was looked at last. */
  readonly before: readonly Reason[];
}

/** Milliseconds after which a message that is under way counts as waiting. */
const messagePatience = 15_000;
/** The same of an order that a worker says nothing of. */
const workerPatience = 60_000;
/** As many as a message may have. */
const maxReasons = 20;
/** Sentences of single work orders. */
const maxNamed = 5;

/** How many of some released work orders are held up at the broker or at the archiver, and the longest for how long. */
export function heldUp(
  released: readonly ReleasedWork[],
  now: number,
  silence: number,
  patience = messagePatience,
): Record<'unsent' | 'unaccepted' | 'silent', { readonly count: number; readonly ms: number }> {
  const late = (since: readonly (number | undefined)[], patience: number): number[] =>
    since.flatMap((time) => (time === undefined || now - time <= patience ? [] : [now - time]));
  const unsent = late(
    released.map(({ unsentSince }) => unsentSince),
    patience,
  );
  const unaccepted = late(
    released.map(({ unacceptedSince }) => unacceptedSince),
    patience,
  );
  const silent = late(released.map(silentSince), silence);
  const sum = (times: readonly number[]): { count: number; ms: number } => ({
    count: times.length,
    ms: Math.max(0, ...times),
  });
  return { unsent: sum(unsent), unaccepted: sum(unaccepted), silent: sum(silent) };
}

/** Nobody can be silent about what has not reached him: it counts from the release, the acceptance or the last word. */
function silentSince({
  releasedAt,
  heardAt = releasedAt,
  acceptedAt,
  unsentSince,
  unacceptedSince,
}: ReleasedWork): number | undefined {
  if (acceptedAt === undefined || unsentSince !== undefined || unacceptedSince !== undefined)
    return undefined;
  return Math.max(releasedAt, acceptedAt, heardAt);
}

/** What a job waits for; empty when nothing is known to hold it up. */
export function waitingReasons(situation: JobSituation): Reason[] {
  const { now, planFault, lanes, before } = situation;
  const found: FoundReason[] = [
    ...(planFault === undefined ? [] : [planWaits(planFault)]),
    ...lanes,
    ...cancellingReasons(situation),
    ...releasedReasons(situation),
    ...workerReasons(situation),
    ...registeringReasons(situation),
  ];
  const once = new Map(found.map((reason) => [keyOf(reason), reason]));
  const sinceBefore = new Map(before.map((reason) => [keyOf(reason), reason.since]));
  return [...once].slice(0, maxReasons).map(([key, { since, message, ...reason }]) => ({
    ...reason,
    since: since ?? sinceBefore.get(key) ?? new Date(now),
    message: message.slice(0, 1000),
  }));
}

function planWaits({ message, code, next }: NonNullable<JobSituation['planFault']>): FoundReason {
  const facts = { reason: message, ...(code === undefined ? {} : { code }) };
  return { code: 'plan.waiting', facts, message: `its plan: ${message}`, next };
}

function cancellingReasons({ cancelling, released }: JobSituation): FoundReason[] {
  if (cancelling !== true || released.length === 0) return [];
  const message = 'the end of its cancellation: the archiver stops what runs';
  return [{ code: 'cancel.waiting', facts: { workOrders: released.length }, message }];
}

/** Of a job that waits for nothing while work of it runs. It is no reason to wait, so it has no sentence among those. */
export function runningReason(
  { total, done }: { readonly total: number; readonly done: number },
  now: Date,
): Reason {
  const percent = total === 0 ? 0 : Math.min(100, Math.floor((done / total) * 100));
  const facts = { percent, bytesDone: Math.floor(done), bytesTotal: total };
  return { code: 'work.running', since: now, facts, message: `nothing: ${percent} % of it is done` };
}

function releasedReasons({ now, released, silence, patience }: JobSituation): FoundReason[] {
  const { unsent, unaccepted, silent } = heldUp(
    released.filter(({ worker }) => worker === undefined),
    now,
    silence,
    patience,
  );
  const reason = (
    code: WaitCode,
    { count, ms }: { readonly count: number; readonly ms: number },
    message: string,
  ): FoundReason[] =>
    count === 0
      ? []
      : [
          {
            code,
            since: new Date(now - ms),
            facts: { workOrders: count },
            message: `${message} for ${span(ms)}`,
          },
        ];
  const told = new Map(
    released.flatMap(({ waits, waitCode, worker }) =>
      waits === undefined || worker !== undefined ? [] : [[waits, knownCode(waitCode)] as const],
    ),
  );
  return [
    ...reason('work.unsent', unsent, `the broker: ${unsent.count} work order(s) could not be sent`),
    ...reason(
      ...(['work.unaccepted', unaccepted] as const),
      `the archiver: it has not accepted ${unaccepted.count} work order(s)`,
    ),
    ...reason('work.silent', silent, `the archiver: no sign of life of ${silent.count} work order(s)`),
    ...[...told].slice(0, maxNamed).map(([text, code]) => ({
      ...{ code, facts: { reason: text } },
      message: `the archiver, which says: ${text}`,
    })),
  ];
}

/** Others operate that storage: since when nothing was heard of its worker, for each target, and what workers say. */
function workerReasons({ now, released, patience = workerPatience }: JobSituation): FoundReason[] {
  const heard = new Map<string, { since: number; workOrders: number }>();
  for (const { worker, releasedAt, heardAt = releasedAt } of released) {
    if (worker === undefined || now - heardAt <= patience) continue;
    const { since, workOrders } = heard.get(worker) ?? { since: heardAt, workOrders: 0 };
    heard.set(worker, { since: Math.min(since, heardAt), workOrders: workOrders + 1 });
  }
  const said = new Map(
    released.flatMap(({ waits, worker }) =>
      waits === undefined || worker === undefined
        ? []
        : [[`${worker}\n${waits}`, { worker, waits }] as const],
    ),
  );
  return [
    ...[...heard].map(([target, { since, workOrders }]): FoundReason => ({
      ...{ code: 'worker.outside', since: new Date(since), facts: { target, workOrders } },
      message: `the worker of ${target}, which others operate: nothing heard of ${workOrders} order(s) for ${span(now - since)}`,
    })),
    ...[...said.values()].slice(0, maxNamed).map(({ worker: target, waits: reason }): FoundReason => ({
      ...{ code: 'worker.outside', facts: { target, reason } },
      message: `the worker of ${target}, which others operate, and which says: ${reason}`,
    })),
  ];
}

/** An older archiver says none, a newer one perhaps one that this version does not know. */
function knownCode(code: string | undefined): WaitCode {
  return waitCodes.find((one) => one === code) ?? 'work.waiting';
}

function registeringReasons({
  now,
  registeringSince,
  patience = messagePatience,
}: JobSituation): FoundReason[] {
  if (registeringSince === undefined || now - registeringSince <= patience) return [];
  const message = `the catalogue: datablocks have not been registered for ${span(now - registeringSince)}`;
  return [{ code: 'register.waiting', since: new Date(registeringSince), facts: {}, message }];
}

/** What makes a reason another one; numbers in its facts may change while it stays the same. */
function keyOf({ code, facts }: FoundReason): string {
  return JSON.stringify([code, ...Object.entries(facts).filter(([, value]) => typeof value === 'string')]);
}

/** Whole minutes, so that the same reason stays the same text for a while. */
function span(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  return minutes === 0
    ? 'less than a minute'
    : minutes < 120
      ? `${minutes} min`
      : `${Math.floor(minutes / 60)} h`;
}
