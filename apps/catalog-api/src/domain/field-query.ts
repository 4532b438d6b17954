import { BadRequest } from './errors.js';
import { objectFrom, parseJsonObject, parseSearch } from './filter-parts.js';
import { dateOf } from './iso-date.js';
import { checkCondition, checkIsShown, checkRows } from './loopback-filter.js';
import { storedKeys } from './metadata-keys.js';
import { wordSearch } from './word-search.js';
import { soughtFor, type SoughtQuantity } from './units.js';

export type FieldKind = 'string' | 'array' | 'date' | 'number' | 'boolean' | 'object';
type Fields = Record<string, unknown>;

/** What `fullquery` and `fullfacet` know of a resource. */
export interface ResourceShape {
  /** The business id's name; in `mode` it stands for `_id`. */
  readonly id: string;
  readonly kinds: Readonly<Record<string, FieldKind>>;
  /** The list of `{lhs, relation, rhs, unit}` conditions: its name in the query and the field they look into. */
  readonly conditions?: { readonly name: string; readonly field: string };
  /** What is looked for of a text, where it is not what other resources look for. */
  readonly wordsOf?: (text: string) => string;
  /** Older names of fields. */
  readonly renamed?: Readonly<Record<string, string>>;
}

export interface FieldQuery {
  readonly where: Fields;
  /** The caller asked for published records, so those of others count as well. */
  readonly wantsPublished: boolean;
}

export interface PageLimits {
  readonly limit: number;
  readonly skip: number;
  readonly sort: Record<string, 1 | -1> | undefined;
}

const maxConditions = 100;
const longestText = 1000;
const logical = new Set(['$or', '$and', '$nor']);

/**
 * Reads `fields` of fullquery and fullfacet. Everything in it narrows the result: `mode` is combined with AND, never
 * replaces another condition.
 */
export function parseFields(text: unknown, shape: ResourceShape): FieldQuery {
  const fields = parseSearch(textOf(text), shape.conditions?.name);
  const parts: Fields[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || value === null) continue;
    const part = partOf(name, value, shape);
    if (part === undefined) continue;
    // Ours, not the client's: clients may not name this operator themselves.
    if (name !== 'text') checkCondition(part);
    parts.push(part);
  }
  const where = parts.length === 1 ? parts[0]! : parts.length === 0 ? {} : { $and: parts };
  return { where, wantsPublished: Boolean(fields['isPublished']) };
}

/** Reads `limits`: `{limit, skip, order: "field:asc"}`; null stands for absent. */
export function parseLimits(text: unknown, shape: ResourceShape, defaultLimit = 100): PageLimits {
  const limits = parseJsonObject(textOf(text), 'limits');
  const limit = whole(limits['limit'], defaultLimit, 'limit');
  checkRows(limit);
  return {
    limit,
    skip: whole(limits['skip'], 0, 'skip'),
    sort: orderOf(limits['order'], shape),
  };
}

/** Reads `facets`: a JSON list of field names; unknown ones are dropped. */
export function parseFacets(text: unknown, shape: ResourceShape): string[] {
  const value = textOf(text);
  if (value === undefined) return [];
  let names: unknown;
  try {
    names = JSON.parse(value);
  } catch {
    names = value.split(',');
  }
  if (!Array.isArray(names)) throw new BadRequest('Invalid facets: expected a JSON list of field names.');
  return [...new Set(names.map(String))].filter((name) => {
    return kindOf(storedName(name, shape), shape) !== undefined && /^[\w.%-]+$/.test(name);
  });
}

/** The name a field is stored under. */
export function storedName(name: string, { renamed }: ResourceShape): string {
  return renamed !== undefined && Object.hasOwn(renamed, name) ? renamed[name]! : name;
}

/** The kind of a field, by its whole path or its first part; undefined for fields the resource does not have. */
export function kindOf(field: string, { kinds }: ResourceShape): FieldKind | undefined {
  if (Object.hasOwn(kinds, field)) return kinds[field];
  const [first = ''] = field.split('.');
  return Object.hasOwn(kinds, first) ? kinds[first] : undefined;
}

