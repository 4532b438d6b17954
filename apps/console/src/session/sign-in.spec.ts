import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import type { CatalogClient } from '../calls/catalog-client.js';
import type { Sessions } from './sessions.service.js';
import { SignIn } from './sign-in.service.js';

describe('A sign-in that catalog-api does not take', () => {
  const cases: readonly (readonly [number, object, object])[] = [
    [404, { message: 'LDAP is not configured' }, { status: 404, message: 'LDAP is not configured' }],
    [400, { code: 'catalog.odd', message: 'no such code' }, { status: 400, code: 'catalog.odd' }],
    [429, { message: 'too many' }, { status: 429, retryAfter: '7' }],
    [401, {}, { status: 401, code: 'console.sign-in-refused' }],
    [500, {}, { status: 503, code: 'console.catalogue-away' }],
  ];
  for (const [status, body, expected] of cases)
    it(`is told as what it is: HTTP ${status}`, async () => {
      const headers = new Headers({ 'retry-after': '7' });
      const answer = { status, text: JSON.stringify(body), headers };
      const catalogue = { call: () => Promise.resolve(answer) } as unknown as CatalogClient;
      const signIn = new SignIn(catalogue, {} as Sessions, new ManualClock(), { signIn: ['ldap'] });
      const given = { strategy: 'ldap', username: 'anna', password: 'secret' };
      await assert.rejects(signIn.withPassword(given, '192.0.2.7'), expected);
    });
});
