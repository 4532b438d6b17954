import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { networkOf } from './network-of.js';

describe('Addresses', () => {
  it('count as one place where they are of one /64', () => {
    assert.equal(networkOf('192.0.2.7'), '192.0.2.7');
    assert.equal(networkOf('::ffff:192.0.2.7'), '192.0.2.7');
    assert.equal(networkOf('2001:db8:0:7::1'), '2001:db8:0:7::/64');
    assert.equal(networkOf('2001:0db8:0:7:ffff:ffff:ffff:ffff'), '2001:db8:0:7::/64');
    assert.equal(networkOf('2001:db8::1'), '2001:db8:0:0::/64');
    assert.equal(networkOf('::1'), '0:0:0:0::/64');
    assert.equal(networkOf('fe80::1%eth0'), 'fe80:0:0:0::/64');
    assert.equal(networkOf('192.0.2.7:4711'), '192.0.2.7');
    assert.equal(networkOf('[2001:db8:0:7::1]:4711'), '2001:db8:0:7::/64');
    for (const made of ['unknown', '_hidden', '192.0.2.7.8', '']) assert.equal(networkOf(made), 'no address');
  });
});
