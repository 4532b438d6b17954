import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { lostNumber } from './lost-number.js';

describe('Numbers of a JSON text', () => {
  it('that would be others after reading are named with their path', () => {
    const text = '{"a": [true, {"b\\"c": "9007199254740993"}, {"id": 9007199254740993}], "z": 1}';
    assert.deepEqual(lostNumber(text), { path: 'a[2].id', written: '9007199254740993' });
    assert.deepEqual(lostNumber(' -12345678901234567891 '), {
      path: '',
      written: '-12345678901234567891',
    });
    assert.equal(lostNumber(`{"a":{"b":1},"c":[[],[${'9'.repeat(400)}]]}`)?.path, 'c[1][0]');
    assert.equal(
      lostNumber('{"run":1152921504606846976}')?.path,
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
      assert.equal(lostNumber(text), undefined, text);
  });

  it('are found in whatever JSON is around them', () => {
    fc.assert(
      fc.property(fc.json(), fc.json(), (before, after) => {
        const found = lostNumber(`{"x":[${before}],"big":12345678901234567891,"y":${after}}`);
        assert.ok(found !== undefined);
        assert.equal(lostNumber(`[${before},${after}]`), undefined);
      }),
    );
  });

  it('are found in long texts too, where nobody is told the path, and however much white space is around', () => {
    const many = `[${'7,'.repeat(600_000)}"${'9007199254740993,'.repeat(10)}",9007199254740993]`;
    assert.deepEqual(lostNumber(many), { path: '', written: '9007199254740993' });
    const wide = `[${' '.repeat(9_000_000)}9007199254740993]`;
    assert.equal(lostNumber(wide)?.written, '9007199254740993');
    assert.equal(lostNumber(`{"a":[0.12345678901234567890,1e22,"x"],"b":1}`), undefined);
    assert.equal(lostNumber('[1234567890123456789e-5, 9007199254740993]')?.path, '[1]');
  });

  it('that would be infinite are named with their path, and large ones that are not pass', () => {
    for (const [text, path, written] of [
      ['{"a":{"b":[1,1e400]}}', 'a.b[1]', '1e400'],
      ['[-1E+309]', '[0]', '-1E+309'],
      ['{"x":"1e999","y":1.8e308}', 'y', '1.8e308'],
      ['{"x":999999999999999e0000294}', 'x', '999999999999999e0000294'],
      [`{"x":${'9'.repeat(400)}.5}`, 'x', `${'9'.repeat(400)}.5`],
      ['1e400', '', '1e400'],
    ] as const)
      assert.deepEqual(lostNumber(text), { path, written }, text);
    for (const text of [
      ...['[1.7e308, 1e-400, 0e999]', '["1e400", "a1e400b"]', '{"1e400":1}', '[0.0000000000000001e300]'],
    ])
      assert.equal(lostNumber(text), undefined, text);
  });
});
