import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { inexactInteger } from './inexact-integer.js';

describe('Integers of a JSON text', () => {
  it('that would be others after reading are named with their path', () => {
    const text = '{"a": [true, {"b\\"c": "9007199254740993"}, {"id": 9007199254740993}], "z": 1}';
    assert.deepEqual(inexactInteger(text), { path: 'a[2].id', written: '9007199254740993' });
    assert.deepEqual(inexactInteger(' -12345678901234567891 '), {
      path: '',
      written: '-12345678901234567891',
    });
    assert.equal(inexactInteger(`{"a":{"b":1},"c":[[],[${'9'.repeat(400)}]]}`)?.path, 'c[1][0]');
    assert.equal(
      inexactInteger('{"run":1152921504606846976}')?.path,
      'run',
      '2^60 is written 1152921504606847000',
    );
  });

  it('that come back as they were, fractions, and texts of digits pass', () => {
    for (const text of [
      ...['9007199254740991', '-9007199254740991', '[10000000000000000000000]', '[1.2345678901234567890]'],
      ...[
        '{"t":"x: 9007199254740993"}',
        '{"a":"\\\\", "b":1e300}',
        '[" ,9007199254740993", "\\" 9007199254740993"]',
      ],
      ...['{"9007199254740993":[1,2,null,false]}', '9007199254740992'],
    ])
      assert.equal(inexactInteger(text), undefined, text);
  });

  it('are found in whatever JSON is around them', () => {
    fc.assert(
      fc.property(fc.json(), fc.json(), (before, after) => {
        const found = inexactInteger(`{"x":[${before}],"big":12345678901234567891,"y":${after}}`);
        assert.ok(found !== undefined);
        assert.equal(inexactInteger(`[${before},${after}]`), undefined);
      }),
    );
  });

  it('are found in long texts too, where nobody is told the path, and however much white space is around', () => {
    const many = `[${'7,'.repeat(600_000)}"${'9007199254740993,'.repeat(10)}",9007199254740993]`;
    assert.deepEqual(inexactInteger(many), { path: '', written: '9007199254740993' });
    const wide = `[${' '.repeat(9_000_000)}9007199254740993]`;
    assert.equal(inexactInteger(wide)?.written, '9007199254740993');
    assert.equal(inexactInteger(`{"a":[0.12345678901234567890,1e22,"x"],"b":1}`), undefined);
    assert.equal(inexactInteger('[1234567890123456789e-5, 9007199254740993]')?.path, '[1]');
  });
});