function partOf(name: string, value: unknown, shape: ResourceShape): Fields | undefined {
  if (name === 'mode') return modeOf(value, shape);
  if (name === 'text') return value === '' ? undefined : textCondition(value, shape);
  if (logical.has(name)) return withStoredNames({ [name]: value }, shape);
  if (name === 'userGroups') {
    const groups = Array.isArray(value) ? value : [value];
    return { $or: [{ ownerGroup: { $in: groups } }, { accessGroups: { $in: groups } }] };
  }
  if (shape.conditions?.name === name) return conditionsOf(value, shape.conditions.field);
  const field = storedName(name, shape);
  const kind = kindOf(field, shape);
  const compared = kind === 'date' || kind === 'number' ? objectFrom(value) : value;
  const condition = comparison(compared, kind, name);
  // A range without ends says nothing.
  return isRange(compared, kind) && Object.keys(condition as Fields).length === 0
    ? undefined
    : { [fieldName(field)]: condition };
}

function textCondition(value: unknown, { wordsOf }: ResourceShape): Fields {
  const text = searchText(value);
  const search = (wordsOf ?? wordSearch)(text);
  return search === '' ? { _id: { $in: [] } } : { $text: { $search: search } };
}

function searchText(value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
    throw new BadRequest('Invalid fields: text must be words.');
  const words = String(value);
  if (words.length > longestText)
    throw new BadRequest(
      `Invalid fields: text of ${words.length} characters, at most ${longestText} are allowed.`,
    );
  return words;
}

function modeOf(value: unknown, shape: ResourceShape): Fields | undefined {
  if (!isObject(value) || Object.keys(value).length === 0) return undefined;
  return withStoredNames(value, shape);
}

/** Ids and older names as they are stored, at any depth of a condition. */
function withStoredNames(condition: Fields, shape: ResourceShape): Fields {
  return Object.fromEntries(
    Object.entries(condition).map(([name, value]) =>
      logical.has(name) && Array.isArray(value)
        ? [name, value.map((part: unknown) => (isObject(part) ? withStoredNames(part, shape) : part))]
        : [name === shape.id ? '_id' : storedName(name, shape), value],
    ),
  );
}

function comparison(value: unknown, kind: FieldKind | undefined, name: string): unknown {
  if (isDateRange(value)) return dateRange(value, name);
  if (kind === 'date') return dateOf(value, name);
  if (kind === 'number' && isObject(value)) return numberRange(value, name);
  if (kind === 'boolean') {
    if (isObject(value) || Array.isArray(value))
      throw new BadRequest(`Invalid fields: ${name} must be true or false.`);
    return value === 'true' ? true : value === 'false' ? false : value;
  }
  if (Array.isArray(value)) return value.length === 1 && kind !== 'array' ? value[0] : { $in: value };
  return value;
}

function isDateRange(value: unknown): value is Fields {
  return isObject(value) && ('begin' in value || 'end' in value);
}

function isRange(value: unknown, kind: FieldKind | undefined): boolean {
  return isDateRange(value) || (kind === 'number' && isObject(value));
}

function dateRange({ begin, end, ...others }: Fields, name: string): Fields {
  checkAlone(others, name, 'begin and end');
  return {
    ...(begin === undefined || begin === null ? {} : { $gte: dateOf(begin, name) }),
    ...(end === undefined || end === null ? {} : { $lte: dateOf(end, name) }),
  };
}

function numberRange({ min, max, ...others }: Fields, name: string): Fields {
  if (min === undefined && max === undefined) return others;
  checkAlone(others, name, 'min and max');
  return {
    ...(min === undefined || min === null ? {} : { $gte: numberFrom(min, name) }),
    ...(max === undefined || max === null ? {} : { $lte: numberFrom(max, name) }),
  };
}

/** More would be found than was asked for, if the others were left out. */
function checkAlone(others: Fields, name: string, expected: string): void {
  const [other] = Object.keys(others);
  if (other !== undefined)
    throw new BadRequest(
      `Invalid fields: a range of ${name} has ${expected} and nothing else, found ${JSON.stringify(other)}.`,
    );
}

