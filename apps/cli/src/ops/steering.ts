import { Failure, type CommandResult } from '#command-line';
import type { CommandContext } from '../command.js';
import { tableLines } from '../table.js';
import { OpsCalls, type OpsOptions } from './operator.js';
import { reasonFor } from './reason.js';
import { timeIn } from './times.js';
import { cellText, detailLines, factsText, type Row } from './values.js';

export interface SteeringOptions extends OpsOptions {
  readonly until?: string;
}

interface Pause {
  readonly id: string;
  readonly scope: string;
}

interface Limits {
  readonly configured: Readonly<Record<string, number>>;
  readonly override: Readonly<Record<string, { value: number; by: string; reason: string; until?: string }>>;
  readonly used: {
    readonly global: number;
    readonly targets: Readonly<Record<string, number>>;
    readonly groups: Readonly<Record<string, number>>;
  };
  readonly planned: Readonly<Record<string, number>>;
  readonly oldestPlanned: Readonly<Record<string, string>>;
  readonly pauses: readonly (Pause & Row)[];
  readonly closed: Readonly<Record<string, Row>>;
}

const assembler = 'job-assembler';
const priorities = { urgent: 0, normal: 1, background: 2 } as const;

/** Limits, who has the slots, what waits, and pauses. */
export async function showLimits(context: CommandContext, options: OpsOptions): Promise<CommandResult> {
  const calls = await OpsCalls.from(context, options);
  const { body } = await calls.read<Limits>(calls.appFor(assembler), { path: 'limits' });
  return { outcome: 'done', lines: limitLines(body), document: body };
}

/** Other limits for a while, each as NAME=VALUE; `configured` in place of a value ends that. */
export async function setLimits(
  context: CommandContext,
  given: readonly string[],
  options: SteeringOptions,
): Promise<CommandResult> {
  const limits = Object.fromEntries(given.map(limitIn));
  const calls = await OpsCalls.from(context, options);
  const app = calls.appFor(assembler);
  const until = untilOf(options);
  const word = await wordOf(context, calls, options);
  const { etag } = await calls.read<Limits>(app, { path: 'limits' });
  // Who changes them in between is faster: the answer is 409, and says who.
  const body = await calls.act<Limits>(app, {
    ...{ method: 'PUT', path: 'limits', body: { limits, ...word, ...until } },
    ...(etag === undefined ? {} : { ifMatch: etag }),
  });
  return { outcome: 'done', lines: limitLines(body), document: body };
}

/** Nothing new begins in a scope. A drain says the same, and shows what still runs. */
export async function close(
  context: CommandContext,
  mode: 'pause' | 'drain',
  scope: string,
  options: SteeringOptions,
): Promise<CommandResult> {
  const calls = await OpsCalls.from(context, options);
  const until = untilOf(options);
  const own = archiverScope(scope);
  if (own !== undefined) return steerArchiver(context, calls, own, mode, { ...options, ...until });
  const word = await wordOf(context, calls, options);
  const body = { scope, ...word, ...until, ...(mode === 'drain' ? { mode } : {}) };
  const pause = await calls.act<object>(calls.appFor(assembler), { path: 'pauses', body });
  return { outcome: 'done', lines: detailLines(pause), document: pause };
}

/** Ends a pause, by its id or its scope. */
export async function resume(
  context: CommandContext,
  given: string,
  options: OpsOptions,
): Promise<CommandResult> {
  const calls = await OpsCalls.from(context, options);
  const own = archiverScope(given);
  if (own !== undefined) return steerArchiver(context, calls, own, 'run', options);
  const app = calls.appFor(assembler);
  const found = await pausesOf(calls, app, given);
  const word = await wordOf(context, calls, options);
  for (const { id } of found)
    await calls.act(app, { method: 'DELETE', path: `pauses/${encodeURIComponent(id)}`, body: word });
  return {
    outcome: 'done',
    lines: found.map(({ id, scope }) => `${scope} goes on (pause ${id} is over)`),
    document: { ended: found },
  };
}

/** A held job is its own pause; of many the list shows only some. */
async function pausesOf(
  calls: OpsCalls,
  app: ReturnType<OpsCalls['appFor']>,
  given: string,
): Promise<readonly Pause[]> {
  if (given.startsWith('job:')) return [{ id: given, scope: given }];
  const { body } = await calls.read<Limits>(app, { path: 'limits' });
  const found = body.pauses.filter(({ id, scope }) => id === given || scope === given);
  if (found.length > 0) return found;
  const scopes = body.pauses.map(({ scope }) => scope).join(', ') || 'none';
  throw new Failure('conflict', `Expected a pause of ${given}, found none. Paused now: ${scopes}.`);
}

