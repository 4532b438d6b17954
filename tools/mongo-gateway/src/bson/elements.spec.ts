import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import {
  Binary,
  BSONRegExp,
  Code,
  Decimal128,
  deserialize,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  serialize,
  Timestamp,
} from 'bson';
import {
  booleanValue,
  BsonFormatError,
  elementsOf,
  integerValue,
  splitDocuments,
  stringValue,
  withoutElements,
} from './elements.js';

const bson = (document: Record<string, unknown>): Buffer => Buffer.from(serialize(document));

const everyType = {
  double: new Double(1.5),
  string: 'grüß',
  document: { a: { b: 1 } },
  array: [1, [2]],
  binary: new Binary(Buffer.from('abc')),
  objectId: new ObjectId(),
  yes: true,
  date: new Date(0),
  nothing: null,
  regex: new BSONRegExp('a.b', 'i'),
  code: new Code('f()'),
  scoped: new Code('f()', { x: 1 }),
  int32: new Int32(7),
  timestamp: new Timestamp(8n),
  int64: Long.fromNumber(2 ** 40),
  decimal: Decimal128.fromString('1.5'),
  least: new MinKey(),
  most: new MaxKey(),
};

describe('elementsOf', () => {
  it('steps over values of every type', () => {
    const elements = elementsOf(bson(everyType));
    assert.deepEqual(
      elements.map(({ name }) => name),
      Object.keys(everyType),
    );
  });

  it('refuses bytes that are no document instead of reading beyond them', () => {
    const good = bson(everyType);
    for (let length = 0; length < good.length; length++) {
      assert.throws(() => elementsOf(good.subarray(0, length)), BsonFormatError);
    }
    for (let round = 0; round < 2000; round++) {
      const damaged = Buffer.from(good);
      damaged[randomBytes(1).readUInt8() % damaged.length] = randomBytes(1).readUInt8();
      try {
        elementsOf(damaged);
      } catch (error) {
        assert.ok(error instanceof BsonFormatError, String(error));
      }
    }
  });
});

describe('values of elements', () => {
  const document = bson({
    text: 'x',
    int: 3,
    long: Long.fromNumber(4),
    double: new Double(5),
    half: 0.5,
    no: false,
  });
  const element = (name: string): ReturnType<typeof elementsOf>[number] | undefined =>
    elementsOf(document).find((candidate) => candidate.name === name);

  it('reads strings, integers of any width and truth', () => {
    assert.equal(stringValue(document, element('text')), 'x');
    assert.equal(stringValue(document, element('int')), undefined);
    assert.deepEqual(
      ['int', 'long', 'double', 'half', 'text'].map((name) => integerValue(document, element(name))),
      [3n, 4n, 5n, undefined, undefined],
    );
    assert.equal(booleanValue(document, element('no')), false);
    assert.equal(booleanValue(document, element('int')), true);
    assert.equal(booleanValue(document, element('absent')), undefined);
  });
});

describe('withoutElements', () => {
  it('removes the named elements only, wherever they stand', () => {
    const document = bson({ a: 1, b: { c: 2 }, d: 'x', e: [1] });
    const rest = withoutElements(document, elementsOf(document), new Set(['a', 'd']));
    assert.deepEqual(deserialize(rest), { b: { c: 2 }, e: [1] });
  });

  it('returns the same bytes when there is nothing to remove', () => {
    const document = bson({ a: 1 });
    assert.equal(withoutElements(document, elementsOf(document), new Set(['b'])), document);
  });
});

describe('splitDocuments', () => {
  it('finds the documents of a sequence and refuses a torn one', () => {
    const sequence = Buffer.concat([bson({ a: 1 }), bson({ b: 2 })]);
    assert.deepEqual(
      splitDocuments(sequence).map((document) => deserialize(document)),
      [{ a: 1 }, { b: 2 }],
    );
    assert.throws(() => splitDocuments(sequence.subarray(0, sequence.length - 1)), BsonFormatError);
  });
});
