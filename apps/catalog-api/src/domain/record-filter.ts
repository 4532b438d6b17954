import { kindOf, storedName, type FieldKind, type ResourceShape } from './field-query.js';
import { dateOf } from './iso-date.js';
import { parseFilter } from './filter-parts.js';
import { parseLoopbackFilter, type LoopbackQuery } from './loopback-filter.js';

type Fields = Record<string, unknown>;

/**
 * Reads a v3 `filter` (JSON text) of a resource with known fields. Values are cast by the field they are compared with:
 * an id made of digits stays text, and text is a date only where dates are stored. Older names of fields stand for what is
 * stored, in conditions at any depth and in the order; `projection` has the names that were asked for.
 *
 * @throws BadRequest when it is no JSON object or uses operators that are not allowed
 */
export function parseRecordFilter(text: unknown, shape: ResourceShape, defaultLimit = 100): LoopbackQuery {
  const query = parseLoopbackFilter(text, defaultLimit);
  const { sort } = query;
  return {
    ...query,
    where: castWhere(query.where, shape),
    sort: sort && Object.fromEntries(Object.entries(sort).map(([name, way]) => [stored(name, shape), way])),
  };
}

const filterKeys = ['where', 'include', 'fields', 'limits', 'limit', 'skip', 'order', 'offset'];

/**
 * The condition of a count: the `where` of a filter, or a filter that is a bare condition, as the web frontend sends it
 * (`{"$or": [...]}`).
 *
 * @throws BadRequest as `parseRecordFilter`
 */
export function parseCountFilter(text: unknown, shape: ResourceShape): Fields {
  const filter = parseFilter(text);
  const isBare = !Object.keys(filter).some((key) => filterKeys.includes(key));
  return parseRecordFilter(JSON.stringify(isBare ? { where: filter } : filter), shape).where;
}

function castWhere(where: Fields, shape: ResourceShape): Fields {
  return Object.fromEntries(
    Object.entries(where).map(([name, value]) =>
      name.startsWith('$') && Array.isArray(value)
        ? [name, value.map((part: unknown) => (isObject(part) ? castWhere(part, shape) : part))]
        : [stored(name, shape), cast(value, kindOf(stored(name, shape), shape), name)],
    ),
  );
}

function cast(value: unknown, kind: FieldKind | undefined, name: string): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => cast(item, kind, name));
  if (isObject(value))
    return Object.fromEntries(
      Object.entries(value).map(([operator, operand]) => [
        operator,
        // These compare with something else than the field's own values.
        ['$exists', '$regex', '$options', '$size', '$elemMatch'].includes(operator)
          ? operand
          : cast(operand, kind, name),
      ]),
    );
  return typeof value === 'string' ? castText(value, kind, name) : value;
}

function castText(text: string, kind: FieldKind | undefined, name: string): unknown {
  if (kind === 'date') return dateOf(text, name);
  if (kind === 'number') return text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text);
  if (kind === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  return text;
}

function stored(name: string, shape: ResourceShape): string {
  return name === shape.id || name === 'id' ? '_id' : storedName(name, shape);
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
