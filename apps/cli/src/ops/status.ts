import { countText, type CommandResult } from '#command-line';
import type { Answers } from '#operations-client';
import type { CommandContext } from '../command.js';
import { tableLines } from '../table.js';
import { OpsCalls, partial, type OpsOptions } from './operator.js';
import { cellText, valueAt, type Row } from './values.js';

/** A worker that was not seen for longer counts as dead: it says that it lives every ten seconds. */
const alive = 60_000;

interface AppStatus {
  readonly app: string;
  readonly version: unknown;
  readonly started: unknown;
  readonly dependencies: Row;
  readonly open: number;
  readonly oldest: string | undefined;
  readonly parked: number;
  readonly workers: { readonly alive: number; readonly known: number } | undefined;
  readonly steered: readonly string[];
}

/** All apps at once: what runs, what it needs, what is under way, and what operators have closed. */
export async function status(context: CommandContext, options: OpsOptions): Promise<CommandResult> {
  const calls = await OpsCalls.from(context, options);
  const [apps, outboxes, parked, workers, shares, limits] = await Promise.all(
    ['app', 'outbox', 'parking-lot/groups', 'workers', 'shares', 'limits'].map((path) =>
      calls.ask<unknown>({ path }),
    ),
  );
  const rows = apps!.answers.map(({ app, body }): AppStatus => {
    const of = (answers: Answers<unknown> | undefined): readonly Row[] => itemsOf(answers, app);
    const now = Date.parse(String(valueAt(body, 'now')));
    const seen = workers!.answers.some((answer) => answer.app === app) ? of(workers) : undefined;
    return {
      ...{ app, version: valueAt(body, 'version'), started: valueAt(body, 'started') },
      dependencies: (valueAt(body, 'dependencies') ?? {}) as Row,
      open: sumOf(of(outboxes)),
      oldest: of(outboxes)
        .map(({ oldest }) => String(oldest))
        .sort()[0],
      parked: sumOf(of(parked)),
      workers: seen && {
        known: seen.length,
        alive: seen.filter((worker) => isAlive(worker, now)).length,
      },
      steered: [
        ...of(shares).flatMap((share) => steeredShare(share)),
        ...of(workers).flatMap((worker) => steeredWorker(worker)),
        ...pausesOf(limits, app).map(
          (pause) => `${cellText(pause['scope'])} paused by ${cellText(pause['by'])}`,
        ),
      ],
    };
  });
  const asked = [apps, outboxes, parked, workers, shares, limits].flatMap((answers) => answers!.missing);
  const missing = asked.filter(({ app }, index) => asked.findIndex((one) => one.app === app) === index);
  return partial(context, missing, {
    lines: [...linesOf(rows), ...missing.map(({ app, message }) => `${app} does not answer: ${message}`)],
    document: { apps: rows },
  });
}

function linesOf(rows: readonly AppStatus[]): string[] {
  const lines = rows.map((row) => [
    ...[row.app, cellText(row.version), cellText(row.started), dependenciesOf(row)],
    row.open === 0 ? '0' : `${row.open}, since ${cellText(row.oldest)}`,
    String(row.parked),
    row.workers === undefined ? '-' : `${row.workers.alive} of ${row.workers.known}`,
  ]);
  return [
    ...tableLines([
      ['APP', 'VERSION', 'UP SINCE', 'NEEDS', 'OPEN MESSAGES', 'PARKED', 'WORKERS ALIVE'],
      ...lines,
    ]),
    ...rows.flatMap(({ app, steered }) => steered.map((one) => `${app}: ${one}`)),
    ...rows.flatMap(({ app, parked }) =>
      parked === 0
        ? []
        : [`${app}: ${countText(parked, 'message')} could not be handled: catena ops parked groups`],
    ),
  ];
}

/** `broker down`, or `all up`. */
function dependenciesOf({ dependencies }: AppStatus): string {
  const down = Object.entries(dependencies).filter(
    ([, value]) => (valueAt(value, 'status') ?? value) !== 'up',
  );
  return down.length === 0
    ? 'all up'
    : down.map(([name, value]) => `${name} ${cellText(valueAt(value, 'status') ?? value)}`).join(', ');
}

function steeredShare(share: Row): string[] {
  const [name, mode] = [cellText(share['name']), share['mode']];
  const state = share['state'] === 'away' ? [`share ${name} is away: ${cellText(share['reason'])}`] : [];
  if (mode === undefined || mode === 'run') return state;
  return [...state, `share ${name} is closed (${cellText(mode)}) by ${steeredBy(share)}`];
}

function steeredWorker(worker: Row): string[] {
  const [instance, mode] = [cellText(worker['instance']), worker['mode']];
  if (mode === undefined || mode === 'run') return [];
  return [`worker ${instance} takes nothing new (${cellText(mode)}) by ${steeredBy(worker)}`];
}

function steeredBy(row: Row): string {
  return `${cellText(valueAt(row, 'steered.by'))}: ${cellText(valueAt(row, 'steered.reason'))}`;
}

/** The archiver says it; of one that does not, its last sign counts. */
function isAlive({ alive: said, seenAt }: Row, now: number): boolean {
  return typeof said === 'boolean' ? said : now - Date.parse(String(seenAt)) < alive;
}

function itemsOf(answers: Answers<unknown> | undefined, app: string): readonly Row[] {
  const body = answers?.answers.find((answer) => answer.app === app)?.body;
  const items = Array.isArray(body) ? body : valueAt(body, 'items');
  return Array.isArray(items) ? (items as Row[]) : [];
}

function pausesOf(answers: Answers<unknown> | undefined, app: string): readonly Row[] {
  const pauses = valueAt(answers?.answers.find((answer) => answer.app === app)?.body, 'pauses');
  return Array.isArray(pauses) ? (pauses as Row[]) : [];
}

function sumOf(rows: readonly Row[]): number {
  return rows.reduce((sum, { count }) => sum + (typeof count === 'number' ? count : 0), 0);
}
