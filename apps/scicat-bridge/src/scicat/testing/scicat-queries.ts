import { isFields, type Fields } from '../answers.js';

/** What SciCat refuses, with the body of its answer. */
export class ScicatRefusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const operators = new Map([
  ['inq', '$in'],
  ['nin', '$nin'],
  ['and', '$and'],
  ['or', '$or'],
  ['gt', '$gt'],
  ['lt', '$lt'],
]);
const wordsOfV4 = [
  '$in',
  '$or',
  '$and',
  '$gt',
  '$gte',
  '$lt',
  '$lte',
  '$ne',
  '$nin',
  '$eq',
  '$exists',
  '$regex',
];
const jobProperties = [
  'jobParams',
  ...[
    'id',
    '_id',
    'type',
    'statusCode',
    'statusMessage',
    'ownerUser',
    'ownerGroup',
    'createdAt',
    'createdBy',
  ],
  ...['limit', 'skip', 'order', 'where', 'limits', 'fields', 'sort', 'include'],
];

export function parsed(text: string | null): Fields {
  if (text === null) return {};
  try {
    const value: unknown = JSON.parse(text);
    if (isFields(value)) return value;
  } catch {
    // Refused below.
  }
  throw new ScicatRefusal(400, 'Invalid JSON in filter');
}

/** As the pipe of v3 reads a condition: names of operators translated, numbers and times read into texts, but not inside lists. */
export function conditionOfV3(value: unknown, readsTexts = true): unknown {
  if (Array.isArray(value))
    return value.map((entry) => (isFields(entry) ? conditionOfV3(entry, readsTexts) : entry));
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      operators.get(name) ?? name,
      typeof inner === 'string' && readsTexts ? readInto(inner) : conditionOfV3(inner, readsTexts),
    ]),
  );
}

/** As `fullquery` reads its fields: a list is any of it, `mode` is a condition of MongoDB. */
export function conditionOfFields(fields: Fields): Fields {
  const { mode, ...others } = fields;
  const names = Object.entries(others).map(([name, value]) => [
    name,
    Array.isArray(value) ? (value.length === 1 ? value[0] : { $in: value }) : value,
  ]);
  return { ...Object.fromEntries(names), ...(isFields(mode) ? mode : {}) };
}

/** v4 knows the properties of its records and some operators, and looks into no list. */
export function checkV4(value: unknown, path = ''): void {
  if (!isFields(value)) return;
  for (const [name, inner] of Object.entries(value)) {
    const [top = ''] = name.split('.');
    if (!jobProperties.includes(top) && !wordsOfV4.includes(name))
      throw new ScicatRefusal(400, `Property ${path}${name} should not exist in the filter object`);
    if (top !== 'jobParams') checkV4(inner, `${path}${name}.`);
  }
}

export function matches(record: Fields, condition: Fields): boolean {
  return Object.entries(condition).every(([name, wanted]) => {
    if (name === '$expr') return isAbove(record, wanted);
    if (name === '$and' && Array.isArray(wanted))
      return wanted.every((part) => isFields(part) && matches(record, part));
    const value = valueAt(record, name);
    if (!isFields(wanted)) return value === wanted;
    return Object.entries(wanted).every(([operator, operand]) => {
      if (operator === '$in' && Array.isArray(operand)) return operand.includes(value);
      if (operator === '$gt')
        return typeof value === 'string' && typeof operand === 'string' && value > operand;
      throw new ScicatRefusal(500, `unknown operator: ${operator}`);
    });
  });
}

/** Of a name with dots, what is inside. */
function valueAt(record: Fields, name: string): unknown {
  let value: unknown = record;
  for (const part of name.split('.')) value = isFields(value) ? value[part] : undefined;
  return value;
}

/** @param byDefault entries, where no limit is said */
export function page(records: readonly Fields[], limits: unknown, byDefault = 100): readonly Fields[] {
  const { limit, skip, order } = isFields(limits) ? limits : {};
  if (order !== undefined && typeof order !== 'string')
    throw new ScicatRefusal(500, 'order.split is not a function');
  const [name, direction] = (order ?? '').split(':');
  const first = typeof skip === 'number' ? skip : 0;
  const many = typeof limit === 'number' && limit > 0 ? limit : byDefault;
  return sortedBy(records, name ?? '', direction).slice(first, first + many);
}

export function sortedBy(records: readonly Fields[], name: string, direction: unknown): readonly Fields[] {
  const turn = direction === 'desc' || direction === -1 ? -1 : 1;
  return [...records].sort((left, right) => {
    const [one, other] = [String(left[name]), String(right[name])];
    return one === other ? 0 : one < other ? -turn : turn;
  });
}

/** @param fields names, or an object with a name as key for each that is wanted */
export function projected(record: Fields, fields: unknown): Fields {
  const names = Array.isArray(fields) ? fields.map(String) : isFields(fields) ? Object.keys(fields) : [];
  if (names.length === 0) return record;
  return Object.fromEntries(
    Object.entries(record).filter(([name]) => name === '_id' || names.includes(name)),
  );
}

function isAbove(record: Fields, wanted: unknown): boolean {
  const operands = isFields(wanted) ? wanted['$gt'] : undefined;
  if (!Array.isArray(operands) || typeof operands[0] !== 'string') throw new ScicatRefusal(500, 'bad $expr');
  const value = record[operands[0].slice(1)];
  return typeof value === 'string' && typeof operands[1] === 'string' && value > operands[1];
}

function readInto(text: string): unknown {
  let value: unknown = text;
  try {
    value = JSON.parse(text);
  } catch {
    // A text.
  }
  if (typeof value !== 'string') return value;
  const time = Date.parse(value);
  return Number.isNaN(time) ? value : new Date(time);
}
