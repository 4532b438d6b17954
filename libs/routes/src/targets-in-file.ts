import type { FileEntry, FileValue } from './file-reading.js';
import { kinds, needsOptions, readOptions, type TargetOptions } from './kind-options.js';
import { targetKinds, type Target, type TargetKind } from './targets.js';
import { anyText, listOf, nameText, oneOf, size, time, wholeNumber, type Reader } from './values.js';
import { readWindows } from './windows-in-file.js';

/** What an archiver needs to reach a target. */
export interface TargetPlace {
  readonly name: string;
  readonly kind: TargetKind;
  /** A path or an address; absent where the kind has none. */
  readonly place?: string;
  /** A file below `place` that is there only while the storage is mounted. */
  readonly marker?: string;
  /** Bytes that stay free; absent: LTS_RESERVE. */
  readonly reserve?: number;
  /** What records call it that are older than ROUTES_FILE: its item in LTS_ROOTS. */
  readonly formerNames: readonly string[];
  readonly options: TargetOptions;
}

export interface TargetInFile {
  readonly target: Target;
  readonly place: TargetPlace;
  readonly line: number;
}

const keys = [
  ...['name', 'kind', 'place', 'marker', 'reserve', 'options', 'formerNames'],
  ...['limits', 'windows', 'mountCost'],
];
const maxTargets = 100;
const maxAtOnce = 10_000;

/** @param limit work orders at once, where a target does not say it */
export function readTargets(value: FileValue, limit: number): readonly TargetInFile[] {
  const items = value.items('targets') ?? [];
  if (items.length === 0 || items.length > maxTargets)
    value.refuse(`1 to ${maxTargets} targets`, 'Write at least one.', `${items.length}`);
  const found = items.map((item) => readTarget(item, limit)).filter((target) => target !== undefined);
  refuseTwice(found);
  return found.map(({ parsed }) => parsed);
}

interface Found {
  readonly parsed: TargetInFile;
  readonly entry: FileEntry;
}

function readTarget(value: FileValue, limit: number): Found | undefined {
  const entry = value.entry(keys, {
    ltsRoot: 'It is called `place` here.',
    path: 'It is called `place` here.',
  });
  if (entry === undefined) return undefined;
  const name = entry.required('name', nameText, 'disk');
  const kind = entry.required('kind', oneOf(targetKinds), 'share');
  const windows = entry.optional('windows', readWindows) ?? [];
  const limits = entry.optional('limits', (one) => readLimits(one, limit)) ?? { write: limit, read: limit };
  const mountCost = (entry.optional('mountCost', time) ?? 0) / 1000;
  const place = kind === undefined ? undefined : readPlace(entry, kind);
  if (name === undefined || kind === undefined || place === undefined) return undefined;
  const target: Target = { name, kind, limits, windows, mountCost };
  return { parsed: { target, place: { name, kind, ...place }, line: value.line }, entry };
}

function readLimits(value: FileValue, limit: number): Target['limits'] | undefined {
  const entry = value.entry(['write', 'read']);
  if (entry === undefined) return undefined;
  const [write, read] = ['write', 'read'].map(
    (key) => entry.optional(key, wholeNumber(1, maxAtOnce)) ?? limit,
  );
  return { write: write!, read: read! };
}

function readPlace(entry: FileEntry, kind: TargetKind): Omit<TargetPlace, 'name' | 'kind'> | undefined {
  const { place: form } = kinds[kind];
  const isPlaced = form !== undefined;
  for (const key of isPlaced ? [] : ['place', 'marker'])
    entry.value(key)?.refuse(`no such key of kind ${kind}`, 'Remove it.');
  if (kind === 'outside')
    for (const key of ['reserve', 'formerNames'])
      entry.value(key)?.refuse('no such key of kind outside', 'Remove it: others operate that storage.');
  const place = isPlaced ? entry.required('place', placeOf(form), form.example) : undefined;
  const marker = entry.optional('marker', fileName);
  const reserve = entry.optional('reserve', size);
  const formerNames =
    entry.optional('formerNames', listOf(anyText, { what: 'former names', most: 20 })) ?? [];
  const options = optionsOf(entry, kind);
  if (options === undefined || (isPlaced && place === undefined)) return undefined;
  return {
    ...(place === undefined ? {} : { place }),
    ...(marker === undefined ? {} : { marker }),
    ...(reserve === undefined ? {} : { reserve }),
    ...{ formerNames, options },
  };
}

function optionsOf(entry: FileEntry, kind: TargetKind): TargetOptions | undefined {
  if (entry.value('options') === undefined && !needsOptions(kind)) return {};
  return entry.required('options', (value) => readOptions(kind, value), '{ … }');
}

function placeOf({ expected, pattern }: { expected: string; pattern: RegExp }): Reader<string> {
  return (value) => {
    const place = value.plain;
    if (typeof place === 'string' && pattern.test(place)) return place.replace(/(.)\/+$/, '$1');
    return value.refuse(expected, 'Write the whole of it.');
  };
}

const fileName: Reader<string> = (value) => {
  const name = value.plain;
  if (typeof name === 'string' && /^[^/]+$/.test(name) && !/^\.{1,2}$/.test(name)) return name;
  return value.refuse('the name of a file below `place`', 'Write its name alone.');
};

/** Names and former names are what records call a target by; two copies in one place are one. */
function refuseTwice(found: readonly Found[]): void {
  const names = new Map<string, string>();
  const places = new Map<string, string>();
  for (const { parsed, entry } of found) {
    const { name, kind, place, formerNames } = parsed.place;
    const former = formerNames.filter((one) => one !== name);
    for (const [key, one] of [['name', name], ...former.map((other) => ['formerNames', other])] as const) {
      if (names.has(one!))
        entry
          .value(key!)
          ?.refuse(`each name once`, `Rename it: ${names.get(one!)} has it.`, JSON.stringify(one));
      else names.set(one!, `target ${name} (line ${parsed.line})`);
    }
    const where = `${kind}:${place}`;
    if (place === undefined) continue;
    if (places.has(where))
      entry
        .value('place')
        ?.refuse(
          'each place once',
          `Remove one: ${places.get(where)} lies there, and two copies in one place are one.`,
        );
    else places.set(where, `target ${name} (line ${parsed.line})`);
  }
}
