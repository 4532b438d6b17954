import { storedName } from '../domain/field-query.js';
import { isInclusive, type Projection } from '../domain/projection.js';
import { publishedDataShape, toFlat, type PublishedDataRecord } from './published-data-record.js';

type Fields = Record<string, unknown>;

/** What is read for the flat names of a projection, and the view that shows those only: it never guesses at the rest. */
export function flatReading(asked: Projection | undefined): {
  readonly projection: Projection | undefined;
  readonly view: (record: PublishedDataRecord) => Fields;
} {
  if (asked === undefined) return { projection: asked, view: toFlat };
  const names = Object.keys(asked);
  if (!isInclusive(asked))
    return { projection: undefined, view: (record) => shown(record, (name) => !isIn(names, name)) };
  // Whole fields: the database refuses one beside a part of it.
  const read = new Set(names.map((name) => storedName(name, publishedDataShape).split('.', 1)[0]!));
  return {
    projection: Object.fromEntries([...read].map((name) => [name, 1])),
    view: (record) => shown(record, (name) => name === '_id' || isIn(names, name)),
  };
}

/** Whether one of the names stands for this one of the flat form, in whichever form it is written. */
function isIn(names: readonly string[], flat: string): boolean {
  const stored = storedName(flat, publishedDataShape);
  return names.some((name) => name === flat || stored === name || stored.startsWith(`${name}.`));
}

function shown(record: PublishedDataRecord, isShown: (name: string) => boolean): Fields {
  return Object.fromEntries(Object.entries(toFlat(record)).filter(([name]) => isShown(name)));
}

/** A condition on the states that v3 shows, as one on those that are stored. */
export function withStoredStates(where: Fields): Fields {
  return Object.fromEntries(
    Object.entries(where).map(([name, value]) => {
      if (name === 'status') return [name, stateCondition(value)];
      return Array.isArray(value) && name.startsWith('$')
        ? [name, value.map((part: unknown) => (isObject(part) ? withStoredStates(part) : part))]
        : [name, value];
    }),
  );
}

function stateCondition(value: unknown): unknown {
  if (typeof value === 'string') return { $in: storedStates(value) };
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([operator, operand]) => {
      if (operator === '$eq' || operator === '$in') return ['$in', [operand].flat().flatMap(storedStates)];
      if (operator === '$ne' || operator === '$nin') return ['$nin', [operand].flat().flatMap(storedStates)];
      return [operator, operand];
    }),
  );
}

function storedStates(state: unknown): unknown[] {
  if (state === 'pending_registration') return ['private', 'public'];
  return state === 'registered' ? ['registered', 'amended'] : [state];
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
