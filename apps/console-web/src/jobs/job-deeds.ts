import type { ConsoleSession, ShownJob } from '#console-api';
import type { Deed } from '../act/deed.js';
import { EachOf } from '../act/each-of.js';
import { call, inPath } from '../calls/call.js';
import type { Formats } from '../parts/formats.js';
import type { Texts } from '../texts/texts-en.js';
import { isOwn } from './job-rights.js';

/** Cancels one job, or some, one after the other: those that are refused are named, and the others are cancelled. */
export function cancelDeed(
  t: Texts,
  f: Formats,
  session: Pick<ConsoleSession, 'username'>,
  jobs: readonly ShownJob[],
  leftOut: NonNullable<Deed['leftOut']> = [],
): Deed {
  let why = '';
  const each = new EachOf(jobs, async ({ id }, key) => {
    await call(`catalogue/jobs/${inPath(id)}/cancel`, {
      ...{ method: 'POST', key },
      body: why === '' ? {} : { reason: why },
    });
    return undefined;
  });
  return {
    title: t.deeds.cancel.many(jobs.length, f.number(jobs.length)),
    confirm: t.actions['job.cancel'],
    ...{ what: t.deeds.cancel.what, undo: t.deeds.cancel.undo, leftOut },
    subjects: jobs.map(({ id }) => id),
    reason: jobs.every((job) => isOwn(session, job)) ? 'optional' : 'required',
    isDanger: true,
    canStop: jobs.length > 1,
    run: async ({ reason, key, signal }) => {
      why = reason;
      await each.run({ key, signal });
      return jobs.length === 1 ? undefined : t.many.done(f.number(jobs.length), f.number(jobs.length));
    },
  };
}

export function retryDeed(t: Texts, job: ShownJob): Deed {
  return {
    title: t.deeds.retry.title,
    confirm: t.actions['job.retry'],
    what: t.deeds.retry.what,
    undo: t.deeds.retry.undo,
    subjects: [job.id],
    reason: 'none',
    run: async ({ key }) => {
      const child = await call<{ readonly id?: string; readonly _id?: string }>(
        `catalogue/jobs/${inPath(job.id)}/retry`,
        { method: 'POST', body: {}, key },
      );
      return child?.id ?? child?._id;
    },
  };
}

/** A job, and the version of what operators have said of it. */
export interface Steered {
  readonly job: ShownJob;
  /** The app that plans its work. */
  readonly app: string;
  readonly etag: string;
}

export function priorityDeed(t: Texts, steered: Steered, now: number): Deed {
  const { title, what, undo, level } = t.deeds.priority;
  return {
    ...{
      title,
      what,
      undo,
      confirm: t.actions['job.priority'],
      subjects: [steered.job.id],
      reason: 'required',
    },
    fields: [{ kind: 'choice', name: 'priority', label: level, options: t.job.priorities, first: now }],
    run: async ({ reason, key, values }) => {
      await steer(steered, 'priority', { priority: values['priority'], reason }, key);
      return t.job.priorities[Number(values['priority'])];
    },
  };
}

export function deferDeed(t: Texts, f: Formats, steered: Steered): Deed {
  const { title, what, undo, until, atOnce } = t.deeds.defer;
  return {
    ...{ title, what, undo, confirm: t.actions['job.defer'], subjects: [steered.job.id], reason: 'required' },
    fields: [{ kind: 'time', name: 'until', label: until, orNothing: atOnce }],
    run: async ({ reason, key, values }) => {
      const time = values['until'];
      await steer(steered, 'defer', { until: time ?? null, reason }, key);
      return typeof time === 'string' ? f.moment(new Date(time)) : atOnce;
    },
  };
}

/** By what the page has shown: who changed it in between was faster, and the answer says who. */
async function steer(
  { job: { id }, app, etag }: Steered,
  what: 'priority' | 'defer',
  body: object,
  key: string,
): Promise<void> {
  await call(`operations/${inPath(app)}/jobs/${inPath(id)}/${what}`, {
    ...{ method: 'PUT', body, key, ifMatch: etag },
  });
}
