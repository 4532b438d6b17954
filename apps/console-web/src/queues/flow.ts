import { isOfKind, type FromAllApps, type MissingApp, type Page } from '#console-api';
import { rowsOf, type OfApp } from '../calls/app-pages.js';
import type { OpenMessages, OwnQueue } from '../calls/running-shapes.js';
import type { AppInfo } from '../calls/shapes.js';
import { toldOnce } from '../calls/told-once.js';

/** What three questions to all apps have brought; what did not come is undefined. */
export interface FlowAnswers {
  readonly queues: FromAllApps<Page<OwnQueue>> | undefined;
  readonly outbox: FromAllApps<Page<OpenMessages>> | undefined;
  readonly apps: FromAllApps<AppInfo> | undefined;
}

/** One app in the conversation. Undefined lists are not known. */
export interface AppFlow {
  readonly app: string;
  readonly queues?: readonly OwnQueue[];
  readonly open?: readonly OpenMessages[];
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Something that does not flow. */
export interface Trouble {
  readonly kind: 'silent' | 'consumer' | 'queue' | 'unsent' | 'unaccepted' | 'dependency';
  readonly app: string;
  /** A queue, a consumer, a service. */
  readonly name?: string;
  readonly messages?: number;
  /** Since when: of messages the oldest one. */
  readonly since?: string;
}

export interface Flow {
  readonly apps: readonly AppFlow[];
  readonly troubles: readonly Trouble[];
  /** Whose answer is missing, beyond those that are troubles: what is said may not be all. */
  readonly unknown: readonly MissingApp[];
}

/** Milliseconds in which every message should have been accepted. */
const patience = 60_000;
/** Queues that an app takes messages from; those of retries are emptied by the clock. */
const consumed: readonly string[] = ['inbox', 'dead', 'receipts'];

/** Whether the conversation between the apps flows, and what does not. */
export function flowOf(answers: FlowAnswers, now: Date): Flow {
  const silent = silentIn(answers);
  const names = [
    ...new Set(
      [answers.apps, answers.queues, answers.outbox].flatMap((from) => [
        ...(from?.answers ?? []).map(({ app }) => app),
        ...(from?.missing ?? []).map(({ app }) => app),
        ...(from?.without ?? []),
      ]),
    ),
  ];
  const apps = names.map((app) => appFlow(app, answers));
  const open = openOnce(apps);
  const gone = new Set(
    open.flatMap(({ consumer }) =>
      consumer !== undefined && isGone(consumer, names, silent) ? [consumer] : [],
    ),
  );
  const troubles = [
    ...[...silent].map(([app, since]) =>
      silentTrouble(
        app,
        since,
        open.filter(({ consumer = '' }) => gone.has(consumer) && isOfKind(app, consumer)),
      ),
    ),
    ...queuesOnce(apps),
    ...apps.flatMap(({ app, dependencies = {} }) =>
      Object.entries(dependencies)
        .filter(([, state]) => state === 'down')
        .map(([name]): Trouble => ({ kind: 'dependency', app, name })),
    ),
    ...open.flatMap((one) => (gone.has(one.consumer ?? '') ? [] : openTroubles(one, now))),
  ];
  return { apps, troubles, unknown: unknownIn(answers, silent) };
}

/** Who did not answer any of the questions, and since when. One that answers another has not heard this one, or has no time for it. */
function silentIn({ queues, outbox, apps }: FlowAnswers): ReadonlyMap<string, string> {
  const asked = [apps, outbox, queues].filter((from) => from !== undefined);
  const missing = asked.flatMap((from) => from.missing.filter(({ code }) => code === 'app.silent'));
  const isSilent = (app: string): boolean =>
    asked.every((from) => from.missing.some((one) => one.app === app && one.code === 'app.silent'));
  return new Map(missing.filter(({ app }) => isSilent(app)).map(({ app, since }) => [app, since]));
}

/** Apps of one kind share their queues, and with their database what they sent. */
const kinds = ['catalog-api', 'job-assembler', 'archiver', 'publisher', 'publication-server', 'console'];

function kindOf(app: string): string {
  return kinds.find((kind) => isOfKind(app, kind)) ?? app;
}

/** What was sent and waits since one moment is one: the larger count of answers that are not of the same moment. */
function openOnce(apps: readonly AppFlow[]): readonly OfApp<OpenMessages>[] {
  return toldOnce<OpenMessages>(
    apps.flatMap(({ app, open = [] }) => open.map((one) => ({ ...one, app }))),
    {
      sameBy: ({ app, type, consumer, state, oldest }) => [kindOf(app), type, consumer, state, oldest],
      later: (one, other) => (other.count > one.count ? other : one),
    },
  );
}

/** Each queue once, by its name: of its troubles the first that is told. */
function queuesOnce(apps: readonly AppFlow[]): readonly Trouble[] {
  const troubles = apps.flatMap(({ app, queues = [] }) =>
    queues.flatMap((queue) => queueTroubles(app, queue)),
  );
  return toldOnce(troubles, { sameBy: ({ app, kind, name }) => [kindOf(app), kind, name] }).map(
    ({ apps: _apps, ...trouble }) => trouble,
  );
}

/** Nobody takes what is for it: a queue that several apps of one kind take from goes on while one of them does. */
function isGone(consumer: string, all: readonly string[], silent: ReadonlyMap<string, string>): boolean {
  const takers = all.filter((app) => isOfKind(app, consumer));
  return takers.length > 0 && takers.every((app) => silent.has(app));
}

function silentTrouble(app: string, since: string, waiting: readonly OpenMessages[]): Trouble {
  const messages = waiting.reduce((sum, { count }) => sum + count, 0);
  return {
    ...{ kind: 'silent', app },
    ...(since === '' ? {} : { since }),
    ...(messages === 0 ? {} : { messages }),
  };
}

function queueTroubles(
  app: string,
  { name, purpose, messages, consumers = 0 }: OwnQueue,
): readonly Trouble[] {
  if (messages === undefined) return [{ kind: 'queue', app, name }];
  if (!consumed.includes(purpose) || messages === 0 || consumers > 0) return [];
  return [{ kind: 'consumer', app, name, messages }];
}

function openTroubles(
  { app, state, consumer, count, oldest }: OpenMessages & { readonly app: string },
  now: Date,
): readonly Trouble[] {
  if (now.getTime() - Date.parse(oldest) < patience) return [];
  if (state === 'unpublished') return [{ kind: 'unsent', app, messages: count, since: oldest }];
  if (consumer === undefined) return [];
  return [{ kind: 'unaccepted', app, name: consumer, messages: count, since: oldest }];
}

function appFlow(app: string, { queues, outbox, apps }: FlowAnswers): AppFlow {
  const own = queues?.answers.filter((one) => one.app === app) ?? [];
  const open = outbox?.answers.filter((one) => one.app === app) ?? [];
  const dependencies = apps?.answers.find((one) => one.app === app)?.body.dependencies;
  return {
    app,
    ...(own.length === 0 ? {} : { queues: rowsOf([{ answers: own }]) }),
    ...(open.length === 0 ? {} : { open: rowsOf([{ answers: open }]) }),
    ...(typeof dependencies === 'object' && dependencies !== null ? { dependencies } : {}),
  };
}

function unknownIn(
  { queues, outbox, apps }: FlowAnswers,
  silent: ReadonlyMap<string, string>,
): readonly MissingApp[] {
  const asked = [apps, outbox, queues];
  // Each app has these calls: who has one not is older, or is no app of this installation.
  const old = asked
    .flatMap((from) => from?.without ?? [])
    .map((app): MissingApp => ({ app, code: 'app.refused', message: 'no such call', since: '' }));
  const missing = [...old, ...asked.flatMap((from) => from?.missing ?? [])];
  return [...new Map(missing.filter(({ app }) => !silent.has(app)).map((one) => [one.app, one])).values()];
}