function numberFrom(value: unknown, name: string): number {
  const number = typeof value === 'string' && value.trim() === '' ? Number.NaN : Number(value);
  if (typeof value === 'object' || Number.isNaN(number))
    throw new BadRequest(`Invalid fields: ${name} must be a number, found ${JSON.stringify(value)}.`);
  return number;
}

/** Conditions on measured values; with a unit they are compared in SI. */
function conditionsOf(value: unknown, field: string): Fields | undefined {
  if (!Array.isArray(value)) throw new BadRequest(`Invalid fields: conditions must be a list.`);
  if (value.length > maxConditions)
    throw new BadRequest(`Invalid fields: ${value.length} conditions, at most ${maxConditions} are allowed.`);
  const parts = value.map((item) => conditionOf(item, field));
  return parts.length === 0 ? undefined : { $and: parts };
}

function conditionOf(item: unknown, field: string): Fields {
  if (!isObject(item) || typeof item['lhs'] !== 'string' || item['lhs'] === '')
    throw new BadRequest('Invalid fields: each condition needs lhs, relation and rhs.');
  if (item['lhs'].length > longestText)
    throw new BadRequest(
      `Invalid fields: lhs of ${item['lhs'].length} characters, at most ${longestText} are allowed.`,
    );
  const condition = item as unknown as Condition;
  const parts = pathsOf(condition.lhs, field).map((path) => conditionAt(path, condition));
  return parts.length === 1 ? parts[0]! : { $or: parts };
}

/** A condition on a measured value, as clients write it. */
interface Condition {
  readonly lhs: string;
  readonly relation: unknown;
  readonly rhs: unknown;
  readonly unit?: unknown;
}

/** Names with more dots are looked at whole, and as a way inside. */
const maxDots = 3;

/** Each dot leads inside an object, or belongs to the name: both are looked at. */
function pathsOf(lhs: string, field: string): string[] {
  const parts = lhs.split('.');
  const ways = parts.length > maxDots + 1 ? [parts, [lhs]] : waysThrough(parts);
  return [...new Set(ways.flatMap((names) => storedPaths(names.map(storedKeys), field)))];
}

/** Forms of one name that are looked for: each part of it may be stored in two. */
const maxForms = 16;

function storedPaths(parts: readonly (readonly string[])[], field: string): string[] {
  // Before there are that many: all as they are stored today, and all as they once were.
  if (parts.reduce((forms, keys) => forms * keys.length, 1) > maxForms)
    return [0, -1].map((at) => [field, ...parts.map((keys) => keys.at(at)!)].join('.'));
  return parts.reduce<string[]>(
    (before, keys) => before.flatMap((path) => keys.map((key) => `${path}.${key}`)),
    [field],
  );
}

/** All names that the parts of one make, in their order: a, b → a and b inside, or `a.b`. */
function waysThrough([first = '', ...rest]: readonly string[]): string[][] {
  if (rest.length === 0) return [[first]];
  return waysThrough(rest).flatMap(([next = '', ...others]) => [
    [first, next, ...others],
    [`${first}.${next}`, ...others],
  ]);
}

function conditionAt(path: string, { lhs, relation, rhs, unit }: Condition): Fields {
  const inUnit = { path, unit };
  if (relation === 'EQUAL_TO_STRING' || relation === 'EQUAL_TO')
    return anyOf([path, `${path}.v`, `${path}.value`], { $in: textAndItself(rhs) });
  if (relation === 'CONTAINS_STRING')
    return anyOf([path, `${path}.v`, `${path}.value`], { $regex: escapeRegex(String(rhs)), $options: 'i' });
  if (relation === 'RANGE') {
    if (!Array.isArray(rhs) || rhs.length !== 2)
      throw new BadRequest(`Invalid fields: RANGE of ${lhs} needs [min, max].`);
    return measured(inUnit, { $gt: numberFrom(rhs[0], lhs), $lt: numberFrom(rhs[1], lhs) }, true);
  }
  const operator = operators[String(relation)];
  if (operator === undefined)
    throw new BadRequest(`Invalid fields: unknown relation ${JSON.stringify(relation)} of ${lhs}.`);
  return measured(inUnit, { [operator]: numberFrom(rhs, lhs) }, relation === 'EQUAL_TO_NUMERIC');
}

