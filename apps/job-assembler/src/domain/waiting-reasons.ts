/** A released work order, as far as waiting goes. Times in milliseconds. */
export interface ReleasedWork {
  readonly id: string;
  readonly releasedAt: number;
  /** When the archiver last said anything of it. */
  readonly heardAt?: number;
  /** What the archiver says it waits for. */
  readonly waits?: string;
  /** Of its messages: since when the oldest is here that the broker has not taken. */
  readonly unsentSince?: number;
  /** Since when the oldest is here that the broker has, and the archiver has not accepted. */
  readonly unacceptedSince?: number;
  /** When all of them were first seen to be accepted; absent until then. */
  readonly acceptedAt?: number;
}

/** Everything that may hold a job up. */
export interface JobSituation {
  readonly now: number;
  /** Why it could not be planned when that was tried last. */
  readonly planFault?: string;
  /** Sentences about the limits that its planned work meets. */
  readonly limits: readonly string[];
  readonly released: readonly ReleasedWork[];
  /** Since when the oldest of its datasets is with the catalogue to be registered. */
  readonly registeringSince?: number;
  /** Milliseconds without a word after which the archiver counts as silent. */
  readonly silence: number;
}

/** Milliseconds after which a message that is under way counts as waiting. */
const messagePatience = 15_000;
/** Sentences of single work orders. */
const maxNamed = 5;

/** How many of some released work orders are held up at the broker or at the archiver, and the longest for how long. */
export function heldUp(
  released: readonly ReleasedWork[],
  now: number,
  silence: number,
): Record<'unsent' | 'unaccepted' | 'silent', { readonly count: number; readonly ms: number }> {
  const late = (since: readonly (number | undefined)[], patience: number): number[] =>
    since.flatMap((time) => (time === undefined || now - time <= patience ? [] : [now - time]));
  const unsent = late(
    released.map(({ unsentSince }) => unsentSince),
    messagePatience,
  );
  const unaccepted = late(
    released.map(({ unacceptedSince }) => unacceptedSince),
    messagePatience,
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

/** What a job waits for, in sentences for people; empty when nothing is known to hold it up. */
export function waitingReasons({
  now,
  planFault,
  limits,
  released,
  registeringSince,
  silence,
}: JobSituation): string[] {
  const { unsent, unaccepted, silent } = heldUp(released, now, silence);
  const told = new Set(released.flatMap(({ waits }) => (waits === undefined ? [] : [waits])));
  const registering = registeringSince === undefined ? 0 : now - registeringSince;
  return [
    ...(planFault === undefined ? [] : [`its plan: ${planFault}`]),
    ...limits,
    ...(unsent.count === 0
      ? []
      : [`the broker: ${unsent.count} work order(s) could not be sent for ${span(unsent.ms)}`]),
    ...(unaccepted.count === 0
      ? []
      : [`the archiver: it has not accepted ${unaccepted.count} work order(s) for ${span(unaccepted.ms)}`]),
    ...(silent.count === 0
      ? []
      : [`the archiver: no sign of life of ${silent.count} work order(s) for ${span(silent.ms)}`]),
    ...[...told].slice(0, maxNamed).map((reason) => `the archiver, which says: ${reason}`),
    ...(registering > messagePatience
      ? [`the catalogue: datablocks have not been registered for ${span(registering)}`]
      : []),
  ].map((reason) => reason.slice(0, 1000));
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
