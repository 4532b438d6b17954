type Stored = Record<string, unknown>;

/** A list on the way to a field: any of its items may match. */
const list = Symbol('list');

/**
 * Whether a document matches a filter, where plain values, times and lists of them tell: most filters of Catena are such, and a whole
 * query costs a hundred times as much. Undefined: only a query can tell.
 */
export function plainMatch(document: Stored, filter: Stored): boolean | undefined {
  let isSure = true;
  for (const path in filter) {
    const matches = path.startsWith('$')
      ? composed(document, path, filter[path])
      : asked(valueAt(document, path), filter[path]);
    if (matches === false) return false;
    isSure &&= matches !== undefined;
  }
  return isSure ? true : undefined;
}

function composed(document: Stored, operator: string, parts: unknown): boolean | undefined {
  if (!Array.isArray(parts)) return undefined;
  const found = parts.map((part) => plainMatch(document, part as Stored));
  if (operator === '$and')
    return found.includes(false) ? false : found.includes(undefined) ? undefined : true;
  if (operator === '$or') return found.includes(true) ? true : found.includes(undefined) ? undefined : false;
  return undefined;
}

function asked(found: unknown, wanted: unknown): boolean | undefined {
  if (found === list) return undefined;
  if (isPlain(wanted)) return found === wanted;
  if (wanted instanceof Date) return found instanceof Date && found.getTime() === wanted.getTime();
  if (typeof wanted !== 'object' || wanted === null) return undefined;
  if (Object.getPrototypeOf(wanted) !== Object.prototype) return undefined;
  const operators = Object.entries(wanted as Stored);
  if (operators.length === 0) return undefined;
  let isSure = true;
  for (const [operator, value] of operators) {
    const holds = satisfies(found, operator, value);
    if (holds === false) return false;
    isSure &&= holds !== undefined;
  }
  return isSure ? true : undefined;
}

function satisfies(found: unknown, operator: string, value: unknown): boolean | undefined {
  switch (operator) {
    case '$exists':
      return (found !== undefined) === Boolean(value);
    case '$in':
      return Array.isArray(value) && value.every(isPlain) ? (value as unknown[]).includes(found) : undefined;
    case '$ne':
      return isPlain(value) ? found !== value : undefined;
    case '$lte':
      return compared(found, value, (difference) => difference <= 0);
    case '$lt':
      return compared(found, value, (difference) => difference < 0);
    case '$gte':
      return compared(found, value, (difference) => difference >= 0);
    case '$gt':
      return compared(found, value, (difference) => difference > 0);
    default:
      return undefined;
  }
}

/** Values of different kinds never compare. */
function compared(
  found: unknown,
  value: unknown,
  holds: (difference: number) => boolean,
): boolean | undefined {
  if (value instanceof Date) return found instanceof Date && holds(found.getTime() - value.getTime());
  if (typeof value === 'number') return typeof found === 'number' && holds(found - value);
  return undefined;
}

function isPlain(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function valueAt(document: Stored, path: string): unknown {
  let value: unknown = document;
  for (const name of path.includes('.') ? path.split('.') : [path]) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Stored)[name];
    if (Array.isArray(value)) return list;
  }
  return value;
}
