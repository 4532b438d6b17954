import { Failure, type CommandResult } from '#command-line';
import type { Call, OperatedApp } from '#operations-client';
import type { CommandContext } from '../command.js';
import { OpsCalls, type OpsOptions } from './operator.js';
import { reasonFor } from './reason.js';
import { timeIn } from './times.js';
import { detailLines, query } from './values.js';

/** What deeds take beside the names of what they are done to. */
export interface DeedOptions extends OpsOptions {
  readonly until?: string;
  readonly identity?: string;
  readonly withoutOriginals?: boolean;
  readonly text?: string;
  readonly data?: string;
}

/** One action on one thing. */
interface Deed {
  /** The app that owns the thing; absent: the one that its name begins with, as `archiver/ID`. */
  readonly app?: string;
  readonly method?: 'DELETE';
  readonly path: (ids: readonly string[], options: DeedOptions) => string;
  readonly reason: 'needed' | 'taken';
  /** Whether its body says who does it, as clients of before 0.9 do. */
  readonly sayBy?: true;
  /** Whether the answer says that it was done; absent: whatever was answered says so. */
  readonly isDone?: (answer: { readonly state?: unknown }) => boolean;
  /** Beside who and why. @throws Failure `usage` */
  readonly body?: (options: DeedOptions) => object;
}

const part = encodeURIComponent;
const parkedOf =
  (action: string): Deed['path'] =>
  ([id = '']) =>
    `parking-lot/${part(id)}/${action}`;

const deeds = {
  'works try-now': {
    ...{ app: 'archiver', reason: 'taken' },
    path: ([id = '']) => `works/${part(id)}/try-now`,
  },
  'copies verify': {
    ...{ app: 'archiver', reason: 'taken' },
    path: ([id = '']) => `copies/${part(id)}/verify`,
  },
  'copies repair': {
    ...{ app: 'archiver', reason: 'needed' },
    path: ([id = '', share = '']) => `copies/${part(id)}/${part(share)}/repair`,
  },
  'retrieved extend': {
    ...{ app: 'archiver', reason: 'needed', body: untilOf },
    path: ([id = '']) => `retrieved/${part(id)}/extend`,
  },
  'retrieved link': {
    ...{ app: 'archiver', reason: 'taken' },
    path: ([id = '']) => `retrieved/${part(id)}/link`,
  },
  'shares adopt': {
    ...{ app: 'archiver', reason: 'needed', sayBy: true },
    path: ([name = '']) => `shares/${part(name)}/adopt`,
    body: ({ identity }) => ({ identity }),
  },
  'set-aside bring-back': {
    ...{ app: 'archiver', reason: 'taken' },
    path: ([id = '']) => `set-aside/${part(id)}/bring-back`,
  },
  'set-aside remove': {
    ...{ app: 'archiver', method: 'DELETE', reason: 'taken' },
    isDone: ({ state }) => state === 'removed',
    path: ([id = ''], { withoutOriginals }) =>
      `set-aside/${part(id)}${query({ 'without-originals': withoutOriginals === true ? 'true' : undefined })}`,
  },
  'adoptions stop': {
    ...{ app: 'archiver', reason: 'needed', sayBy: true },
    path: ([id = '']) => `adoptions/${part(id)}/stop`,
  },
  'certificate-keys revoke': {
    ...{ app: 'catalog-api', reason: 'needed', sayBy: true },
    path: ([id = '']) => `certificate-keys/${part(id)}/revoke`,
  },
  'publications retry': {
    ...{ app: 'publisher', reason: 'taken' },
    path: ([doi = '']) => `publications/${part(doi)}/retry`,
  },
  'publications compare': { app: 'publisher', reason: 'taken', path: () => 'publications/compare' },
  'parked replay': { reason: 'taken', path: parkedOf('replay') },
  'parked discard': { reason: 'needed', path: parkedOf('discard') },
  'parked restore': { reason: 'needed', path: parkedOf('restore') },
  'parked edit': { reason: 'needed', path: parkedOf('edit'), body: dataOf },
  'runs stop': { reason: 'needed', path: ([id = '']) => `bulk-runs/${part(id)}/stop` },
} as const satisfies Record<string, Deed>;

export type DeedName = keyof typeof deeds;

/**
 * Does one thing, and prints what the app says of it.
 *
 * @param ids names of what it is done to, in the order of the command
 * @throws Failure `conflict` when another was faster, `usage`, `notAllowed`, `unreachable`
 */
export async function perform(
  context: CommandContext,
  name: DeedName,
  given: readonly string[],
  options: DeedOptions,
): Promise<CommandResult> {
  const deed: Deed = deeds[name];
  const calls = await OpsCalls.from(context, options);
  const { app, ids } = ownerOf(calls, deed, given);
  const said = deed.body?.(options) ?? {};
  const reason =
    deed.reason === 'needed' || options.reason !== undefined ? await reasonFor(context, options) : undefined;
  const by = deed.sayBy === true ? (await calls.acting()).name : undefined;
  const body = { ...said, ...(reason === undefined ? {} : { reason }), ...(by === undefined ? {} : { by }) };
  const call: Call = {
    path: deed.path(ids, options),
    method: deed.method ?? 'POST',
    ...(Object.keys(body).length === 0 && deed.method !== undefined ? {} : { body }),
  };
  const answer = await calls.act<object>(app, call);
  const isDone = deed.isDone?.(answer) ?? true;
  return { outcome: isDone ? 'done' : 'failed', lines: detailLines(answer), document: answer };
}

/** Leaves a note at a parked message: the text is what others read. */
export async function note(
  context: CommandContext,
  given: string,
  text: string,
  options: OpsOptions,
): Promise<CommandResult> {
  const calls = await OpsCalls.from(context, options);
  const { app, id } = calls.ownerOf(given);
  const answer = await calls.act<object>(app, { path: `parking-lot/${part(id)}/notes`, body: { text } });
  return { outcome: 'done', lines: detailLines(answer), document: answer };
}

/** Everything that an app tells of one thing. */
export async function show(
  context: CommandContext,
  kind: 'parking-lot' | 'bulk-runs' | 'publications' | 'works' | 'jobs',
  given: string,
  options: OpsOptions,
): Promise<CommandResult> {
  const calls = await OpsCalls.from(context, options);
  const usual = { publications: 'publisher', works: 'archiver', jobs: 'job-assembler' } as const;
  const { app, id } =
    kind === 'parking-lot' || kind === 'bulk-runs'
      ? calls.ownerOf(given)
      : { app: calls.appFor(usual[kind]), id: given };
  const { body } = await calls.read<object>(app, { path: `${kind}/${part(id)}` });
  return { outcome: 'done', lines: detailLines(body), document: body };
}

function ownerOf(
  calls: OpsCalls,
  { app }: Deed,
  given: readonly string[],
): { readonly app: OperatedApp; readonly ids: readonly string[] } {
  if (app !== undefined) return { app: calls.appFor(app), ids: given };
  const [first = '', ...others] = given;
  const found = calls.ownerOf(first);
  return { app: found.app, ids: [found.id, ...others] };
}

function untilOf({ until }: DeedOptions): object {
  if (until === undefined)
    throw new Failure('usage', 'Expected --until, such as 2027-01-31T18:00:00Z or 3d, found nothing.');
  return { until: timeIn(until) };
}

function dataOf({ data = '' }: DeedOptions): object {
  try {
    return { data: JSON.parse(data) as unknown };
  } catch {
    throw new Failure('usage', 'Expected in --data the JSON that is sent in place of what was parked.');
  }
}
