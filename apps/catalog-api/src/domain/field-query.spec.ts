import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { encodeMetadataKeys } from './metadata-keys.js';
import { parseFields, type ResourceShape } from './field-query.js';
import { withSiValues } from './units.js';

type Fields = Record<string, unknown>;
const shape: ResourceShape = {
  id: 'pid',
  kinds: {},
  conditions: { name: 'scientific', field: 'scientificMetadata' },
};

/** Whether a record fits a condition, as the database decides it. */
function fits(record: unknown, condition: Fields): boolean {
  return Object.entries(condition).every(([name, wanted]) => {
    if (name === '$and') return (wanted as Fields[]).every((one) => fits(record, one));
    if (name === '$or') return (wanted as Fields[]).some((one) => fits(record, one));
    const value = name
      .split('.')
      .reduce<unknown>((inner, key) => (inner as Fields | undefined)?.[key], record);
    return typeof wanted === 'object' && wanted !== null
      ? Object.entries(wanted).every(([operator, bound]) => holds(value, operator, bound))
      : value === wanted;
  });
}

function holds(value: unknown, operator: string, bound: unknown): boolean {
  if (operator === '$exists') return (value !== undefined) === bound;
  if (operator === '$elemMatch')
    return (
      Array.isArray(value) &&
      value.some((item) => Object.entries(bound as Fields).every(([inner, one]) => holds(item, inner, one)))
    );
  const limit = bound as number;
  return [value].flat().some((item) => {
    if (typeof item !== 'number') return false;
    if (operator === '$eq') return item === limit;
    if (operator === '$gt') return item > limit;
    if (operator === '$gte') return item >= limit;
    return operator === '$lt' ? item < limit : item <= limit;
  });
}

function isFound(stored: Fields, relation: string, rhs: unknown, unit: string, lhs = 'q'): boolean {
  const scientificMetadata = withSiValues(encodeMetadataKeys(stored));
  const { where } = parseFields(JSON.stringify({ scientific: [{ lhs, relation, rhs, unit }] }), shape);
  return fits({ scientificMetadata }, where);
}

/** Units of one kind, with how many of them make one of the first. */
const kinds: readonly Readonly<Record<string, number>>[] = [
  { m: 1, mm: 1e3, µm: 1e6, Å: 1e10, cm: 1e2, km: 1e-3 },
  { s: 1, ms: 1e3, μs: 1e6, ns: 1e9 },
  { 'm²': 1, 'mm^2': 1e6, 'cm²': 1e4 },
  { eV: 1, keV: 1e-3, meV: 1e3 },
  { 'kg·m⁻³': 1, 'g/cm^3': 1e-3, 'mg / mm³': 1e-3 },
];
const pairs = fc.constantFrom(...kinds).chain((kind) =>
  fc.record({
    value: fc.oneof(
      fc.integer({ min: -5000, max: 5000 }),
      // Doubles below have fewer digits than the tolerance has.
      fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => (Math.abs(value) < 1e-250 ? 0 : value)),
    ),
    one: fc.constantFrom(...Object.entries(kind)),
    other: fc.constantFrom(...Object.entries(kind)),
  }),
);

