import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { headersFrom, propertiesFrom, secondsOf } from './wire-properties.js';

describe('The properties of a message', () => {
  it('count as absent where they are not what they should be', () => {
    const odd = { messageId: 7, type: {}, timestamp: 'yesterday', appId: null, headers: 'x', userId: [] };
    assert.deepEqual(propertiesFrom({ ...odd, contentType: 'ü'.repeat(200) }), {
      contentType: '',
      messageId: '',
      type: '',
      timestamp: new Date(0),
      appId: '',
      headers: {},
      userId: '',
    });
  });

  it('have a time that can be written again, whatever number came', () => {
    for (const timestamp of [Number.NaN, Infinity, -1, 0.5, 2 ** 63]) {
      const { timestamp: read } = propertiesFrom({ timestamp });
      assert.deepEqual(read, new Date(0), `found ${read.getTime()} for ${timestamp}`);
    }
    const { timestamp } = propertiesFrom({ timestamp: Number.MAX_SAFE_INTEGER });
    assert.equal(timestamp.toISOString(), '9999-12-31T23:59:59.000Z');
    assert.equal(secondsOf(new Date(Number.NaN)), 0);
    assert.equal(secondsOf(new Date(-1)), 0);
  });

  it('keep the headers that can be sent again, and no other', () => {
    const sound = { outbox: 'Job/1', attempt: 2, ratio: 0.25, note: 'ü' };
    const odd = {
      'x-death': 'broker',
      nan: Number.NaN,
      infinite: Infinity,
      large: 2 ** 60,
      half: 2 ** 51 + 0.5,
      list: [1],
      table: { a: 1 },
      none: null,
      yes: true,
      bytes: Buffer.from('x'),
      long: 'x'.repeat(10_000),
      $set: 'x',
      'nul\0': 'x',
      ['n'.repeat(300)]: 'x',
    };
    assert.deepEqual(headersFrom({ ...odd, ...sound }), sound);
  });

  it('have room for what an app relies on, however many headers came before', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`h${n}`, 'x'.repeat(1000)]));
    const kept = headersFrom({ ...many, 'checked-sender': 'catena.archiver', outbox: 'Job/1', attempt: 1 });
    assert.deepEqual(
      [kept['checked-sender'], kept['outbox'], kept['attempt']],
      ['catena.archiver', 'Job/1', 1],
    );
    assert.ok(JSON.stringify(kept).length < 40_000);
  });
});
