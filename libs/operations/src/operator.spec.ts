import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { named, operatorFrom } from './index.js';

describe('Who acts', () => {
  it('is whom the caller names, in any language', () => {
    const headers = {
      'catena-acting-for': encodeURIComponent('Žofie Müller'),
      'catena-acting-groups': `p1,${encodeURIComponent('a,b')}`,
      'catena-acting-via': 'cli',
      'idempotency-key': 'key-12345',
    };
    assert.deepEqual(operatorFrom({ headers, ip: '10.1.2.3' }), {
      name: 'Žofie Müller',
      groups: ['p1', 'a,b'],
      via: 'cli',
      from: '10.1.2.3',
      key: 'key-12345',
    });
  });

  it('is `operations` where nobody is named, or who a body of an earlier client names', () => {
    const operator = operatorFrom({ headers: {} });
    assert.deepEqual(operator, { name: 'operations', groups: [], via: 'token' });
    assert.equal(named(operator, undefined).name, 'operations');
    assert.equal(named(operator, 'ada').name, 'ada');
    const header = operatorFrom({ headers: { 'catena-acting-for': 'grace' } });
    assert.equal(named(header, 'ada').name, 'grace', 'the header counts');
  });

  it('is where the calling program says that the person is, and else where the call comes from', () => {
    for (const from of ['192.0.2.7', '2001:db8::7'])
      assert.equal(operatorFrom({ headers: { 'catena-acting-from': from }, ip: '10.1.2.3' }).from, from);
    assert.equal(operatorFrom({ headers: {}, ip: '10.1.2.3' }).from, '10.1.2.3');
    for (const from of ['', 'localhost', '192.0.2.7, 10.0.0.1', '192.0.2.7\n'])
      assert.throws(() => operatorFrom({ headers: { 'catena-acting-from': from } }), {
        code: 'operations.wrong-name',
      });
  });

  it('is never a name that cannot be read as it is', () => {
    const wrong = [
      '',
      '%20',
      'a%0Ab',
      '%',
      encodeURIComponent('ada\u202egrace'),
      encodeURIComponent('a\u200bda'),
      'x'.repeat(101),
    ];
    for (const name of wrong)
      assert.throws(
        () => operatorFrom({ headers: { 'catena-acting-for': name } }),
        { code: 'operations.wrong-name' },
        name,
      );
    assert.throws(() => named(operatorFrom({ headers: {} }), 7), { code: 'operations.wrong-name' });
    assert.throws(() => named(operatorFrom({ headers: {} }), 'a\nb'), { code: 'operations.wrong-name' });
  });

  it('refuses ways, keys and groups that cannot be', () => {
    const groups = Array.from({ length: 201 }, (_, n) => `g${n}`).join(',');
    for (const headers of [
      { 'catena-acting-via': 'telnet' },
      { 'idempotency-key': 'short' },
      { 'idempotency-key': `${'k'.repeat(20)}\n` },
      { 'catena-acting-groups': groups },
      { 'catena-acting-for': ['a', 'b'] },
    ])
      assert.throws(() => operatorFrom({ headers }), { code: 'operations.wrong-name' });
  });
});
