import { why, type MissingApp, type Why, type WhyAnswer } from '#console-api';
import type { OperatedApp } from './apps-file.js';
import { operationsCall, type Asker, type Call } from './operations-calls.js';

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
 * answer are named.
 */
export async function askApps<Body>(
  apps: readonly OperatedApp[],
  acting: Asker,
  call: Call,
  signal: AbortSignal,
  now: Date,
): Promise<Answers<Body>> {
  const asked = await Promise.all(
    apps.map(async (app) => ({
      app: app.name,
      answer: await operationsCall<Body>(app, acting, { patience, ...call }, signal),
    })),
  );
  return {
    answers: asked.flatMap(({ app, answer }) => ('body' in answer ? [{ app, body: answer.body }] : [])),
    missing: asked.flatMap(({ app, answer }): MissingApp[] => {
      if (!('fault' in answer)) return [];
      const { fault: message, status } = answer;
      const code = status === undefined ? 'app.silent' : status >= 500 ? 'source.away' : 'app.refused';
      return [{ app, code, message, since: now.toISOString() }];
    }),
    without: asked.flatMap(({ app, answer }) => ('none' in answer ? [app] : [])),
  };
}

/** Why each of some jobs waits, as far as the apps that answer know. */
export async function whyJobs(
  apps: readonly OperatedApp[],
  acting: Asker,
  jobIds: readonly string[],
  signal: AbortSignal,
  now: Date,
): Promise<ReadonlyMap<string, Why>> {
  const found = new Map<string, Why>();
  for (let start = 0; start < jobIds.length; start += maxJobs) {
    const some = jobIds.slice(start, start + maxJobs);
    const query = new URLSearchParams(some.map((id): [string, string] => ['jobId', id]));
    const call = { path: `why?${query.toString()}` };
    const {
      answers,
      missing,
      without = [],
    } = await askApps<Partial<WhyAnswer>>(apps, acting, call, signal, now);
    // Each app answers why: one that cannot may hold up the job without a word.
    const odd = answers.filter(({ body: { jobs } }) => typeof jobs !== 'object').map(({ app }) => app);
    const unable = [...without, ...odd].map((app): MissingApp => ({
      ...{ app, code: 'app.refused', since: now.toISOString() },
      message: odd.includes(app) ? otherForm : noSuchCall,
    }));
    for (const id of some) {
      const told = answers.flatMap(({ app, body }) => {
        const { jobs = {} } = body;
        const facts = Object.hasOwn(jobs, id) ? jobs[id] : undefined;
        return facts === undefined ? [] : [{ app, ...facts }];
      });
      found.set(id, why(told, [...missing, ...unable], now));
    }
  }
  return found;
}
