import { BadRequest } from './errors.js';

type Fields = Record<string, unknown>;

/** @throws BadRequest with SciCat's text when the text is not a JSON object */
export function parseJsonObject(text: unknown, name: string): Fields {
  if (text === undefined || text === '') return {};
  if (typeof text !== 'string')
    throw new BadRequest(
      `Invalid ${name}: expected one JSON object, found ${Array.isArray(text) ? 'a list' : typeof text}.`,
    );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new BadRequest(`Invalid JSON in ${name}: ${(error as Error).message}`);
  }
  // Some clients write what is JSON text already as JSON once more.
  const inner = jsonIn(value);
  if (!isObject(inner)) throw new BadRequest(`Invalid ${name}: expected a JSON object.`);
  return inner;
}

/**
 * A `filter` whose parts may be JSON text themselves, at any depth, as clients send that turn each value of an object
 * into text: pyscicat's `limits` would be read as no limits otherwise. Values that are compared stay as they came.
 *
 * @throws BadRequest naming a part that is neither an object (or a list, where one may stand) nor JSON text of one
 */
export function parseFilter(text: unknown): Fields {
  const filter = parseJsonObject(text, 'filter');
  const { where, fields, include, limits, sort } = filter;
  return {
    ...filter,
    ...part('where', openedWhere(opened(where, 'where'), 'where')),
    ...part('fields', openedList(fields, 'fields')),
    ...part('include', openedInclude(include)),
    ...part('limits', openedLimits(limits, 'limits')),
    ...part('sort', jsonIn(sort)),
  };
}

/** `fields` of a search: `mode`, the conditions on measured values and what is joined by and/or may be JSON text. */
export function parseSearch(text: unknown, conditions = 'scientific'): Fields {
  const fields = parseJsonObject(text, 'fields');
  const joined = Object.entries(fields).filter(([name]) => logical.has(name));
  return {
    ...fields,
    ...(openedWhere(Object.fromEntries(joined), 'fields') as Fields),
    ...part('mode', openedWhere(opened(fields['mode'], 'fields.mode'), 'fields.mode')),
    ...part(conditions, openedItems(fields[conditions], `fields.${conditions}`)),
  };
}

/** An object that came as JSON text; anything else as it came. */
export function objectFrom(value: unknown): unknown {
  const inner = jsonIn(value);
  return isObject(inner) ? inner : value;
}

const logical = new Set(['and', 'or', 'nor', '$and', '$or', '$nor']);
const comparedWithLists = new Set(['inq', 'nin', '$in', '$nin', '$all']);
/** Deeper conditions are refused where they are checked. */
const deepest = 12;

function openedWhere(where: unknown, path: string, depth = 0): unknown {
  if (!isObject(where) || depth > deepest) return where;
  return Object.fromEntries(
    Object.entries(where).map(([key, value]) => {
      const here = `${path}.${key}`;
      if (logical.has(key)) return [key, openedItems(value, here, depth)];
      if (comparedWithLists.has(key)) {
        const list = jsonIn(value);
        return [key, Array.isArray(list) ? list : value];
      }
      return [key, openedWhere(value, here, depth + 1)];
    }),
  );
}

/** A list of conditions. */
function openedItems(value: unknown, path: string, depth = 0): unknown {
  const items = jsonIn(value);
  if (items === undefined || items === null) return items;
  if (!Array.isArray(items)) throw notPart(path, 'a list of objects', value);
  return items.map((item: unknown, index) => {
    const here = `${path}[${index}]`;
    return openedWhere(opened(item, here), here, depth + 1);
  });
}

function openedList(fields: unknown, path: string): unknown {
  const inner = jsonIn(fields);
  if (inner == null || Array.isArray(inner) || isObject(inner)) return inner;
  throw notPart(path, 'a list or an object', fields);
}

function openedLimits(limits: unknown, path: string): unknown {
  const inner = opened(limits, path);
  return isObject(inner) && 'sort' in inner ? { ...inner, sort: objectFrom(inner['sort']) } : inner;
}

function openedInclude(include: unknown): unknown {
  const inner = structureIn(include);
  if (inner === undefined || inner === null || typeof inner === 'string') return inner;
  if (Array.isArray(inner)) return inner.map((item: unknown) => openedRelation(item));
  return openedRelation(inner);
}

function openedRelation(item: unknown): unknown {
  const inner = structureIn(item);
  if (typeof inner === 'string') return inner;
  if (!isObject(inner)) throw notPart('include', 'the name of a relation or an object', item);
  if (!('scope' in inner)) return inner;
  const path = 'include.scope';
  const scope = opened(inner['scope'], path);
  if (!isObject(scope)) return { ...inner, scope };
  const { where, fields, limits } = scope;
  return {
    ...inner,
    scope: {
      ...scope,
      ...part('where', openedWhere(opened(where, `${path}.where`), `${path}.where`)),
      ...part('fields', openedList(fields, `${path}.fields`)),
      ...part('limits', openedLimits(limits, `${path}.limits`)),
    },
  };
}

function opened(value: unknown, path: string): unknown {
  const inner = jsonIn(value);
  if (inner === undefined || inner === null || isObject(inner)) return inner;
  throw notPart(path, 'an object', value);
}

function notPart(path: string, expected: string, found: unknown): BadRequest {
  return new BadRequest(
    `Invalid filter: ${path} must be ${expected}, or JSON text of one, found ${JSON.stringify(found).slice(0, 100)}.`,
  );
}

/** What is absent stays absent: later checks tell it from null. */
function part(name: string, value: unknown): Fields {
  return value === undefined ? {} : { [name]: value };
}

/** The value of JSON text; text that is none, and whatever is no text, as it came. */
function jsonIn(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return jsonIn(JSON.parse(value));
  } catch {
    return value;
  }
}

/** A name stays a name, whatever it would be as JSON. */
function structureIn(value: unknown): unknown {
  const inner = jsonIn(value);
  return Array.isArray(inner) || isObject(inner) ? inner : value;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
