import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clientOf, isMachine } from './visitors.js';

describe('isMachine', () => {
  for (const agent of [
    undefined,
    '',
    'curl/8.5.0',
    'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    'python-requests/2.31',
    'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2) Chrome/119',
    'Wget/1.21',
    'node',
  ])
    it(`takes ${String(agent)} for one`, () => assert.equal(isMachine(agent), true));

  for (const agent of [
    'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
  ])
    it(`takes ${agent} for a person`, () => assert.equal(isMachine(agent), false));
});

describe('clientOf', () => {
  const client = (address: string): string => clientOf('secret', address);

  it('does not show the address, and depends on the secret', () => {
    assert.doesNotMatch(client('192.0.2.1'), /192/);
    assert.notEqual(client('192.0.2.1'), clientOf('other', '192.0.2.1'));
    assert.notEqual(client('192.0.2.1'), client('192.0.2.2'));
  });

  it('sees one client in the addresses of one network', () => {
    assert.equal(client('2001:db8:1:2::1'), client('2001:0db8:0001:0002:aaaa:bbbb:cccc:dddd'));
    assert.notEqual(client('2001:db8:1:2::1'), client('2001:db8:1:3::1'));
    assert.equal(client('::ffff:192.0.2.1'), client('192.0.2.1'));
    assert.equal(client('fe80::1%eth0'), client('fe80::2'));
  });
});
