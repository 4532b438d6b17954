import { BadRequest } from './errors.js';
import { isoDate } from './iso-date.js';
import { parseFilter } from './filter-parts.js';

/** A related collection to add to each record, narrowed by its own filter. */
export interface Include {
  readonly relation: string;
  readonly where: Record<string, unknown>;
  readonly projection: Record<string, 0 | 1> | undefined;
  /** Related records for each record; undefined for all of them. */
  readonly limit: number | undefined;
  readonly skip: number;
  readonly sort: Record<string, 1 | -1> | undefined;
}

export interface LoopbackQuery {
  readonly where: Record<string, unknown>;
  readonly projection: Record<string, 0 | 1> | undefined;
  readonly include: readonly Include[];
  readonly limit: number;
  readonly skip: number;
  readonly sort: Record<string, 1 | -1> | undefined;
}

const renamed: Readonly<Record<string, string>> = {
  inq: '$in',
  nin: '$nin',
  and: '$and',
  or: '$or',
  like: '$regex',
  gte: '$gte',
  lte: '$lte',
  gt: '$gt',
  lt: '$lt',
};

/** Operators that only compare; everything that runs code or reads other data is refused. */
const allowed = new Set([
  '$in',
  '$nin',
  '$and',
  '$or',
  '$nor',
  '$not',
  '$regex',
  '$options',
  '$gte',
  '$lte',
  '$gt',
  '$lt',
  '$eq',
  '$ne',
  '$exists',
  '$elemMatch',
  '$all',
  '$size',
]);
/** Operators of LoopBack that SciCat does not know: taken for names of fields, they would find nothing and say nothing. */
const notServed = new Set(['neq', 'eq', 'ne', 'between', 'regexp', 'nlike', 'nilike', 'exists', 'near']);
const deepest = 12;
const longest = 5000;

/** Reads a v3 `filter` (JSON text) with LoopBack's operators; values stay as sent, for those who know the fields. */
export function parseLoopbackFilter(text: unknown, defaultLimit = 100): LoopbackQuery {
  const filter = parseFilter(text);
  const limits = objectOr(filter['limits']);
  const include = includesFrom(filter['include'], (where) => convertWhere(where, cast));
  const limit = wholeNumber(limits['limit'], defaultLimit, 'limits.limit');
  return {
    where: convertWhere(objectOr(filter['where']), String),
    projection: projectionFrom(filter['fields']),
    include,
    limit: limitWithIncludes(limit, include, limits['limit'] !== undefined),
    skip: wholeNumber(limits['skip'], 0, 'limits.skip'),
    sort: orderFrom(limits['order']),
  };
}

/** Refuses operators that run code, prototype keys, and conditions too deep or too long to be meant. */
export function checkCondition(value: unknown, depth = 0): void {
  if (depth > deepest) throw new BadRequest(`Invalid filter: nested deeper than ${deepest} levels.`);
  if (Array.isArray(value)) {
    if (value.length > longest)
      throw new BadRequest(
        `Invalid filter: a list of ${value.length} values, at most ${longest} are allowed.`,
      );
    for (const item of value) checkCondition(item, depth + 1);
  } else if (typeof value === 'object' && value !== null && !(value instanceof Date)) {
    for (const [key, child] of Object.entries(value)) {
      if (key.startsWith('$') && !allowed.has(key))
        throw new BadRequest(`Invalid filter: the operator ${key} is not allowed.`);
      if (depth > 0 && notServed.has(key))
        throw new BadRequest(
          `Invalid filter: the operator ${key} is not served. Use one of ${Object.keys(renamed).join(', ')}, ilike, or of ${[...allowed].join(', ')}.`,
        );
      checkIsShown(key);
      if (key === '__proto__' || key === 'constructor' || key === 'prototype')
        throw new BadRequest(`Invalid filter: the key ${key} is not allowed.`);
      checkCondition(child, depth + 1);
    }
  }
}

const ownField = /^catena(?:Words|Intent|Keys)?(?:[.]|$)/;

/** @throws BadRequest for what Catena keeps inside records: no answer shows it, so no condition and no order tells of it */
export function checkIsShown(name: string): void {
  if (ownField.test(name)) throw new BadRequest(`Invalid filter: no record has a field ${name}.`);
}

type Cast = (text: string) => unknown;

function convertWhere(where: Record<string, unknown>, castText: Cast): Record<string, unknown> {
  const converted = convert(where, castText) as Record<string, unknown>;
  checkCondition(converted);
  return converted;
}

function convert(value: unknown, castText: Cast, depth = 0): unknown {
  if (depth > deepest) throw new BadRequest(`Invalid filter: nested deeper than ${deepest} levels.`);
  if (Array.isArray(value))
    return value.map((item) => (typeof item === 'object' ? convert(item, castText, depth + 1) : item));
  if (typeof value === 'string') return castText(value);
  if (typeof value !== 'object' || value === null) return value;
  const result: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [key, child] of Object.entries(value)) {
    if (key === 'ilike') {
      result['$regex'] = String(child);
      result['$options'] = 'i';
    } else if (key === 'like' || key === '$regex' || key === '$options') result[operatorFor(key)] = child;
    else result[operatorFor(key)] = convert(child, castText, depth + 1);
  }
  return { ...result };
}

function operatorFor(key: string): string {
  return Object.hasOwn(renamed, key) ? renamed[key]! : key;
}

