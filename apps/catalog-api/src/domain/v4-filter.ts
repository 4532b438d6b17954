import { BadRequest } from './errors.js';
import {
  checkCondition,
  checkRows,
  includesFrom,
  objectOr,
  parseJsonObject,
  sortFrom,
  type Include,
} from './loopback-filter.js';

export interface V4Query {
  readonly where: Record<string, unknown>;
  readonly projection: Record<string, 1> | undefined;
  readonly include: readonly Include[];
  readonly limit: number;
  readonly skip: number;
  readonly sort: Record<string, 1 | -1>;
}

const operators = new Set(
  '$in $or $and $nor $match $eq $gt $gte $lt $lte $ne $nin $not $exists $regex $options $elemMatch'.split(
    ' ',
  ),
);
const free = new Set(['scientificMetadata', 'jobParameters', 'jobParams', 'jobResultObject']);

/**
 * Reads a v4 `filter`: native operators from a closed list, known properties only, no casting.
 *
 * @param properties names a filter may mention
 */
export function parseV4Filter(text: unknown, properties: ReadonlySet<string>, defaultLimit = 10): V4Query {
  const filter = parseJsonObject(text, 'filter');
  const where = objectOr(filter['where']);
  checkNames(where, '', properties);
  checkCondition(where);
  const limits = objectOr(filter['limits']);
  const limit = whole(limits['limit'], defaultLimit);
  checkRows(limit);
  return {
    where,
    projection: projectionFrom(filter['fields'], properties),
    include: includesFrom(filter['include'], checked),
    limit,
    skip: whole(limits['skip'], 0),
    sort: sortFrom(limits['sort']) ?? { createdAt: -1 },
  };
}

function checkNames(value: unknown, path: string, properties: ReadonlySet<string>): void {
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') checkNames(item, path, properties);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    const here = path === '' ? key : `${path}.${key}`;
    const [first = ''] = key.split('.');
    if (free.has(first)) continue;
    for (const part of key.split('.')) {
      if (!operators.has(part) && !properties.has(part))
        throw new BadRequest(`Property ${here} should not exist in the filter object`);
    }
    checkNames(child, here, properties);
  }
}

function projectionFrom(fields: unknown, properties: ReadonlySet<string>): Record<string, 1> | undefined {
  if (!Array.isArray(fields) || fields.length === 0) return undefined;
  for (const field of fields) {
    const [first = ''] = String(field).split('.');
    if (!properties.has(first) && !free.has(first))
      throw new BadRequest(`Property ${String(field)} should not exist in the filter object`);
  }
  return Object.fromEntries(fields.map((field) => [String(field), 1]));
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