/** @param level `urgent`, `normal` or `background` */
export async function prioritise(
  context: CommandContext,
  job: string,
  level: string,
  options: OpsOptions,
): Promise<CommandResult> {
  return steerJob(
    context,
    job,
    'priority',
    { priority: priorities[level as keyof typeof priorities] },
    options,
  );
}

/** Nothing more of a job begins before a time; `now`: at once. */
export async function defer(
  context: CommandContext,
  job: string,
  options: SteeringOptions & { readonly until: string },
): Promise<CommandResult> {
  const until = options.until === 'now' ? null : timeIn(options.until);
  return steerJob(context, job, 'defer', { until }, options);
}

async function steerJob(
  context: CommandContext,
  job: string,
  what: 'priority' | 'defer',
  said: object,
  options: OpsOptions,
): Promise<CommandResult> {
  const calls = await OpsCalls.from(context, options);
  const word = await wordOf(context, calls, options);
  const path = `jobs/${encodeURIComponent(job)}/${what}`;
  const body = await calls.act<object>(calls.appFor(assembler), {
    method: 'PUT',
    path,
    body: { ...said, ...word },
  });
  return { outcome: 'done', lines: detailLines(body), document: body };
}

interface ArchiverScope {
  readonly kind: 'share' | 'worker';
  readonly name: string;
}

/** Shares and workers are the archiver's. */
function archiverScope(scope: string): ArchiverScope | undefined {
  const [, kind, name] = /^(share|worker):(.+)$/s.exec(scope) ?? [];
  return name === undefined ? undefined : { kind: kind as ArchiverScope['kind'], name };
}

async function steerArchiver(
  context: CommandContext,
  calls: OpsCalls,
  { kind, name }: ArchiverScope,
  mode: 'pause' | 'drain' | 'run',
  { until, ...options }: SteeringOptions,
): Promise<CommandResult> {
  const word = await wordOf(context, calls, options);
  const body = { mode, ...word, ...(until === undefined ? {} : { until }) };
  const path = `${kind}s/${encodeURIComponent(name)}/mode`;
  const answer = await calls.act<object>(calls.appFor('archiver'), { path, body });
  return { outcome: 'done', lines: detailLines(answer), document: answer };
}

/** Who decides, and why: these calls have it in their body, too. */
async function wordOf(
  context: CommandContext,
  calls: OpsCalls,
  options: OpsOptions,
): Promise<{ by: string; reason: string }> {
  const reason = await reasonFor(context, options);
  return { by: (await calls.acting()).name, reason };
}

function untilOf({ until }: SteeringOptions): { until?: string } {
  return until === undefined ? {} : { until: timeIn(until) };
}

function limitIn(text: string): [string, number | null] {
  const [, name, value] = /^(.+)=(\d{1,9}|configured)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new Failure(
      'usage',
      `Expected limits such as global=32, write:tape=0 or read:tape=configured, found ${JSON.stringify(text)}.`,
    );
  return [name, value === 'configured' ? null : Number(value)];
}

function limitLines({
  configured,
  override,
  used,
  planned,
  oldestPlanned,
  pauses,
  closed,
}: Limits): string[] {
  const limits = Object.entries(configured).map(([name, value]) => {
    const other = override[name];
    const word = other === undefined ? '-' : `${other.by}: ${other.reason}`;
    return [name, String(value), cellText(other?.value), cellText(other?.until), word];
  });
  const listed = (title: string, entries: Readonly<Record<string, unknown>>): string[] =>
    Object.entries(entries).map(([name, value]) => `${title} ${name}: ${cellText(value)}`);
  return [
    ...tableLines([['LIMIT', 'CONFIGURED', 'CHANGED TO', 'UNTIL', 'BY'], ...limits]),
    `used: ${used.global}`,
    ...listed('used at', used.targets),
    ...listed('used by group', used.groups),
    ...Object.entries(planned).map(
      ([lane, count]) => `planned ${lane}: ${count}, the oldest since ${cellText(oldestPlanned[lane])}`,
    ),
    ...pauses.map((pause) => `paused ${pause.scope}: ${factsText(pause)}`),
    ...listed('closed', closed),
  ];
}
