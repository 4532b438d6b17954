import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Binary, Decimal128, Double, Int32, Long, ObjectId, serialize, Timestamp } from 'bson';
import { documentOf } from './ordered-document.js';

const ordered = (...fields: [string, unknown][]): Map<string, unknown> => new Map(fields);

function comesBack(document: object): void {
  const bytes = Buffer.from(serialize(document));
  assert.deepEqual(Buffer.from(serialize(documentOf(bytes))), bytes);
}

describe('A document of a backup', () => {
  it('keeps the order of its fields, also of those that are called as numbers are', () => {
    const inner = ordered(['b', 1], ['2', 1], ['1', 1]);
    comesBack(ordered(['_id', 'x'], ['b', 1], ['2', 1], ['1', 1]));
    comesBack(ordered(['_id', 'x'], ['z', inner], ['list', [inner, [inner], 'text']], ['0', inner]));
  });

  it('keeps every kind of value, beside such fields and without them', () => {
    const values: [string, unknown][] = [
      ['double', new Double(1)],
      ['int', new Int32(1)],
      ['long', Long.fromNumber(1)],
      ['decimal', Decimal128.fromString('1.10')],
      ['bytes', new Binary(Buffer.from('abc'), 5)],
      ['id', new ObjectId()],
      ['date', new Date('1931-02-03T04:05:06.789Z')],
      ['time', new Timestamp({ t: 1, i: 2 })],
      ['expression', /a.c/i],
      ['nothing', null],
      ['yes', true],
      ['text', 'ünï'],
      ['reference', ordered(['$ref', 'things'], ['$id', 'x'], ['b', 1], ['1', 1])],
      ['empty', {}],
    ];
    comesBack(ordered(...values));
    comesBack(ordered(...values, ['1', 'last']));
  });
});
