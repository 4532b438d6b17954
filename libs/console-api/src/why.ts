import type { Changer, JobFact, JobFacts, MissingApp, ToldFact, Why } from './facts.js';

/**
 * What explains a wait best comes first: what people have to decide, what they have decided, then along the way of a job from
 * the catalogue to long-term storage and back. What is worked on, which is no wait, comes last.
 */
export const waitOrder = [
  ...(['message.parked', 'paused', 'window.closed', 'deferred', 'cancel.waiting'] as const),
  ...(['catalog.unsent', 'catalog.unaccepted', 'plan.waiting', 'plan.running'] as const),
  ...(['target.unknown', 'limit.global', 'limit.group', 'limit.target', 'slot.kept'] as const),
  ...(['work.unsent', 'work.unaccepted', 'work.silent', 'source.away', 'quota.full'] as const),
  ...(['work.waiting', 'copy.missing', 'cold.restoring', 'worker.outside', 'work.retrying'] as const),
  ...(['work.shared-recall', 'work.tape', 'work.queued', 'register.waiting', 'external'] as const),
  'work.running',
] as const;
export type WaitWord = (typeof waitOrder)[number];

const changers: Readonly<Record<WaitWord, Changer>> = {
  'message.parked': 'operator',
  paused: 'operator',
  'window.closed': 'operator',
  deferred: 'operator',
  'cancel.waiting': 'nobody',
  'catalog.unsent': 'operator',
  'catalog.unaccepted': 'operator',
  'plan.waiting': 'operator',
  'plan.running': 'nobody',
  'target.unknown': 'operator',
  'limit.global': 'operator',
  'limit.group': 'operator',
  'limit.target': 'operator',
  'slot.kept': 'nobody',
  'work.unsent': 'operator',
  'work.unaccepted': 'operator',
  'work.silent': 'operator',
  'source.away': 'operator',
  'quota.full': 'operator',
  'work.waiting': 'operator',
  'copy.missing': 'operator',
  'cold.restoring': 'nobody',
  'worker.outside': 'operator',
  'work.retrying': 'nobody',
  'work.shared-recall': 'nobody',
  'work.tape': 'nobody',
  'work.queued': 'nobody',
  'register.waiting': 'nobody',
  external: 'operator',
  'work.running': 'nobody',
};

/** Who can change what a code says; of a code that this version does not know an operator has to find out. */
export function changerOf(code: string): Changer {
  return changers[code as WaitWord] ?? 'operator';
}

/** What one app answered. */
export interface AppFacts extends JobFacts {
  readonly app: string;
}

/**
 * Why a job waits: all that the apps know, what holds it most first. Two apps may tell the same (job-assembler repeats what the
 * archiver says): the one that is nearer to it counts. Who did not answer is named; nothing is guessed.
 *
 * @param at when they were asked
 */
export function why(told: readonly AppFacts[], missing: readonly MissingApp[], at: Date): Why {
  const all = told
    .flatMap(({ app, facts }) => facts.map((fact) => toldBy(app, fact)))
    .filter((fact, index, every) => !every.some((other, place) => isNearer(other, fact, place < index)))
    .sort((one, other) => placeOf(one) - placeOf(other) || timeOf(one) - timeOf(other));
  const [headline] = all;
  return {
    ...(headline === undefined ? {} : { headline }),
    ...{ all, missing, known: told.some(({ known }) => known), at: at.toISOString() },
  };
}

function toldBy(app: string, fact: JobFact): ToldFact {
  return { changeable: changerOf(fact.code), ...fact, app };
}

/** Several processes of one kind have names such as `archiver-basel`. */
export function isOfKind(app: string, kind: string): boolean {
  return app === kind || app.startsWith(`${kind}-`);
}

/** Farther away from the work come first. */
const distance = ['publication-server', 'publisher', 'catalog-api', 'job-assembler', 'archiver'];
/** Told by the app that does it, and repeated by the one that follows it, as whole jobs or by parts. */
const repeated: readonly string[] = [
  ...['work.queued', 'work.waiting', 'work.retrying', 'work.shared-recall', 'work.tape', 'source.away'],
  ...['copy.missing', 'cold.restoring', 'quota.full', 'work.running', 'cancel.waiting', 'work.silent'],
];

/** What job-assembler knows only of what the archiver last said: in words from before, where that answers itself. */
const hearsay: readonly string[] = [
  ...['work.queued', 'work.waiting', 'work.retrying', 'work.shared-recall', 'work.tape', 'work.running'],
  ...['source.away', 'copy.missing', 'cold.restoring', 'quota.full'],
];

/** Whether `other` makes `fact` needless: it is the same, told first or by an app that is nearer to the work; or it is newer. */
function isNearer(other: ToldFact, fact: ToldFact, isEarlier: boolean): boolean {
  if (other === fact) return false;
  if (isHearsay(fact) && isOfWork(other)) return true;
  if (other.code !== fact.code) return false;
  if (other.app === fact.app) return isEarlier && sameFact(other, fact);
  return repeated.includes(fact.code) && distanceOf(other) > distanceOf(fact);
}

function distanceOf({ app }: ToldFact): number {
  return distance.findIndex((kind) => isOfKind(app, kind));
}

/** Pauses of its own have a scope; of one of the archiver it knows the sentence only. */
function isHearsay({ app, code, facts }: ToldFact): boolean {
  if (!isOfKind(app, 'job-assembler')) return false;
  return hearsay.includes(code) || (code === 'paused' && isSentence(facts));
}

function isSentence({ reason, scope }: ToldFact['facts']): boolean {
  return reason !== undefined && scope === undefined;
}

/** The archiver has the job's work, and says how that stands. A message that it has parked says nothing of it. */
function isOfWork({ app, code }: ToldFact): boolean {
  return isOfKind(app, 'archiver') && code !== 'message.parked';
}

function sameFact(one: ToldFact, other: ToldFact): boolean {
  return one.part === other.part && JSON.stringify(one.facts) === JSON.stringify(other.facts);
}

function placeOf({ code }: ToldFact): number {
  const place = (waitOrder as readonly string[]).indexOf(code);
  // A code of a newer version says something; only work that runs is no reason to wait.
  return place === -1 ? waitOrder.length - 1.5 : place;
}

function timeOf({ since }: ToldFact): number {
  const time = since === undefined ? Number.NaN : Date.parse(since);
  return Number.isNaN(time) ? Number.MAX_SAFE_INTEGER : time;
}
