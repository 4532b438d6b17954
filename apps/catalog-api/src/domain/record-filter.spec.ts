import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ResourceShape } from './field-query.js';
import { parseRecordFilter } from './record-filter.js';

const shape: ResourceShape = {
  id: 'thingId',
  kinds: { thingId: 'string', title: 'string', at: 'date', size: 'number', open: 'boolean' },
};
const whereOf = (where: object): unknown => parseRecordFilter(JSON.stringify({ where }), shape).where;

describe('A filter of records with known fields', () => {
  it('casts a value by its field', () => {
    assert.deepEqual(whereOf({ title: '2020', size: '3', open: 'true', at: '2020-01-01T00:00:00Z' }), {
      title: '2020',
      size: 3,
      open: true,
      at: new Date('2020-01-01T00:00:00Z'),
    });
  });

  it('casts operands at any depth, but not what compares with something else', () => {
    assert.deepEqual(
      whereOf({ and: [{ or: [{ at: { gte: '2020-01-01' } }, { size: { inq: ['1', 2] } }] }] }),
      {
        $and: [{ $or: [{ at: { $gte: new Date('2020-01-01') } }, { size: { $in: [1, 2] } }] }],
      },
    );
    assert.deepEqual(whereOf({ size: { $exists: 'x' }, at: { like: '2020' } }), {
      size: { $exists: 'x' },
      at: { $regex: '2020' },
    });
  });

  it('leaves what does not fit and what it does not know as it came', () => {
    assert.deepEqual(whereOf({ size: 'big', open: 'maybe', other: '5' }), {
      size: 'big',
      open: 'maybe',
      other: '5',
    });
  });

  it('refuses what is no date where dates are stored', () => {
    assert.throws(
      () => whereOf({ $or: [{ at: { gt: 'soon' } }] }),
      /at must be a valid ISO 8601 date string/,
    );
  });

  it('knows the id by its names, in conditions and in the order', () => {
    assert.deepEqual(whereOf({ thingId: '007' }), { _id: '007' });
    assert.deepEqual(whereOf({ or: [{ id: 'a' }, { thingId: 'b' }] }), { $or: [{ _id: 'a' }, { _id: 'b' }] });
    const { sort } = parseRecordFilter('{"limits":{"order":"thingId:desc"}}', shape);
    assert.deepEqual(sort, { _id: -1 });
  });
});
