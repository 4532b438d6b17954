import type { FileEntry, FileValue } from './file-reading.js';
import { onlyTarget } from './routes.js';
import { targetKinds, type Target, type TargetKind } from './targets.js';
import { anyText, listOf, nameText, oneOf, size, time, wholeNumber } from './values.js';
import { readWindows } from './windows-in-file.js';

/** What an archiver needs to reach a target. */
export interface TargetPlace {
  readonly name: string;
  readonly kind: TargetKind;
  /** Bytes that stay free; absent: LTS_RESERVE. */
  readonly reserve?: number;
  /** What records call it that are older than ROUTES_FILE: its item in LTS_ROOTS. */
  readonly formerNames: readonly string[];
  /** Seconds that one mount costs; absent: nobody said. */
  readonly mountCost?: number;
  /** How its old copies are read again, where it says so; `off`: not at all. Absent: SCRUB_WITHIN, SCRUB_BYTES_PER_DAY, SCRUB_HOURS_PER_DAY. */
  readonly scrub?: ScrubInFile | 'off';
  /** What the adapter of the kind asks for. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** What a target says of the reading of its old copies. */
export interface ScrubInFile {
  /** Milliseconds within which every copy is to be read once. */
  readonly within?: number;
  /** 0: not at all. */
  readonly bytesPerDay?: number;
  readonly hoursPerDay?: number;
}

/** What an adapter has to say of a target's options; `key` is the place of one below `options`, such as `cold.days`. */
export type OptionsCheck = (
  target: Pick<TargetPlace, 'name' | 'kind' | 'options'>,
) => readonly { readonly key: string; readonly problem: string }[];

/** What is not in the file. */
export interface ReadingOptions {
  /** Work orders at once of a target that names no limits. */
  readonly limit: number;
  /** Absent where nobody reaches targets: then options may be anything. */
  readonly check?: OptionsCheck;
}

export interface TargetInFile {
  readonly target: Target;
  readonly place: TargetPlace;
  readonly line: number;
}

const keys = [
  ...['name', 'kind', 'options', 'reserve', 'formerNames'],
  ...['limits', 'windows', 'mountCost', 'scrub'],
];
const maxTargets = 100;
const maxAtOnce = 10_000;

export function readTargets(value: FileValue, reading: ReadingOptions): readonly TargetInFile[] {
  const items = value.items('targets') ?? [];
  if (items.length === 0 || items.length > maxTargets)
    value.refuse(`1 to ${maxTargets} targets`, 'Write at least one.', `${items.length}`);
  const found = items.map((item) => readTarget(item, reading)).filter((target) => target !== undefined);
  refuseTwice(found);
  return found.map(({ parsed }) => parsed);
}

interface Found {
  readonly parsed: TargetInFile;
  readonly entry: FileEntry;
}

/** Keys that stand below `options`, as the adapter's own. */
const advice = Object.fromEntries(
  ['place', 'path', 'root', 'marker', 'drives', 'bucket', 'secretKeyFile'].map((key) => [
    key,
    `Write it below \`options\`, as the kind asks for it (docs/routes.md).`,
  ]),
);

function readTarget(value: FileValue, { limit, check }: ReadingOptions): Found | undefined {
  const entry = value.entry(keys, advice);
  if (entry === undefined) return undefined;
  const name = entry.required('name', nameText, 'disk');
  if (name === onlyTarget)
    entry
      .value('name')!
      .refuse(
        `a name other than ${onlyTarget}, which work from before this file counts at`,
        'Choose another.',
      );
  const kind = entry.required('kind', oneOf(targetKinds), 'share');
  const windows = entry.optional('windows', readWindows) ?? [];
  const limits = entry.optional('limits', (one) => readLimits(one, limit)) ?? { write: limit, read: limit };
  const mountCost = (entry.optional('mountCost', time) ?? 0) / 1000;
  const reserve = entry.optional('reserve', size);
  const scrub = entry.optional('scrub', readScrub);
  const formerNames = entry.optional('formerNames', listOf(anyText, fewNames)) ?? [];
  if (name === undefined || kind === undefined) return undefined;
  const options = kind === 'outside' ? refuseStorage(entry) : readOptions(entry, { name, kind }, check);
  if (options === undefined) return undefined;
  const place = {
    ...{ name, kind, formerNames, options },
    ...(reserve === undefined ? {} : { reserve }),
    ...(mountCost === 0 ? {} : { mountCost }),
    ...(scrub === undefined ? {} : { scrub }),
  };
  return { parsed: { target: { name, kind, limits, windows, mountCost }, place, line: value.line }, entry };
}

const fewNames = { what: 'former names', most: 20 };

/** Others operate that storage: no archiver reaches it. */
function refuseStorage(entry: FileEntry): TargetPlace['options'] {
  for (const key of ['options', 'reserve', 'formerNames', 'scrub'])
    entry.value(key)?.refuse('no such key of kind outside', 'Remove it: others operate that storage.');
  return {};
}

function readOptions(
  entry: FileEntry,
  target: Pick<TargetPlace, 'name' | 'kind'>,
  check: OptionsCheck = () => [],
): TargetPlace['options'] | undefined {
  return entry.required(
    'options',
    (value) => {
      const options = value.object;
      if (options === undefined)
        return value.refuse('the options of the kind', 'Write them below, each as `key: value`.');
      for (const { key, problem } of check({ ...target, options })) value.at(key.split('.')).tell(problem);
      return options;
    },
    '{ place: /mnt/disk }',
  );
}

function readLimits(value: FileValue, limit: number): Target['limits'] | undefined {
  const entry = value.entry(['write', 'read']);
  if (entry === undefined) return undefined;
  const [write, read] = ['write', 'read'].map(
    (key) => entry.optional(key, wholeNumber(1, maxAtOnce)) ?? limit,
  );
  return { write: write!, read: read! };
}

const leastWithin = 86_400_000;

function readScrub(value: FileValue): ScrubInFile | 'off' | undefined {
  // YAML 1.1 called it false, and people still do.
  if (value.plain === 'off' || value.plain === false) return 'off';
  const entry = value.entry(['within', 'bytesPerDay', 'hoursPerDay']);
  if (entry === undefined) return undefined;
  const within = entry.optional('within', time);
  if (within !== undefined && within < leastWithin)
    entry.value('within')!.refuse('at least 1d', 'Write days, such as 180d.');
  const bytesPerDay = entry.optional('bytesPerDay', size);
  const hoursPerDay = entry.optional('hoursPerDay', wholeNumber(0, 24));
  return {
    ...(within === undefined ? {} : { within }),
    ...(bytesPerDay === undefined ? {} : { bytesPerDay }),
    ...(hoursPerDay === undefined ? {} : { hoursPerDay }),
  };
}

/** Names and former names are what records call a target by; two copies in one place are one. */
function refuseTwice(found: readonly Found[]): void {
  const names = new Map<string, string>();
  const places = new Map<string, string>();
  for (const { parsed, entry } of found) {
    const { name, kind, options, formerNames } = parsed.place;
    const former = formerNames.filter((one) => one !== name);
    for (const [key, one] of [['name', name], ...former.map((other) => ['formerNames', other])] as const) {
      if (names.has(one))
        entry
          .value(key)
          ?.refuse(`each name once`, `Rename it: ${names.get(one)} has it.`, JSON.stringify(one));
      else names.set(one, `target ${name} (line ${parsed.line})`);
    }
    const { place, endpoint, bucket, prefix, commands, environment } = options;
    const [key, written] =
      typeof bucket === 'string'
        ? ['bucket', bucket]
        : commands === undefined
          ? ['place', place]
          : ['commands', JSON.stringify([commands, environment])];
    if (typeof written !== 'string') continue;
    const where = JSON.stringify([kind, endpoint, written.replace(/\/+$/, ''), prefix]);
    if (places.has(where))
      entry
        .value('options')
        ?.at([key])
        .refuse(
          'each place once',
          `Remove one: ${places.get(where)} lies there, and two copies in one place are one.`,
        );
    else places.set(where, `target ${name} (line ${parsed.line})`);
  }
}
