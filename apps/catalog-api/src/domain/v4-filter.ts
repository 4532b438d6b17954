import { BadRequest } from './errors.js';
import { kindOf, textOf, type ResourceShape } from './field-query.js';
import { parseFilter, parseJsonObject } from './filter-parts.js';
import {
  checkCondition,
  checkRows,
  includesFrom,
  limitWithIncludes,
  objectOr,
  orderFrom,
  scopeKeys,
  fieldName,
  sortFrom,
  type Include,
} from './loopback-filter.js';

/** Names of fields that are asked for of related records, by relation; an empty list stands for all of them. */
export type RelatedFields = Readonly<Record<string, readonly string[]>>;

export interface V4Query {
  readonly where: Record<string, unknown>;
  readonly projection: Record<string, 1> | undefined;
  readonly related: RelatedFields;
  readonly include: readonly Include[];
  readonly limit: number;
  readonly skip: number;
  readonly sort: Record<string, 1 | -1> | undefined;
}

const operators = new Set(
  '$in $or $and $nor $match $eq $gt $gte $lt $lte $ne $nin $not $exists $regex $options $elemMatch'.split(
    ' ',
  ),
);
const free = new Set(['scientificMetadata', 'jobParameters', 'jobParams', 'jobResultObject']);
const searchWords = ['_id', 'id', 'mode', 'text', 'userGroups', 'metadataKey', '$or', '$and', '$nor'];
const filterKeys = ['where', 'include', 'fields', 'limits'];
const limitKeys = ['limit', 'skip', 'sort', 'order'];

export interface V4FilterOptions {
  readonly defaultLimit?: number;
  /** Keys that the filters of one resource know beside the usual ones. */
  readonly more?: readonly string[];
  /** Names of related records that `fields` may mention, with or without one of their own fields: `samples.sampleId`. */
  readonly relations?: readonly string[];
  /** Where nobody names an order: the newest first always, or only for a filter without any `limits`. */
  readonly newestFirst?: 'always' | 'without limits';
  /** The only keys that mean something to what is asked. */
  readonly only?: readonly string[];
}

/**
 * Reads a v4 `filter`: native operators from a closed list, known properties only, no casting. A key that nobody knows
 * is refused: taken for nothing, a condition with a slip in its name would answer with everything.
 *
 * @param properties names a filter may mention
 */
export function parseV4Filter(
  text: unknown,
  properties: ReadonlySet<string>,
  {
    defaultLimit = 10,
    more = [],
    relations = [],
    newestFirst = 'always',
    only = filterKeys,
  }: V4FilterOptions = {},
): V4Query {
  const filter = parseFilter(text);
  refuseUnknownKeys(filter, [...only, ...more]);
  const where = objectIn(filter, 'where');
  checkNames(where, ['where'], properties);
  checkCondition(where);
  const limits = filter['limits'] === null ? {} : objectIn(filter, 'limits');
  refuseUnknownKeys(limits, limitKeys, ['limits']);
  const limit = whole(limits['limit'], defaultLimit);
  checkRows(limit);
  const include = includesFrom(filter['include'], checked, checkScope);
  const sort = limits['sort'] === undefined ? orderFrom(limits['order']) : sortFrom(limits['sort']);
  for (const name of Object.keys(sort ?? {})) checkField(name, properties);
  return {
    where,
    ...fieldsFrom(filter['fields'], relations),
    include,
    limit: limitWithIncludes(limit, include, limits['limit'] !== undefined),
    skip: whole(limits['skip'], 0),
    sort:
      sort ?? (newestFirst === 'always' || filter['limits'] === undefined ? { createdAt: -1 } : undefined),
  };
}

/** @throws BadRequest naming the first key that is not one of `known` */
function refuseUnknownKeys(
  value: Readonly<Record<string, unknown>>,
  known: readonly string[],
  path: readonly string[] = [],
): void {
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) throw notKnown([...path, unknown], value[unknown]);
}

/** SciCat's words: the path from the top of the filter down to the first value, lists taken whole. */
function notKnown(path: readonly string[], value: unknown): BadRequest {
  const names = [...path];
  for (let inner = value; isPlain(inner) && Object.keys(inner).length > 0;) {
    const [[name, child]] = Object.entries(inner) as [[string, unknown]];
    names.push(name);
    inner = child;
  }
  return new BadRequest(
    `Property ${names.join('.').slice(0, longestPath)} should not exist in the filter object`,
  );
}