/** SciCat v3 parses text as JSON first, then as a date; comparisons with dates depend on it. */
function cast(text: string): unknown {
  let value: unknown = text;
  try {
    value = JSON.parse(text);
  } catch {
    // Plain text.
  }
  if (typeof value === 'string') return isoDate(value) ?? value;
  return typeof value === 'object' && value !== null ? text : value;
}

/** `fields` of a v3 filter: a list of names, or an object that says of each whether it is wanted. */
export function projectionFrom(fields: unknown): Record<string, 0 | 1> | undefined {
  if (Array.isArray(fields)) {
    const names = fields.filter((field): field is string => typeof field === 'string');
    return names.length === 0 ? undefined : Object.fromEntries(names.map((name) => [fieldName(name), 1]));
  }
  const entries = Object.entries(objectOr(fields));
  if (entries.length === 0) return undefined;
  const wanted = entries.filter(([name, keep]) => Boolean(keep) && name !== '_id');
  return wanted.length > 0
    ? Object.fromEntries(wanted.map(([name]) => [fieldName(name), 1]))
    : Object.fromEntries(entries.map(([name]) => [fieldName(name), 0]));
}

/** @throws BadRequest for what the database would take for something else */
export function fieldName(name: string): string {
  if (name.startsWith('$') || name.includes('\0') || name === '')
    throw new BadRequest(`Invalid filter: ${JSON.stringify(name)} is not a field name.`);
  return name;
}

const maxIncludes = 20;

/** What a `scope` may hold. */
export const scopeKeys = ['where', 'fields', 'limits'];

/**
 * `"relation"`, `{relation, scope: {where, fields, limits}}`, or a list of them.
 *
 * @param check looks at each include that is an object, where more is refused than cannot be understood
 */
export function includesFrom(
  include: unknown,
  whereOf: (where: Record<string, unknown>) => Record<string, unknown>,
  check: (item: Readonly<Record<string, unknown>>) => void = () => undefined,
): Include[] {
  const items = Array.isArray(include) ? include : include === undefined || include === null ? [] : [include];
  if (items.length > maxIncludes)
    throw new BadRequest(`Invalid filter: ${items.length} includes, at most ${maxIncludes} are allowed.`);
  const includes = items.map((item: unknown) => {
    if (typeof item !== 'string') check(objectOr(item));
    const { relation, scope } =
      typeof item === 'string'
        ? { relation: item, scope: {} }
        : (objectOr(item) as { relation?: unknown; scope?: unknown });
    if (typeof relation !== 'string')
      throw new BadRequest('Invalid filter: an include is the name of a relation or {relation, scope}.');
    const { where, fields, limits } = objectOr(scope);
    const { limit, skip, order, sort } = objectOr(limits);
    return {
      relation,
      where: whereOf(objectOr(where)),
      projection: projectionFrom(fields),
      limit: limit === undefined ? undefined : wholeNumber(limit, 0, 'scope.limits.limit'),
      skip: wholeNumber(skip, 0, 'scope.limits.skip'),
      sort: sort === undefined ? orderFrom(order) : sortFrom(sort),
    };
  });
  refuseRepeated(includes.map(({ relation }) => relation));
  return includes;
}

/** @throws BadRequest when a relation is asked for twice: it would be read twice, and shown once */
export function refuseRepeated(relations: readonly string[]): void {
  const seen = new Set<string>();
  const repeated = relations.find((relation) => seen.size === seen.add(relation).size);
  if (repeated !== undefined)
    throw new BadRequest(
      `Invalid filter: the include ${JSON.stringify(repeated)} is asked for twice: name each relation once.`,
    );
}

/** Rows of one answer with related records. */
const maxRowsWithIncludes = 1000;

/** @throws BadRequest where the related records of so many rows would not fit */
export function limitWithIncludes(limit: number, include: readonly Include[], asked: boolean): number {
  if (include.length === 0 || limit <= maxRowsWithIncludes) return limit;
  if (!asked) return maxRowsWithIncludes;
  throw new BadRequest(
    `Invalid limits: limit ${limit} with includes is more than ${maxRowsWithIncludes}: read in pages, with skip.`,
  );
}

/** `{field: "asc" | "desc" | 1 | -1}` */
export function sortFrom(sort: unknown): Record<string, 1 | -1> | undefined {
  const entries = Object.entries(objectOr(sort));
  return entries.length === 0
    ? undefined
    : Object.fromEntries(
        entries.map(([field, direction]) => [
          sortName(field),
          direction === 'asc' || direction === 1 ? 1 : -1,
        ]),
      );
}

export function orderFrom(order: unknown): Record<string, 1 | -1> | undefined {
  if (typeof order !== 'string') return undefined;
  const [field, direction] = order.split(':');
  if (field === undefined || (direction !== 'asc' && direction !== 'desc')) return undefined;
  return { [sortName(field)]: direction === 'asc' ? 1 : -1 };
}

function sortName(name: string): string {
  checkIsShown(name);
  return fieldName(name);
}

/** Rows of one answer: more are read in pages. */
const maxRows = 100_000;

/** @throws BadRequest where an answer would not fit in memory */
export function checkRows(limit: number): void {
  if (limit > maxRows)
    throw new BadRequest(`Invalid limits: limit ${limit} is more than ${maxRows}: read in pages, with skip.`);
}

function wholeNumber(value: unknown, fallback: number, name: string): number {
  if (value === undefined || value === null) return fallback;
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 0)
    throw new BadRequest(`Invalid filter: ${name} must be a whole number, found ${JSON.stringify(value)}.`);
  if (name.endsWith('limit')) checkRows(number);
  return number;
}

/** The value where it is an object, an empty one otherwise. */
export function objectOr(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
