import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { SignJWT } from 'jose';
import { ScicatApp } from './support/scicat-app.js';
import { ScicatUser, type Answer } from './support/scicat-user.js';

/** Enough for the sign-ins of the suite's accounts, which have no token yet. */
const perAddress = 400;

/** A caller who sends too much slows nobody else down. */
describe('Callers of the API', () => {
  let app: ScicatApp;
  before(async () => {
    app = await ScicatApp.start({
      REQUEST_LIMIT_PER_CALLER: '5',
      REQUEST_LIMIT_PER_ADDRESS: String(perAddress),
      REQUEST_LIMIT_WINDOW: '1d',
    });
  });
  after(() => app.stop());

  const self = '/api/v3/users/my/self';
  const isTooMany = ({ status, body, headers }: Answer<Record<string, unknown>>): void => {
    assert.deepEqual([status, body['statusCode'], body['error']], [429, 429, 'Too Many Requests']);
    assert.ok(Number(headers.get('retry-after')) > 0);
    assert.equal(headers.get('access-control-allow-origin'), '*');
  };

  it('are counted by person: who has sent enough waits, others at the same address do not', async () => {
    for (let nth = 0; nth < 5; nth += 1) assert.equal((await app.as('user1').get(self)).status, 200);
    isTooMany(await app.as('user1').get(self));
    assert.equal((await app.as('user2').get(self)).status, 200);
    assert.equal((await app.anonymous.get('/api/v3/datasets')).status, 200);
    assert.equal((await app.as('user1').get('/api/v3/health')).status, 200);
  });

  it('gain nothing by tokens and addresses that they make up', async () => {
    let last: Answer<Record<string, unknown>> | undefined;
    for (let nth = 0; nth <= perAddress && last?.status !== 429; nth += 1) {
      const forged = await new SignJWT({ _id: `nobody-${nth}` })
        .setProtectedHeader({ alg: 'HS256' })
        .setExpirationTime('1h')
        .sign(Buffer.from('another secret'));
      const caller = new ScicatUser(app.base, forged);
      last = await caller.get(self, {}, { 'x-forwarded-for': `192.0.2.${nth % 256}` });
      if (last.status !== 429) assert.equal(last.status, 401);
    }
    isTooMany(last!);
    assert.equal((await app.anonymous.get('/api/v3/health')).status, 200);
    assert.equal((await app.as('user2').get(self)).status, 200);
  });
});