describe('Searches with units', () => {
  it('find equal values whatever units they are in: 7 mm is 7000 µm', () => {
    assert.ok(isFound({ q: { value: 7, unit: 'mm' } }, 'EQUAL_TO_NUMERIC', 7000, 'µm'));
    fc.assert(
      fc.property(pairs, ({ value, one: [unit, count], other: [asked, askedCount] }) => {
        const stored = { q: { value, unit } };
        const rhs = (value / count) * askedCount;
        const found = (relation: string, sought: unknown = rhs): boolean =>
          isFound(stored, relation, sought, asked);
        assert.ok(found('EQUAL_TO_NUMERIC'), 'equal');
        assert.ok(found('GREATER_THAN_OR_EQUAL') && found('LESS_THAN_OR_EQUAL'), 'equal is included');
        assert.ok(!found('GREATER_THAN') && !found('LESS_THAN'), 'equal is neither greater nor less');
        const far = Math.abs(rhs) + 1;
        assert.ok(!found('RANGE', [rhs, rhs + far]) && !found('RANGE', [rhs - far, rhs]), 'ends are outside');
        assert.ok(found('RANGE', [rhs - far, rhs + far]) && found('GREATER_THAN', rhs - far), 'between');
        if (rhs !== 0) assert.ok(!found('EQUAL_TO_NUMERIC', rhs * (1 + 1e-6)), 'another value');
      }),
      { numRuns: 1000 },
    );
  });

  it('count from the zero that a unit has', () => {
    const stored = { q: { value: -273.15, unit: '°C' } };
    assert.ok(
      isFound(stored, 'EQUAL_TO_NUMERIC', 0, 'K') && isFound(stored, 'EQUAL_TO_NUMERIC', -459.67, '°F'),
    );
    assert.ok(!isFound(stored, 'LESS_THAN', -459.67, 'degF'));
  });

  it('compare each number of a list', () => {
    const stored = { q: { value: [1, 10], unit: 'mm' } };
    assert.ok(isFound(stored, 'EQUAL_TO_NUMERIC', 10_000, 'µm'));
    assert.ok(!isFound(stored, 'EQUAL_TO_NUMERIC', 5, 'mm'), 'no number of it is five');
  });

  it('find what was stored before its unit was understood, and what nobody understands', () => {
    const { where } = parseFields(
      JSON.stringify({ scientific: [{ lhs: 'q', relation: 'GREATER_THAN', rhs: 5, unit: 'µm' }] }),
      shape,
    );
    assert.ok(fits({ scientificMetadata: { q: { value: 6, unit: 'µm', valueSI: 6, unitSI: 'µm' } } }, where));
    assert.ok(isFound({ q: { value: '5', unit: 'px' } }, 'EQUAL_TO_NUMERIC', 5, 'px'));
    assert.ok(!isFound({ q: { value: 5, unit: 'px' } }, 'EQUAL_TO_NUMERIC', 5.000000001, 'px'));
  });

  it('look at each dot of a name as a way inside, and as a part of it', () => {
    const q = { value: 1, unit: 'm' };
    for (const stored of [{ 'a.b.c': q }, { a: { b: { c: q } } }, { 'a.b': { c: q } }, { a: { 'b.c': q } }])
      assert.ok(isFound(stored, 'EQUAL_TO_NUMERIC', 1000, 'mm', 'a.b.c'), JSON.stringify(stored));
  });

  it('without a unit compare the numbers as they are', () => {
    assert.ok(isFound({ q: { value: 5, unit: 'mm' } }, 'EQUAL_TO_NUMERIC', 5, ''));
    assert.ok(!isFound({ q: { value: 5, unit: 'mm' } }, 'EQUAL_TO_NUMERIC', 5.000000001, ''));
  });

  it('look for a name of many parts in few ways, whatever it is made of', () => {
    const lhs = Array.from({ length: 100 }, () => '%50').join('.');
    const scientific = [{ lhs, relation: 'EQUAL_TO_NUMERIC', rhs: 1, unit: 'm' }];
    const { where } = parseFields(JSON.stringify({ scientific }), shape);
    assert.ok(JSON.stringify(where).length < 20_000, `${JSON.stringify(where).length} characters`);
    const long = [{ ...scientific[0], lhs: 'x'.repeat(1001) }];
    assert.throws(() => parseFields(JSON.stringify({ scientific: long }), shape), /at most 1000/);
  });
});

describe('Ranges of fields', () => {
  const ranges: ResourceShape = { id: 'pid', kinds: { size: 'number', creationTime: 'date' } };
  const where = (fields: Fields): Fields => parseFields(JSON.stringify(fields), ranges).where;

  it('have their ends and nothing else: no other comparison is dropped', () => {
    for (const [range, other] of [
      [{ size: { min: 1, $lt: 5 } }, '$lt'],
      [{ size: { max: 9, $ne: 5 } }, '$ne'],
      [{ size: { min: null, $gt: 5 } }, '$gt'],
      [{ size: { begin: 1, $lt: 5 } }, '$lt'],
      [{ creationTime: { begin: '2020-01-01', $lt: '2021-01-01' } }, '$lt'],
    ] as const) {
      const names = (error: Error): boolean => error.message.includes(JSON.stringify(other));
      assert.throws(() => where(range), names, JSON.stringify(range));
    }
    assert.deepEqual(where({ size: { min: 1, max: 2 } }), { size: { $gte: 1, $lte: 2 } });
    assert.deepEqual(where({ size: { $gt: 1, $lt: 5 } }), { size: { $gt: 1, $lt: 5 } });
  });

  it('without ends leave the part out', () => {
    for (const range of [
      { creationTime: { begin: null, end: null } },
      { creationTime: { begin: null } },
      { size: { min: null, max: null } },
      { size: {} },
    ])
      assert.deepEqual(where(range), {}, JSON.stringify(range));
  });
});
