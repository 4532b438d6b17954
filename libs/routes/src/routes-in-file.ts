import { looksLikeMailAddress } from '#kernel';
import type { FileEntry, FileValue } from './file-reading.js';
import { nearestWord } from './nearest-word.js';
import { routableFields, type Priority, type Route, type RouteCondition } from './targets.js';
import { anyWord, listOf, nameText, oneOf, oneOrListOf, size, wholeNumber, type Reader } from './values.js';

const keys = ['name', 'when', 'targets', 'copies', 'priority', 'mail'];
const priorities = ['urgent', 'normal', 'background'] as const;
const maxRoutes = 200;
const maxCopies = 4;

export interface RouteInFile {
  readonly route: Route;
  readonly line: number;
}

/** Names of targets, and among them those of kind `outside`. */
export interface NamedTargets {
  readonly all: readonly string[];
  readonly outside: readonly string[];
}

export function readRoutes(value: FileValue, targets: NamedTargets): readonly RouteInFile[] {
  const items = value.items('routes') ?? [];
  if (items.length === 0 || items.length > maxRoutes)
    value.refuse(`1 to ${maxRoutes} routes`, 'Write at least one.', `${items.length}`);
  const found: RouteInFile[] = [];
  for (const item of items) {
    const route = readRoute(item, targets);
    if (route === undefined) continue;
    refuseUseless(item, route, found);
    found.push({ route, line: item.line });
  }
  return found;
}

function readRoute(value: FileValue, targets: NamedTargets): Route | undefined {
  const entry = value.entry(keys);
  if (entry === undefined) return undefined;
  const name = entry.required('name', nameText, 'default');
  const when = entry.value('when') === undefined ? {} : entry.optional('when', readCondition);
  const named = entry.required('targets', listOf(targetOf(targets), { what: 'targets', most: 20 }), '[disk]');
  const copies = entry.optional('copies', wholeNumber(1, maxCopies)) ?? 1;
  const priority = entry.optional('priority', oneOf(priorities)) ?? 'normal';
  const mail = entry.optional('mail', listOf(address, { what: 'addresses', most: 20 })) ?? [];
  if (name === undefined || when === undefined || named === undefined) return undefined;
  if (copies > named.length) return tooManyCopies(entry, copies, named.length);
  if (named.slice(0, copies).every((one) => targets.outside.includes(one))) return onlyOutside(entry, copies);
  return { name, when, targets: named, copies, priority: priorities.indexOf(priority) as Priority, mail };
}

function tooManyCopies(entry: FileEntry, copies: number, targets: number): undefined {
  return (entry.value('copies') ?? entry.self).refuse(
    `as many targets as copies (${copies}), each copy being on another one`,
    'Add targets, or make fewer copies.',
    `${targets} targets`,
  );
}

/** What a worker outside has stored is believed because of a copy that was read here. */
function onlyOutside(entry: FileEntry, copies: number): undefined {
  return entry
    .value('targets')!
    .refuse(
      `at least one target that archivers reach among those that ${copies === 1 ? 'the only copy goes' : `the first ${copies} copies go`} to`,
      'Name such a target earlier, or make more copies: what others store comes from, and is compared with, a copy of our own.',
      'only targets of kind outside',
    );
}

const targetOf =
  ({ all: targets }: NamedTargets): Reader<string> =>
  (value) => {
    const name = value.plain;
    if (typeof name === 'string' && targets.includes(name)) return name;
    const nearest = nearestWord(String(name), targets);
    return value.refuse(
      `a target of this file (${targets.join(', ')})`,
      nearest === undefined ? 'Add it to `targets`, or name another one.' : `Did you mean "${nearest}"?`,
    );
  };

const address: Reader<string> = (value) => {
  const text = value.plain;
  if (text === 'owner' || (typeof text === 'string' && looksLikeMailAddress(text))) return text;
  return value.refuse('a mail address, or the word owner', 'Write one address each.');
};

const fewWords = { what: 'values', most: 1000 };

