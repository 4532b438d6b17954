import type { ConsoleSession, ShownJob } from '#console-api';
import type { Deed, Said } from '../act/deed.js';
import { EachOf } from '../act/each-of.js';
import { call, CallFault, callWithTag, inPath } from '../calls/call.js';
import type { JobSteering } from '../calls/shapes.js';
import type { Formats } from '../parts/formats.js';
import type { Texts } from '../texts/texts-en.js';
import { jobRefusals, type JobRefusals } from './job-rights.js';

/** Those of some jobs to which something can be done, and why not to the others. */
export interface Fitting {
  readonly jobs: readonly ShownJob[];
  readonly leftOut: readonly { readonly subject: string; readonly why: string }[];
  /** Where it can be done to none of them: why not to the first. */
  readonly refusal?: string;
}

export function fittingJobs(
  session: ConsoleSession,
  t: Texts,
  jobs: readonly ShownJob[],
  what: keyof JobRefusals,
): Fitting {
  const all = jobs.map((job) => ({ job, why: jobRefusals(session, t, job)[what] }));
  const fits = all.filter(({ why }) => why === undefined).map(({ job }) => job);
  const leftOut = all.flatMap(({ job, why }) => (why === undefined ? [] : [{ subject: job.id, why }]));
  return {
    ...{ jobs: fits, leftOut },
    ...(fits.length > 0 || leftOut[0] === undefined ? {} : { refusal: leftOut[0].why }),
  };
}

/** Does again what failed of each; the line that stays names the new jobs. */
export function retryDeedOf(t: Texts, f: Formats, { jobs, leftOut }: Fitting): Deed {
  const each = new EachOf(jobs, async ({ id }, key) => {
    const child = await call<{ readonly id?: string; readonly _id?: string } | undefined>(
      `catalogue/jobs/${inPath(id)}/retry`,
      { method: 'POST', body: {}, key },
    );
    return child?.id ?? child?._id;
  });
  return {
    title: t.many.retry(jobs.length, f.number(jobs.length)),
    confirm: t.actions['job.retry'],
    ...{ what: t.deeds.retry.what, undo: t.deeds.retry.undo, leftOut },
    subjects: jobs.map(({ id }) => id),
    reason: 'none',
    canStop: jobs.length > 1,
    run: async ({ key, signal }) => {
      const ids = await each.run({ key, signal });
      return `${doneText(t, f, jobs)} ${ids.length === 0 ? '' : t.many.newJobs(ids.join(', '))}`.trim();
    },
  };
}

export function priorityDeedOf(t: Texts, f: Formats, app: string, { jobs, leftOut }: Fitting): Deed {
  const { what, undo, level } = t.deeds.priority;
  const steering = new Steering(app, jobs, 'priority');
  return {
    title: t.many.priority(jobs.length, f.number(jobs.length)),
    confirm: t.actions['job.priority'],
    ...{ what, undo, leftOut, subjects: jobs.map(({ id }) => id), reason: 'required' },
    canStop: jobs.length > 1,
    fields: [{ kind: 'choice', name: 'priority', label: level, options: t.job.priorities, first: 1 }],
    run: async ({ reason, key, values, signal }) => {
      await steering.run({ key, signal }, { priority: values['priority'], reason });
      return `${t.job.priorities[Number(values['priority'])] ?? ''}. ${doneText(t, f, jobs)}`;
    },
  };
}

export function deferDeedOf(t: Texts, f: Formats, app: string, { jobs, leftOut }: Fitting): Deed {
  const { what, undo, until, atOnce } = t.deeds.defer;
  const steering = new Steering(app, jobs, 'defer');
  return {
    title: t.many.defer(jobs.length, f.number(jobs.length)),
    confirm: t.actions['job.defer'],
    ...{ what, undo, leftOut, subjects: jobs.map(({ id }) => id), reason: 'required' },
    canStop: jobs.length > 1,
    fields: [{ kind: 'time', name: 'until', label: until, orNothing: atOnce }],
    run: async ({ reason, key, values, signal }) => {
      const time = values['until'];
      await steering.run({ key, signal }, { until: time ?? null, reason });
      const said = typeof time === 'string' ? f.moment(new Date(time)) : atOnce;
      return `${said}. ${doneText(t, f, jobs)}`;
    },
  };
}

/** What an operator says of each of some jobs, in one dialog. What is said in another try is said to those that are left. */
class Steering {
  private body: object = {};
  private readonly tags = new Map<string, string | undefined>();
  private readonly each: EachOf<ShownJob>;

  constructor(app: string, jobs: readonly ShownJob[], what: 'priority' | 'defer') {
    this.each = new EachOf(jobs, async ({ id }, key) => {
      const path = `operations/${inPath(app)}/jobs/${inPath(id)}`;
      const etag = await this.tagOf(id, path);
      try {
        await call(`${path}/${what}`, {
          ...{ method: 'PUT', body: this.body, key },
          ...(etag === undefined ? {} : { ifMatch: etag }),
        });
      } catch (error) {
        // Whoever was told that another one was faster decides anew, by what holds then.
        if (error instanceof CallFault && !error.keepsKey) this.tags.delete(id);
        throw error;
      }
      return undefined;
    });
  }

  async run(round: Pick<Said, 'key' | 'signal'>, body: object): Promise<void> {
    this.body = body;
    await this.each.run(round);
  }

  /**
   * The list shows nothing of it that another person could have changed: its version is read in the first try, and kept as long as
   * the key. With a version of later a try after a lost answer would be another wish under the same key, though the first was done.
   */
  private async tagOf(id: string, path: string): Promise<string | undefined> {
    if (!this.tags.has(id)) this.tags.set(id, (await callWithTag<JobSteering>(path, {})).etag);
    return this.tags.get(id);
  }
}

function doneText(t: Texts, f: Formats, jobs: readonly ShownJob[]): string {
  return t.many.done(f.number(jobs.length), f.number(jobs.length));
}
