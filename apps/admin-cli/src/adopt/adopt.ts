import { bytesText, countText, Failure, type CommandBasics, type CommandResult } from '#command-line';
import { wait } from '#kernel';
import { nameOfUser, operationsCall, type Acting, type OperatedApp } from '#operations-client';
import { operatedApps } from '../operations/operated-apps.js';

export interface AdoptOptions {
  readonly apply?: boolean;
  readonly withoutChecksums?: boolean;
  readonly pid?: string;
  readonly createdBefore?: string;
  readonly reason?: string;
  readonly by?: string;
  readonly app: string;
}

/** A run as the archiver tells of it. */
interface Run {
  readonly _id: string;
  readonly state: 'running' | 'done' | 'stopped';
  readonly waits?: string;
  readonly counts: Readonly<
    Record<'looked' | 'known' | 'adopted' | 'adoptable' | 'refused' | 'bytes', number>
  >;
  readonly problems: readonly {
    readonly archiveId: string;
    readonly pid: string;
    readonly message: string;
  }[];
}

/** Milliseconds between two looks at a run. */
const pause = 1000;
/** Looks in a row that may fail: the archiver may be restarted. */
const maxSilent = 60;

/** Has the archiver take over what an earlier system has archived on a target, and says what became of it. */
export async function adopt(
  context: CommandBasics,
  target: string,
  {
    apply = false,
    withoutChecksums = false,
    pid,
    createdBefore,
    reason,
    by = nameOfUser(),
    app: name,
  }: AdoptOptions,
): Promise<CommandResult> {
  if (apply && (reason ?? '').trim() === '')
    throw new Failure('usage', 'Expected --reason "why" with --apply: it is kept with what is adopted.');
  const apps = await operatedApps(context.environment['OPERATIONS_APPS_FILE']);
  const app = apps.find((one) => one.name === name);
  if (app === undefined)
    throw new Failure('usage', `Expected ${name} (--app) in OPERATIONS_APPS_FILE, found none of that name.`);
  const acting = { name: by, via: 'cli' as const };
  const body = {
    ...{ target, apply, withoutChecksums, by, reason: reason ?? 'a look' },
    ...(pid === undefined ? {} : { pid }),
    ...(createdBefore === undefined ? {} : { createdBefore }),
  };
  const begun = await operationsCall<Run>(app, acting, { path: 'adoptions', body }, context.signal);
  if (!('body' in begun))
    throw new Failure('failed', `${name}: ${'fault' in begun ? begun.fault : 'it adopts nothing'}`);
  const run = await followed(context, app, acting, begun.body);
  return {
    outcome: run.state === 'done' && run.counts.refused === 0 ? 'done' : 'failed',
    lines: linesOf(run),
    document: run,
  };
}

/** To its end. An interruption ends the watching; the run goes on. */
async function followed(context: CommandBasics, app: OperatedApp, acting: Acting, begun: Run): Promise<Run> {
  const { signal, output } = context;
  const progress = output.progress(app.name, 1, (done) => countText(Math.round(done), 'run'));
  try {
    for (let [run, silent] = [begun, 0]; ;) {
      const { looked, bytes } = run.counts;
      const waits = run.waits === undefined ? '' : `, waits: ${run.waits}`;
      progress.set(0, 1, `${countText(looked, 'datablock')}, ${bytesText(bytes)} read${waits}`);
      if (run.state !== 'running') return run;
      await wait(pause, signal);
      const answer = await operationsCall<Run>(app, acting, { path: `adoptions/${run._id}` }, signal);
      if ('body' in answer) [run, silent] = [answer.body, 0];
      else if ((silent += 1) >= maxSilent)
        throw new Failure(
          'failed',
          `${app.name}: ${'fault' in answer ? answer.fault : 'it does not know the run any more'}. The run ${run._id} may go on there.`,
        );
    }
  } finally {
    progress.end();
  }
}

function linesOf({ _id, state, counts, problems }: Run): string[] {
  const { looked, known, adopted, adoptable, refused, bytes } = counts;
  return [
    ...problems.map(({ pid, message }) => `refused, of ${pid}: ${message}`),
    `run ${_id} ${state === 'done' ? 'is over' : 'was stopped'}: ${countText(looked, 'datablock')} looked at, ${known} known, ${adopted} adopted, ${adoptable} to be adopted with --apply, ${refused} refused; ${bytesText(bytes)} read`,
  ];
}