function readCondition(value: FileValue): RouteCondition | undefined {
  const entry = value.entry(['jobTypes', 'fields', 'minSize', 'maxSize']);
  if (entry === undefined) return undefined;
  const jobTypes = entry.optional('jobTypes', oneOrListOf(anyWord, { what: 'job types', most: 100 }));
  const fields = entry.optional('fields', readFields);
  const minBytes = entry.optional('minSize', size);
  const maxBytes = entry.optional('maxSize', size);
  const said = { jobTypes, fields, minSize: minBytes, maxSize: maxBytes };
  // What was refused is not "all": a route that seems to take everything would have others refused as useless.
  if (Object.entries(said).some(([key, read]) => read === undefined && entry.value(key) !== undefined))
    return undefined;
  if (minBytes !== undefined && maxBytes !== undefined && minBytes > maxBytes)
    return entry.value('maxSize')!.refuse('`maxSize` of at least `minSize`', 'Correct one of them.');
  return {
    ...(jobTypes === undefined ? {} : { jobTypes }),
    ...(fields === undefined ? {} : { fields }),
    ...(minBytes === undefined ? {} : { minBytes }),
    ...(maxBytes === undefined ? {} : { maxBytes }),
  };
}

function readFields(value: FileValue): Record<string, readonly string[]> | undefined {
  const entry = value.entry(routableFields);
  if (entry === undefined) return undefined;
  const fields: Record<string, readonly string[]> = {};
  for (const name of routableFields) {
    const values = entry.optional(name, oneOrListOf(anyWord, fewWords));
    if (values !== undefined) fields[name] = values;
  }
  return fields;
}

/** A name that another route has, and a route to which nothing ever comes. */
function refuseUseless(value: FileValue, route: Route, before: readonly RouteInFile[]): void {
  const namesake = before.find((one) => one.route.name === route.name);
  if (namesake !== undefined)
    return value.refuse(
      'each name of a route once',
      'Rename it.',
      `${JSON.stringify(route.name)}, which the route of line ${namesake.line} has`,
    );
  const takers = takersOf(route.when, before);
  if (takers.length > 0)
    value.refuse(
      'a route that something comes to',
      `The first route that matches is taken: move ${route.name} before ${takers[0]!.route.name}, or remove one of them.`,
      takers.length === 1
        ? `that route ${takers[0]!.route.name} (line ${takers[0]!.line}) takes everything before it`
        : `that routes ${takers.map(({ route: { name }, line }) => `${name} (line ${line})`).join(', ')} together take everything before it`,
    );
}

/**
 * Earlier routes that leave nothing to a condition: one alone, or several whose sizes meet and that ask for nothing else which it does
 * not ask for. Several that share the values of a field are not looked at.
 */
function takersOf(later: RouteCondition, before: readonly RouteInFile[]): readonly RouteInFile[] {
  const takers: RouteInFile[] = [];
  const end = later.maxBytes ?? Infinity;
  // Sizes below are taken.
  let taken = later.minBytes ?? 0;
  const wide = before.filter(({ route }) => takesAllButSizes(route.when, later));
  while (taken <= end) {
    const next = wide.filter(
      ({ route: { when } }) => (when.minBytes ?? 0) <= taken && (when.maxBytes ?? Infinity) >= taken,
    );
    const [first, ...others] = next;
    if (first === undefined) return [];
    const widest = others.reduce((one, other) => (endOf(other) > endOf(one) ? other : one), first);
    takers.push(widest);
    if (endOf(widest) === Infinity) break;
    taken = endOf(widest) + 1;
  }
  return takers;
}

function endOf({ route }: RouteInFile): number {
  return route.when.maxBytes ?? Infinity;
}

function takesAllButSizes(earlier: RouteCondition, later: RouteCondition): boolean {
  const isWithin = (wide: readonly string[], narrow: readonly string[] | undefined): boolean =>
    narrow?.every((one) => wide.includes(one)) === true;
  return (
    (earlier.jobTypes === undefined || isWithin(earlier.jobTypes, later.jobTypes)) &&
    Object.entries(earlier.fields ?? {}).every(([name, values]) => isWithin(values, later.fields?.[name]))
  );
}
