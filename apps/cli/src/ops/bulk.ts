import { countText, Failure, interruption, type CommandResult } from '#command-line';
import { wait } from '#kernel';
import type { OperatedApp } from '#operations-client';
import type { CommandContext } from '../command.js';
import { OpsCalls, type OpsOptions } from './operator.js';
import { reasonFor } from './reason.js';
import { query } from './values.js';

export interface BulkOptions extends OpsOptions {
  readonly code?: string;
  readonly type?: string;
  readonly job?: string;
  readonly from?: string;
  readonly to?: string;
  /** How many the operator saw. */
  readonly expected?: number;
  /** As many as there are. */
  readonly yes?: boolean;
  readonly tryOne?: boolean;
  readonly perMinute?: number;
}

/** What an app tells of a run. */
interface Run {
  readonly id: string;
  readonly state: 'running' | 'stopped' | 'finished';
  readonly done: number;
  readonly skipped: number;
  readonly failed: number;
  readonly left: number;
  readonly failures?: readonly { readonly id: string; readonly code: string; readonly message: string }[];
  readonly waits?: { readonly code: string; readonly message: string };
  readonly stopped?: { readonly by: string; readonly reason: string };
}

/** Milliseconds between two looks at a run. */
const pause = 500;
/** Looks in a row that may fail before the command gives up: an app may be restarted, and the run goes on. */
const maxSilent = 20;

/** Does one thing to all parked messages that a filter finds in one app, and follows the run to its end. */
export async function bulk(
  context: CommandContext,
  action: string,
  options: BulkOptions,
): Promise<CommandResult> {
  const calls = await OpsCalls.from(context, options);
  const { code, type, job: jobId, from, to } = options;
  const filter = without({ code, type, jobId, from, to });
  if (Object.keys(filter).length === 0)
    throw new Failure(
      'usage',
      'Expected --code, --type, --job, --from or --to: which messages is it to be done to?',
    );
  const { app, expected } = await aimOf(calls, action, filter, options);
  const reason = await reasonFor(context, options);
  const body = {
    ...{ action, filter, expected, reason },
    ...(options.tryOne === true ? { most: 1 } : {}),
    ...(options.perMinute === undefined ? {} : { perMinute: options.perMinute }),
  };
  const run = await calls.act<Run>(app, { path: 'parking-lot/bulk', body });
  context.output.say(`run ${app.name}/${run.id}; stop it with: catena ops runs stop ${app.name}/${run.id}`);
  return resultOf(app, await followed(context, calls, app, run));
}

interface Aim {
  readonly app: OperatedApp;
  readonly expected: number;
}

/**
 * In which app, and to how many: a run is one app's.
 *
 * @throws Failure `usage` that says what there is, where the caller has not said how many
 */
async function aimOf(
  calls: OpsCalls,
  action: string,
  filter: Readonly<Record<string, string>>,
  options: BulkOptions,
): Promise<Aim> {
  const { app: name, expected, yes } = options;
  if (name !== undefined && expected !== undefined) return { app: calls.appFor(name), expected };
  const state = action === 'restore' ? 'discarded' : 'parked';
  const path = `parking-lot/groups${query({ ...filter, state })}`;
  const apps = name === undefined ? calls.apps : [calls.appFor(name)];
  const { answers, missing } = await calls.ask<{ items: readonly { count: number }[] }>({ path }, apps);
  const found = answers
    .map(({ app, body }) => ({ app, count: body.items.reduce((sum, { count }) => sum + count, 0) }))
    .filter(({ count }) => count > 0);
  const [one] = found;
  if (missing.length > 0)
    throw new Failure(
      'unreachable',
      `Expected ${name ?? 'all apps'} to say how many there are, found that ${missing[0]!.app} does not: ${missing[0]!.message}. Name the app with --app.`,
    );
  if (one === undefined)
    throw new Failure('usage', `Expected messages to ${action}, found none: the filter finds nothing.`);
  const told = found.map(({ app, count }) => `${countText(count, 'message')} of ${app}`).join(', ');
  if (found.length > 1)
    throw new Failure('usage', `Expected --app, as a run is one app's; the filter finds ${told}.`);
  if (yes !== true && expected === undefined)
    throw new Failure(
      'usage',
      `Expected --expected N or --yes, found neither. The filter finds ${told}: to ${action} these, say --expected ${one.count}.`,
    );
  return { app: calls.apps.find(({ name: known }) => known === one.app)!, expected: expected ?? one.count };
}

async function followed(
  context: CommandContext,
  calls: OpsCalls,
  app: OperatedApp,
  begun: Run,
): Promise<Run> {
  const progress = context.output.progress(app.name, begun.left, (done) =>
    countText(Math.round(done), 'message'),
  );
  try {
    for (let [run, silent] = [begun, 0]; ;) {
      const over = run.done + run.skipped + run.failed;
      const waits = run.waits === undefined ? '' : `, waits: ${run.waits.message}`;
      progress.set(over, over + run.left, `${app.name}: ${countText(run.failed, 'failure')}${waits}`);
      if (run.state !== 'running') return run;
      await wait(pause, context.signal);
      if (context.signal.aborted) throw interruption();
      const answer = await calls.look<Run>(app, { path: `bulk-runs/${encodeURIComponent(run.id)}` });
      if ('body' in answer) [run, silent] = [answer.body, 0];
      else if ((silent += 1) >= maxSilent)
        throw new Failure(
          'unreachable',
          `Expected ${app.name} to say how far run ${run.id} is, found that ${'fault' in answer ? answer.fault : 'it does not know it any more'}. The run goes on when the app does.`,
        );
    }
  } catch (error) {
    if (!context.signal.aborted) throw error;
    throw new Failure(
      'interrupted',
      `Interrupted. The run goes on in ${app.name}; see it with: catena ops runs show ${app.name}/${begun.id}`,
    );
  } finally {
    progress.end();
  }
}

function resultOf(app: OperatedApp, run: Run): CommandResult {
  const { done, skipped, failed, left, stopped, failures = [] } = run;
  return {
    outcome: failed === 0 && stopped === undefined ? 'done' : 'failed',
    lines: [
      `${done} done, ${skipped} decided by others before, ${failed} failed, ${left} left`,
      ...(stopped === undefined ? [] : [`stopped by ${stopped.by}: ${stopped.reason}`]),
      ...failures.map(({ id, code, message }) => `${app.name}/${id}: ${message} (${code})`),
    ],
    document: { app: app.name, ...run },
  };
}

function without(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
}
