import { why, type MissingApp, type Why, type WhyAnswer } from '#console-api';
import type { OperatedApp } from './apps-file.js';
import { operationsCall, type Asker, type Call } from './operations-calls.js';
import { Silences } from './silences.js';

/** Milliseconds for the answer of one app among others: who is frozen must not hold up the rest. */
const patience = 5000;
/** As many as one call takes. */
const maxJobs = 200;

const otherForm = 'it answered in another form: is it of another version, or another program?';
const noSuchCall = 'it has no such call: is it of an earlier version?';

/** What each app answered that did, and who did not. */
export interface Answers<Body> {
  readonly answers: readonly { readonly app: string; readonly body: Body }[];
  readonly missing: readonly MissingApp[];
  /** Apps that have no such call. */
  readonly without?: readonly string[];
}

/**
 * Asks all apps the same, at the same time. Apps that have no such call are left out, as they have nothing to say; apps that do not
 * answer, or answer what is none, are named.
 *
 * @param silences since when apps do not answer; absent: since this question
 * @throws the reason of the signal, where nobody waits for the answers any more
 */
export async function askApps<Body>(
  apps: readonly OperatedApp[],
  acting: Asker,
  call: Call,
  signal: AbortSignal,
  now: Date,
  silences = new Silences(),
): Promise<Answers<Body>> {
  const asked = await Promise.all(
    apps.map(async (app) => ({
      app: app.name,
      answer: await operationsCall<Body>(app, acting, { patience, ...call }, signal),
    })),
  );
  // Whoever has left learns nothing of how the apps are, and nobody else does from it.
  signal.throwIfAborted();
  return {
    answers: asked.flatMap(({ app, answer }) =>
      'body' in answer && isObject(answer.body) ? [{ app, body: answer.body }] : [],
    ),
    missing: asked.flatMap(({ app, answer }): MissingApp[] => {
      const { status, fault: message } = 'fault' in answer ? answer : { status: 200, fault: otherForm };
      const code = status === undefined ? 'app.silent' : status >= 500 ? 'source.away' : 'app.refused';
      if (code !== 'app.refused') return [{ app, code, message, since: silences.failed(app, now) }];
      silences.answered(app);
      const isTold = 'none' in answer || ('body' in answer && isObject(answer.body));
      return isTold ? [] : [{ app, code, message, since: now.toISOString() }];
    }),
    without: asked.flatMap(({ app, answer }) => ('none' in answer ? [app] : [])),
  };
}

/**
 * Of a question that each app should answer: who has no such call, or answers in another form, may hold something back without a
 * word, and is named.
 */
export function fromEach<Body extends object>(
  { answers, missing, without = [] }: Answers<object>,
  isBody: (body: object) => body is Body,
  now: Date,
): Pick<Answers<Body>, 'answers' | 'missing'> {
  const refused = (app: string, message: string): MissingApp => ({
    ...{ app, code: 'app.refused', message },
    since: now.toISOString(),
  });
  return {
    answers: answers.flatMap(({ app, body }) => (isBody(body) ? [{ app, body }] : [])),
    missing: [
      ...missing,
      ...without.map((app) => refused(app, noSuchCall)),
      ...answers.flatMap(({ app, body }) => (isBody(body) ? [] : [refused(app, otherForm)])),
    ],
  };
}

/** Why each of some jobs waits, as far as the apps that answer know. */
export async function whyJobs(
  apps: readonly OperatedApp[],
  acting: Asker,
  jobIds: readonly string[],
  signal: AbortSignal,
  now: Date,
  silences = new Silences(),
): Promise<ReadonlyMap<string, Why>> {
  const whys = new Map<string, Why>();
  for (let start = 0; start < jobIds.length; start += maxJobs) {
    const some = jobIds.slice(start, start + maxJobs);
    const query = new URLSearchParams(some.map((id): [string, string] => ['jobId', id]));
    const call = { path: `why?${query.toString()}` };
    const found = await askApps<object>(apps, acting, call, signal, now, silences);
    const { answers, missing } = fromEach(found, isWhyAnswer, now);
    for (const id of some) {
      const told = answers.flatMap(({ app, body: { jobs } }) => {
        const facts = Object.hasOwn(jobs, id) ? jobs[id] : undefined;
        return facts === undefined ? [] : [{ ...facts, app }];
      });
      whys.set(id, why(told, missing, now));
    }
  }
  return whys;
}

/** Whether every job in it has facts that {@link why} can weigh. */
function isWhyAnswer(body: object): body is WhyAnswer {
  const { jobs } = body as Partial<WhyAnswer>;
  return isObject(jobs) && Object.values(jobs).every((job: unknown) => isObject(job) && hasFacts(job));
}

function hasFacts({ facts }: { facts?: unknown }): boolean {
  return (
    Array.isArray(facts) &&
    facts.every((fact: unknown) => {
      if (!isObject(fact)) return false;
      const { code, facts: values } = fact as { code?: unknown; facts?: unknown };
      return typeof code === 'string' && isObject(values);
    })
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
