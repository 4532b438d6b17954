import { countText, Failure, interruption, type CommandBasics, type CommandResult } from '#command-line';
import { wait } from '#kernel';
import { nameOfUser, operationsCall, type Acting, type OperatedApp } from '#operations-client';
import { chosen, operatedApps } from '../operations/operated-apps.js';
import { leftOf, linesOf, type AppReport, type RunAnswer } from './report.js';

export interface ReconcileOptions {
  readonly apply?: boolean;
  readonly only?: string;
  readonly reason?: string;
  readonly by?: string;
}

/** Milliseconds between two looks at a run. */
const pause = 500;
/** Looks in a row that may fail before a run is given up: an app may be restarted. */
const maxSilent = 20;

/** Has each app compare what it owns with what others say of it, one after the other, and prints one report. */
export async function reconcile(
  context: CommandBasics,
  { apply = false, only, reason, by = nameOfUser() }: ReconcileOptions,
): Promise<CommandResult> {
  if (apply && (reason ?? '').trim() === '')
    throw new Failure('usage', 'Expected --reason "why" with --apply: it is kept with what is repaired.');
  const apps = chosen(await operatedApps(context.environment['OPERATIONS_APPS_FILE']), only);
  const wanted = { apply, by, reason: reason ?? 'a look' };
  const reports: AppReport[] = [];
  for (const app of apps) reports.push(await reconciled(context, app, { name: by, via: 'cli' }, wanted));
  const left = reports.reduce((sum, report) => sum + leftOf(report), 0);
  return {
    outcome: left === 0 ? 'done' : 'failed',
    lines: [
      ...reports.flatMap(linesOf),
      left === 0 ? 'nothing is left to do' : `left: ${left}${apply ? '' : ' (nothing was changed)'}`,
    ],
    document: { apply, left, apps: reports },
  };
}

async function reconciled(
  context: CommandBasics,
  app: OperatedApp,
  acting: Acting,
  wanted: object,
): Promise<AppReport> {
  const { signal } = context;
  const begun = await orInterrupted(
    signal,
    operationsCall<RunAnswer>(app, acting, { path: 'reconciliations', body: wanted }, signal),
  );
  if ('none' in begun) return { app: app.name, none: true };
  if ('fault' in begun) return { app: app.name, fault: begun.fault };
  const total = begun.body.checks.length;
  const progress = context.output.progress(app.name, total, (done) => countText(Math.round(done), 'check'));
  try {
    for (let [run, silent]: [RunAnswer, number] = [begun.body, 0]; ;) {
      progress.set(run.checks.filter(isOver).length, total, `${app.name}: ${stepOf(run)}`);
      if (run.state !== 'running') return { app: app.name, run };
      await wait(pause, signal);
      const path = `reconciliations/${begun.body.id}`;
      const answer = await orInterrupted(signal, operationsCall<RunAnswer>(app, acting, { path }, signal));
      if ('body' in answer) [run, silent] = [answer.body, 0];
      else if ((silent += 1) >= maxSilent)
        return {
          app: app.name,
          fault: 'fault' in answer ? answer.fault : 'it does not know the run any more',
        };
    }
  } finally {
    progress.end();
  }
}

async function orInterrupted<Result>(signal: AbortSignal, call: Promise<Result>): Promise<Result> {
  if (signal.aborted) throw interruption();
  try {
    return await call;
  } catch (error) {
    if (signal.aborted) throw interruption();
    throw error;
  }
}

function stepOf({ checks }: RunAnswer): string {
  const running = checks.find(({ state }) => state === 'running');
  if (running === undefined) return 'begins or ends';
  return `${running.name}, ${running.lookedAt} looked at, ${countText(running.findings, 'finding')}`;
}

function isOver({ state }: RunAnswer['checks'][number]): boolean {
  return state === 'done' || state === 'failed';
}
