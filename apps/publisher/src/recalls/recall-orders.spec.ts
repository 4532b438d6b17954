import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isRequest } from './recall-orders.js';

describe('A request from outside', () => {
  const request = { id: 'a1-b_2', doi: '10.5072/abc', email: 'reader@example.org', language: 'en' };

  it('names a publication, and at most one address', () => {
    assert.equal(isRequest(request), true);
    const { email: _, ...without } = request;
    assert.equal(isRequest(without), true);
  });

  it('is none when it is anything else', () => {
    for (const other of [
      { email: 'a@example.org, b@example.org' },
      { email: 'a@example.org\r\nBcc: b@example.org' },
      { email: { address: 'a@example.org' } },
      { id: { $ne: '' } },
      { id: '' },
      { id: 'publication:10.5072/abc:1' },
      { doi: { $gt: '' } },
      { doi: 'Buy this now' },
      { language: ['de'] },
    ])
      assert.equal(isRequest({ ...request, ...other }), false, JSON.stringify(other));
    for (const value of [null, undefined, 'x', []]) assert.equal(isRequest(value), false);
  });
});
