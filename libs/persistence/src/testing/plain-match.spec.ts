import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { find, Query } from 'mingo';
import { plainMatch } from './plain-match.js';
import { projectedPlainly, sortedPlainly } from './plain-rows.js';

const plain = fc.oneof(
  fc.constantFrom('a', 'b', ''),
  fc.integer({ min: 0, max: 2 }),
  fc.boolean(),
  fc.integer({ min: 0, max: 2 }).map((day) => new Date(day * 86_400_000)),
);
const value = fc.oneof(plain, fc.constant(null), fc.array(plain, { maxLength: 2 }));
const fields = fc.dictionary(fc.constantFrom('x', 'y'), value, { maxKeys: 2 }).map((one) => ({ ...one }));
const document = fc
  .record({ x: value, y: fc.oneof(value, fields), z: value }, { requiredKeys: [] })
  .map((one) => ({ ...one }));
const asked = fc.oneof(
  plain,
  fc.record({ $exists: fc.boolean() }),
  fc.record({ $ne: plain }),
  fc.record({ $in: fc.array(plain, { maxLength: 3 }) }),
  fc
    .constantFrom('$lt', '$lte', '$gt', '$gte')
    .chain((operator) => plain.map((one) => ({ [operator]: one }))),
);
const simple = fc.dictionary(fc.constantFrom('x', 'y', 'z', 'y.x'), asked, { maxKeys: 2 });
const filter = fc
  .oneof(
    simple,
    fc
      .tuple(fc.constantFrom('$and', '$or'), fc.array(simple, { minLength: 1, maxLength: 2 }))
      .map(([operator, parts]) => ({ [operator]: parts })),
  )
  .map((one) => ({ ...one }));

describe('What plain values tell of a document', () => {
  it('that matches a filter, or does not, is what a query says, or nothing', () => {
    let told = 0;
    fc.assert(
      fc.property(document, filter, (one, wanted) => {
        const found = plainMatch(one, wanted);
        if (found === undefined) return;
        told += 1;
        assert.equal(found, new Query(wanted).test(one));
      }),
      { numRuns: 3000 },
    );
    assert.ok(told > 1000, `${told} were told`);
  });

  it('in an order, or cut to some fields, is what a query gives, or nothing', () => {
    const sort = fc.constantFrom<Record<string, 1 | -1>>({ x: 1 }, { x: -1, z: 1 }, { 'y.x': 1 });
    const projection = fc.constantFrom<Record<string, 0 | 1>>(
      {},
      { x: 1 },
      { x: 0 },
      { _id: 1 },
      { _id: 0, z: 1 },
    );
    fc.assert(
      fc.property(fc.array(document, { maxLength: 4 }), sort, projection, (some, by, cut) => {
        const documents = some.map((one, _id) => ({ _id, ...one }));
        const sorted = sortedPlainly(documents, by);
        if (sorted !== undefined)
          assert.deepEqual(
            sorted.map(({ _id }) => _id),
            (find(documents, {}).sort(by).all() as { _id: number }[]).map(({ _id }) => _id),
          );
        for (const one of documents) {
          const projected = projectedPlainly(one, cut);
          if (projected !== undefined) assert.deepEqual(projected, find([one], {}, cut).next());
        }
      }),
      { numRuns: 1000 },
    );
  });
});
