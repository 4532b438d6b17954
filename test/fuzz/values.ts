import type { Chance } from './random.js';

type Fields = Record<string, unknown>;

/** What people, programs and attackers put where text, numbers and objects are expected. */
const texts = [
  '',
  ' ',
  'a',
  'null',
  'undefined',
  'true',
  '0',
  '-1',
  '1e999',
  '9'.repeat(400),
  'x'.repeat(5000),
  '\u0000',
  '\ud800',
  'Ünïcödé ✓ 🧪',
  '../../etc/passwd',
  '%2e%2e%2f',
  '%',
  '$where',
  '__proto__',
  'constructor',
  'toString',
  "' OR 1=1 --",
  '{"$gt":""}',
  '[]',
  '{}',
  '2020-13-45',
  '2020-01-01T00:00:00Z',
  'ada@example.org',
  '20.500.12345/none',
  'http://127.0.0.1:1/',
  'group1',
];
const numbers = [0, 1, -1, 1.5, 1e21, -1e21, 2 ** 53, Number.MAX_VALUE, 100];
const fieldNames = [
  ...[
    'pid',
    '_id',
    'ownerGroup',
    'accessGroups',
    'isPublished',
    'createdAt',
    'creationTime',
    'size',
    'type',
    'status',
  ],
  ...[
    'datasetName',
    'scientificMetadata',
    'scientificMetadata.x',
    'datasetlifecycle.archivable',
    'jobParams',
    'title',
  ],
  ...[
    '__proto__',
    'constructor',
    '$where',
    'a.b.c.d',
    '',
    '.',
    'x..y',
    '$',
    'ümläut',
    'sharedWith',
    'keywords',
  ],
];
const operators = [
  ...[
    '$gt',
    '$gte',
    '$lt',
    '$in',
    '$nin',
    '$ne',
    '$exists',
    '$regex',
    '$not',
    '$elemMatch',
    '$all',
    '$size',
    '$eq',
  ],
  ...['$where', '$function', '$expr', '$lookup', '$text', '$jsonSchema', '$mod', '$near', '$comment'],
  ...['inq', 'nin', 'like', 'ilike', 'gt', 'lte', 'and', 'or', 'neq', 'between'],
];
const relations = [
  'all',
  'datasets',
  'proposals',
  'samples',
  'origdatablocks',
  'datablocks',
  'attachments',
  'instruments',
  'x',
];

export function anyText(chance: Chance): string {
  return chance.pick(texts);
}

/** Any JSON value. */
export function anyValue(chance: Chance, depth = 0): unknown {
  const kind = chance.below(depth > 4 ? 4 : 7);
  if (kind === 0) return anyText(chance);
  if (kind === 1) return chance.pick(numbers);
  if (kind === 2) return chance.happens(0.5);
  if (kind === 3) return null;
  if (kind === 4) return Array.from({ length: chance.below(4) }, () => anyValue(chance, depth + 1));
  return anyObject(chance, depth + 1);
}

export function anyObject(chance: Chance, depth = 0): Fields {
  return Object.fromEntries(
    Array.from({ length: chance.below(4) }, () => [chance.pick(fieldNames), anyValue(chance, depth + 1)]),
  );
}

/** A condition as filters have them: plausible, hostile, or both. */
function anyCondition(chance: Chance, depth = 0): Fields {
  const entries = Array.from({ length: chance.below(4) }, (): [string, unknown] => {
    if (depth < 4 && chance.happens(0.2)) {
      const parts = Array.from({ length: chance.below(3) + 1 }, () => anyCondition(chance, depth + 1));
      return [chance.pick(['$or', '$and', '$nor', 'or', 'and']), parts];
    }
    const value = chance.happens(0.5)
      ? anyValue(chance, 3)
      : { [chance.pick(operators)]: anyValue(chance, 3) };
    return [chance.pick(fieldNames), value];
  });
  return Object.fromEntries(entries);
}

/** Text of a `filter`, `fields`, `limits` … parameter. */
export function anyQueryText(chance: Chance, name: string): string {
  if (chance.happens(0.1)) return anyText(chance);
  if (chance.happens(0.05)) return JSON.stringify(anyCondition(chance)).slice(0, -1);
  return JSON.stringify(structured(chance, name));
}

function structured(chance: Chance, name: string): unknown {
  const limits = (): Fields => ({
    ...(chance.happens(0.7) ? { limit: chance.pick<unknown>([1, 5, 0, -1, '3', null, 1e9, {}, []]) } : {}),
    ...(chance.happens(0.4) ? { skip: chance.pick<unknown>([0, 2, -5, 'x', null, 1e15]) } : {}),
    ...(chance.happens(0.4)
      ? { order: chance.pick<unknown>(['createdAt:desc', 'x', ':asc', ['a:asc'], '$x:asc', 7]) }
      : {}),
    ...(chance.happens(0.3)
      ? { sort: chance.pick<unknown>([{ createdAt: 'asc' }, { $x: 1 }, 'x', { '': 'desc' }]) }
      : {}),
  });
  if (name === 'limits') return limits();
  if (name === 'facets')
    return chance.pick<unknown>([
      ['type'],
      ['creationTime', 'keywords'],
      [1, {}],
      'x',
      {},
      ['__proto__', 'constructor'],
    ]);
  if (name === 'fields') {
    const search: Fields = {
      ...anyCondition(chance),
      ...(chance.happens(0.3) ? { mode: anyCondition(chance) } : {}),
      ...(chance.happens(0.3) ? { text: anyValue(chance, 4) } : {}),
      ...(chance.happens(0.2) ? { isPublished: anyValue(chance, 4) } : {}),
      ...(chance.happens(0.2) ? { userGroups: anyValue(chance, 3) } : {}),
      ...(chance.happens(0.2)
        ? {
            scientific: [
              {
                lhs: anyText(chance),
                relation: chance.pick(['GREATER_THAN', 'RANGE', 'EQUAL_TO_STRING', 'x']),
                rhs: anyValue(chance, 3),
                unit: chance.pick(['m', '', 'Å', 'blob', '%', 'm/0']),
              },
            ],
          }
        : {}),
    };
    return search;
  }
  return {
    ...(chance.happens(0.8) ? { where: anyCondition(chance) } : {}),
    ...(chance.happens(0.4) ? { limits: limits() } : {}),
    ...(chance.happens(0.3)
      ? { fields: chance.pick<unknown>([['pid'], { pid: 1 }, { pid: 0 }, 'x', [1], ['$x'], { '': true }]) }
      : {}),
    ...(chance.happens(0.3)
      ? {
          include: chance.pick<unknown>([
            chance.pick(relations),
            [chance.pick(relations)],
            [{ relation: chance.pick(relations), scope: { where: anyCondition(chance), limits: limits() } }],
            {},
            [7],
          ]),
        }
      : {}),
  };
}