const longestPath = 500;

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `fields` of a v4 search as it came. @throws BadRequest when it names what the resource does not have */
export function v4Fields(text: unknown, shape: ResourceShape): unknown {
  const { conditions, renamed = {}, id } = shape;
  const known = new Set([
    ...searchWords,
    id,
    ...Object.keys(renamed),
    ...(conditions ? [conditions.name] : []),
  ]);
  for (const name of Object.keys(parseJsonObject(textOf(text), 'fields')))
    if (!known.has(name) && kindOf(name, shape) === undefined)
      throw new BadRequest(`Property ${name} should not exist in the fields object.`);
  return text;
}

/** `limits` of a v4 search as it came. @throws BadRequest naming a key that is not one of paging */
export function v4Limits(text: unknown): unknown {
  refuseUnknownKeys(parseJsonObject(textOf(text), 'limits'), ['limit', 'skip', 'order'], ['limits']);
  return text;
}

function objectIn(filter: Readonly<Record<string, unknown>>, name: string): Record<string, unknown> {
  const value = filter[name];
  if (value !== undefined && (typeof value !== 'object' || value === null || Array.isArray(value)))
    throw new BadRequest(`Invalid filter: ${name} must be an object, found ${JSON.stringify(value)}.`);
  return objectOr(value);
}

function checkScope(item: Readonly<Record<string, unknown>>): void {
  refuseUnknownKeys(item, ['relation', 'scope'], ['include']);
  const scope = item['scope'] === null ? {} : objectIn(item, 'scope');
  refuseUnknownKeys(scope, scopeKeys, ['include', 'scope']);
  objectIn(scope, 'where');
  const limits = scope['limits'] === null ? {} : objectIn(scope, 'limits');
  refuseUnknownKeys(limits, limitKeys, ['include', 'scope', 'limits']);
}

function checkNames(value: unknown, path: readonly string[], properties: ReadonlySet<string>): void {
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') checkNames(item, path, properties);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    const here = [...path, key];
    const [first = ''] = key.split('.');
    if (free.has(first)) continue;
    for (const part of key.split('.')) {
      if (!operators.has(part) && !properties.has(part)) throw notKnown(here, child);
    }
    checkNames(child, here, properties);
  }
}

function fieldsFrom(fields: unknown, relations: readonly string[]): Pick<V4Query, 'projection' | 'related'> {
  if (fields === undefined || fields === null) return { projection: undefined, related: {} };
  if (!Array.isArray(fields))
    throw new BadRequest(
      `Invalid filter: fields must be a list of names, found ${JSON.stringify(fields).slice(0, 100)}.`,
    );
  if (fields.length === 0) return { projection: undefined, related: {} };
  const names = fields.map(String);
  // Names that nobody knows show less, never more: SciCat lets them pass.
  const own = names.filter((name) => !relations.includes(relationOf(name)));
  for (const name of own) fieldName(name);
  const related = relatedFields(names.filter((name) => relations.includes(relationOf(name))));
  // Who asks for related records only is shown no field of the record itself but its id.
  return {
    projection: Object.fromEntries((own.length > 0 ? own : ['_id']).map((name) => [name, 1])),
    related,
  };
}

function relationOf(name: string): string {
  return name.split('.', 1)[0] ?? '';
}

/** @throws BadRequest for a relation beside a part of it, as the database does for fields */
function relatedFields(names: readonly string[]): RelatedFields {
  const related = new Map<string, string[]>();
  for (const name of names) {
    const [relation = '', ...path] = name.split('.');
    const before = related.get(relation);
    const field = path.join('.');
    if (before !== undefined && (field === '' || before.length === 0))
      throw new BadRequest(`Invalid filter: fields must name ${relation}, or fields of it, not both.`);
    related.set(relation, field === '' ? [] : [...(before ?? []), fieldName(field)]);
  }
  return Object.fromEntries(related);
}

function checkField(field: string, properties: ReadonlySet<string>): void {
  const [first = ''] = field.split('.');
  if (!properties.has(first) && !free.has(first))
    throw new BadRequest(`Property limits.sort.${field} should not exist in the filter object`);
}

/** Conditions of a relation: its own names, the same operators. */
function checked(where: Record<string, unknown>): Record<string, unknown> {
  checkCondition(where);
  return where;
}

function whole(value: unknown, fallback: number): number {
  const number = Number(value ?? fallback);
  if (!Number.isSafeInteger(number) || number < 0)
    throw new BadRequest(`Invalid filter: limits must be whole numbers, found ${JSON.stringify(value)}.`);
  return number;
}