/** A number that was sent is looked for as a number as well. */
function textAndItself(value: unknown): unknown[] {
  return typeof value === 'number' || typeof value === 'boolean' ? [String(value), value] : [String(value)];
}

const operators: Readonly<Record<string, string>> = {
  EQUAL_TO_NUMERIC: '$eq',
  GREATER_THAN: '$gt',
  LESS_THAN: '$lt',
  GREATER_THAN_OR_EQUAL: '$gte',
  LESS_THAN_OR_EQUAL: '$lte',
};

function measured(
  { path, unit }: { path: string; unit: unknown },
  comparisons: Record<string, number>,
  valueOnly: boolean,
): Fields {
  if (typeof unit !== 'string' || unit === '')
    return anyOf(
      valueOnly ? [`${path}.value`, `${path}.v`, path] : [path, `${path}.v`, `${path}.value`],
      comparisons,
    );
  const operators = Object.keys(comparisons);
  // Each number in the first form, and each in the second: forms are those of the unit.
  const sought = Object.values(comparisons).map((number) => soughtFor(number, unit));
  const forms = sought[0]!.map((_first, form) => {
    const bounds = operators.map((operator, index) => [operator, sought[index]![form]!] as const);
    return { ...compared(`${path}.valueSI`, bounds), [`${path}.unitSI`]: bounds[0]![1].unit };
  });
  return forms.length === 1 ? forms[0]! : { $or: forms };
}

/** What is as near as rounding leads is equal: within, for those that include it; without, for those that do not. */
function compared(
  path: string,
  bounds: readonly (readonly [operator: string, sought: SoughtQuantity])[],
): Fields {
  const [[operator, { value, margin }]] = bounds as [(typeof bounds)[number]];
  if (operator === '$eq' && margin === 0) return { [path]: value };
  if (operator !== '$eq') return { [path]: Object.fromEntries(bounds.map(bound)) };
  const near = { $gte: value - margin, $lte: value + margin };
  // Of a list one number has to be near, rather than one on each side.
  return { $or: [{ [path]: near, [`${path}.0`]: { $exists: false } }, { [path]: { $elemMatch: near } }] };
}

function bound([operator, { value, margin }]: readonly [string, SoughtQuantity]): [string, number] {
  const isUp = operator === '$gt' || operator === '$lte';
  return [operator, isUp ? value + margin : value - margin];
}

function anyOf(paths: readonly string[], condition: Fields): Fields {
  return { $or: paths.map((path) => ({ [path]: condition })) };
}

function orderOf(order: unknown, shape: ResourceShape): Record<string, 1 | -1> | undefined {
  if (typeof order !== 'string') return undefined;
  const sort: Record<string, 1 | -1> = {};
  for (const part of order.split(',')) {
    const [field = '', direction] = part.split(':');
    if (direction !== 'asc' && direction !== 'desc') continue;
    const name = field === shape.id ? '_id' : storedName(field, shape);
    checkIsShown(name);
    sort[fieldName(name)] = direction === 'asc' ? 1 : -1;
  }
  return Object.keys(sort).length === 0 ? undefined : sort;
}

function fieldName(name: string): string {
  if (name === '' || name.startsWith('$') || name.includes('\0') || name === '__proto__')
    throw new BadRequest(`Invalid fields: ${JSON.stringify(name)} is not a field name.`);
  return name;
}

function whole(value: unknown, fallback: number, name: string): number {
  if (value === undefined || value === null) return fallback;
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 0)
    throw new BadRequest(`Invalid limits: ${name} must be a whole number, found ${JSON.stringify(value)}.`);
  return number;
}

/** A query parameter as text: some clients' routers have read the JSON already. */
export function textOf(value: unknown): string | undefined {
  if (value === undefined || value === '') return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function escapeRegex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
