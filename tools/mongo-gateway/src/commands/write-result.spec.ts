import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { serialize } from 'bson';
import { repeatedOperations, WriteResult } from './write-result.js';

const operations = [0, 1, 2, 3].map((n) => Buffer.from(serialize({ q: { n }, u: {}, upsert: n === 3 })));
const all = [0, 1, 2, 3];
const conflict = (index: number): object => ({ index, code: 112, errmsg: 'conflict' });
const duplicate = (index: number): object => ({ index, code: 11000, errmsg: 'duplicate' });

describe('WriteResult', () => {
  it('repeats conflicts of an unordered write and keeps the other errors', () => {
    const result = new WriteResult(false);
    result.add({ n: 1, writeErrors: [conflict(0), duplicate(1), conflict(2)] }, all);
    const repeated = repeatedOperations(result, operations, true);
    assert.deepEqual(repeated, [0, 2]);
    result.add({ n: 1, writeErrors: [conflict(1)] }, repeated);
    assert.deepEqual(repeatedOperations(result, operations, true), [2]);
    result.add({ n: 1 }, [2]);
    assert.deepEqual(result.toReply(), { n: 3, writeErrors: [duplicate(1)], ok: 1 });
  });

  it('goes on after the conflict of an ordered write', () => {
    const result = new WriteResult(true);
    result.add({ n: 1, nModified: 1, writeErrors: [conflict(1)] }, all);
    const repeated = repeatedOperations(result, operations, true);
    assert.deepEqual(repeated, [1, 2, 3]);
    result.add({ n: 3, nModified: 2, upserted: [{ index: 2, _id: 'x' }] }, repeated);
    assert.deepEqual(result.toReply(), { n: 4, nModified: 3, upserted: [{ index: 3, _id: 'x' }], ok: 1 });
  });

  it('stops an ordered write at an error that stays', () => {
    const result = new WriteResult(true);
    result.add({ n: 1, writeErrors: [duplicate(1)] }, all);
    assert.deepEqual(repeatedOperations(result, operations, true), []);
  });

  it('repeats upserts that collided, but not for ever', () => {
    const result = new WriteResult(true);
    result.add({ n: 3, writeErrors: [duplicate(3)] }, all);
    assert.deepEqual(repeatedOperations(result, operations, true), [3]);
    assert.deepEqual(repeatedOperations(result, operations, false), []);
  });
});
