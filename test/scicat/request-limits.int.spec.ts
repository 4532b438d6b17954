import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { SignJWT } from 'jose';
import { ScicatApp } from './support/scicat-app.js';
import { ScicatUser, type Answer } from './support/scicat-user.js';

/** Enough for the sign-ins of the suite's accounts, which have no token yet. */
const perAddress = 400;

const tokenSecret = 'a secret of the test, long enough for a signature';

/** A caller who sends too much slows nobody else down. */
describe('Callers of the API', () => {
  let app: ScicatApp;
  before(async () => {
    app = await ScicatApp.start({
      REQUEST_LIMIT_PER_CALLER: '5',
      REQUEST_LIMIT_PER_ADDRESS: String(perAddress),
      REQUEST_LIMIT_WINDOW: '1d',
      INGESTOR_TOKEN_SECRET: tokenSecret,
      INGESTOR_GROUPS: '#all',
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

  it('that are Ingestors at work are not counted: they send two requests for each file, and crash when they are to wait', async () => {
    const ingestors = `${app.base}/archiver/api/v1`;
    const post = (path: string, token: string, body: object = {}): Promise<Response> =>
      fetch(`${ingestors}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify(body),
      });
    const { access_token } = (await (await post('/token', app.as('user2').token!)).json()) as {
      access_token: string;
    };
    const statuses = new Set<number>();
    const links = { dataset_id: 'p', object_name: 'openem-network/datasets/p/raw_files/a', parts: 1 };
    for (let nth = 0; nth <= perAddress; nth += 1) {
      const answer = await post('/s3/presignedUrls', access_token, links);
      statuses.add(answer.status);
      await answer.text();
    }
    assert.deepEqual(statuses, new Set([500]), 'no such upload, however often');
    assert.equal((await app.anonymous.get('/api/v3/datasets')).status, 200);
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
