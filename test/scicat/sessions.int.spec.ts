import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, it } from 'node:test';
import jwt from 'jsonwebtoken';
import { until } from '#messaging/testing';
import { ScicatApp } from './support/scicat-app.js';
import { ScicatUser } from './support/scicat-user.js';

const password = 'a password of the test';

/** §1.1 and §3.2 of the contract: signing in and out with functional accounts, and what a token is. */
describe('Sessions', () => {
  let app: ScicatApp;
  before(async () => {
    app = await ScicatApp.start({ SIGN_IN_LIMIT_PER_NAME: '5', SIGN_IN_LIMIT_WINDOW: '1m' });
  });
  after(() => app.stop());

  const signIn = async (username: string): Promise<ScicatUser> => {
    const { body } = await app.anonymous.post('/api/v3/auth/login', { username, password });
    return new ScicatUser(app.base, String(body['access_token']));
  };

  it('puts user, id, iat and exp into a token, and no groups', async () => {
    const payload = jwt.decode(String(app.as('user1').token)) as Record<string, unknown>;
    assert.equal(payload['username'], 'user1');
    assert.equal(payload['_id'], payload['id']);
    assert.equal(Number(payload['exp']) - Number(payload['iat']), 3600);
    assert.ok(!('groups' in payload) && !('currentGroups' in payload) && !('password' in payload));
  });

  it('answers whoami with the groups of this moment, or of two seconds ago', async () => {
    const { body } = await app.as('user1').get('/api/v3/auth/whoami');
    assert.deepEqual(Object.keys(body).sort(), ['_id', 'authStrategy', 'currentGroups', 'email', 'username']);
    await app
      .collection('UserIdentity')
      .updateOne(
        { 'profile.username': 'user1' },
        { $push: { 'profile.accessGroups': 'newgroup' } as object },
      );
    await sleep(2100);
    // Who asks is remembered for two seconds.
    await until(async () => {
      const later = await app.as('user1').get<{ currentGroups: string[] }>('/api/v3/auth/whoami');
      return later.body.currentGroups.includes('newgroup');
    });
  });

  it('answers every wrong sign-in alike, without a hint what was wrong', async () => {
    const bodies: unknown[] = [
      { username: 'user2', password: 'wrong' },
      { username: 'nobody', password },
      { username: { $ne: '' }, password: { $ne: '' } },
      { username: ['user2'], password },
      { username: '', password: '' },
      {},
    ];
    for (const body of bodies) {
      const answer = await app.anonymous.post('/api/v3/auth/login', body);
      assert.deepEqual([answer.status, answer.body], [401, { message: 'Unauthorized', statusCode: 401 }]);
    }
    assert.equal((await app.anonymous.send('POST', '/api/v3/auth/login', '{broken')).status, 400);
  });

  it('F15: a token that signed out stands for nobody, and other sessions of the user go on', async () => {
    const [first, second] = [await signIn('user1'), await signIn('user1')];
    assert.equal((await first.get('/api/v3/users/my/self')).status, 200);
    assert.deepEqual((await first.post('/api/v3/auth/logout')).body, { logout: 'successful' });
    assert.equal((await first.get('/api/v3/users/my/self')).status, 401);
    assert.equal((await first.get('/api/v3/auth/whoami')).text, '');
    assert.equal((await second.get('/api/v3/users/my/self')).status, 200);
  });

  it('F15: users/logout ends a session as auth/logout does', async () => {
    const session = await signIn('user1');
    assert.equal((await session.post('/api/v3/users/logout')).status, 200);
    const again = await session.post('/api/v3/users/logout');
    assert.deepEqual([again.status, again.body], [401, 'Not logged in']);
  });

  it('F15: a sign-out is kept until the token would have ended by itself', async () => {
    const session = await signIn('user1');
    await session.post('/api/v3/auth/logout');
    const { exp } = jwt.decode(String(session.token)) as { exp: number };
    const rows = await app.collection('catena_revoked_tokens').find({}).toArray();
    assert.ok(rows.some(({ expiresAt }) => (expiresAt as Date).getTime() === exp * 1000));
    assert.ok(!JSON.stringify(rows).includes(String(session.token)), 'a stolen database holds no tokens');
  });

  it('F15: the token of a deleted user stands for nobody', async () => {
    const session = await signIn('sampleIngestor');
    await app.collection('User').deleteOne({ username: 'sampleIngestor' });
    assert.equal((await session.get('/api/v3/users/my/self')).status, 401);
  });

  it('F15: a token signed with another secret, without a signature or of the wrong kind is anonymous', async () => {
    const { exp: _exp, ...payload } = jwt.decode(String(app.as('admin').token)) as jwt.JwtPayload;
    const forged = [
      jwt.sign(payload, 'defaultSecret'),
      jwt.sign(payload, '', { algorithm: 'none' }),
      'rubbish',
      '',
    ];
    for (const token of forged) {
      const answer = await new ScicatUser(app.base, token).get('/api/v3/auth/whoami');
      assert.deepEqual([answer.status, answer.text], [200, '']);
    }
  });

  it('slows guessing down: too many failures of one name are 429 with the time to wait, and no password helps', async () => {
    const attempt = (word: string) =>
      app.anonymous.post('/api/v3/auth/login', { username: 'policyKeeper', password: word });
    const first = await Promise.all(Array.from({ length: 8 }, () => attempt('guess')));
    assert.equal(first.filter(({ status }) => status === 401).length, 5);
    const refused = await attempt(password);
    assert.equal(refused.status, 429);
    assert.ok(Number(refused.headers.get('retry-after')) > 0);
    assert.equal((await signIn('user1')).token?.split('.').length, 3, 'others sign in as before');
  });

  it('gives any number of right sign-ins to one name', async () => {
    for (let count = 0; count < 8; count += 1) assert.ok((await signIn('user2')).token);
  });

  it('never lets a cache keep answers with tokens, and lets the frontend call from its own origin', async () => {
    const { headers } = await app.anonymous.post('/api/v3/auth/login', { username: 'user2', password });
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.equal(headers.get('access-control-allow-origin'), '*');
    assert.match(headers.get('access-control-expose-headers') ?? '', /ETag/);
    const preflight = await app.anonymous.send('OPTIONS', '/api/v3/users/1/settings', undefined, {
      origin: 'http://frontend.example',
      'access-control-request-method': 'PATCH',
      'access-control-request-headers': 'authorization,content-type,if-match',
    });
    assert.equal(preflight.status, 204);
    assert.match(preflight.headers.get('access-control-allow-methods') ?? '', /PATCH/);
    assert.match(preflight.headers.get('access-control-allow-headers') ?? '', /Authorization.*If-Match/);
  });

  it('says by its status that no directory and no provider is configured', async () => {
    for (const kind of ['ldap', 'msad'])
      assert.equal(
        (await app.anonymous.post(`/api/v3/auth/${kind}`, { username: 'a', password: 'b' })).status,
        404,
      );
    assert.equal((await app.anonymous.get('/api/v3/auth/oidc')).status, 404);
    assert.equal((await app.anonymous.post('/api/v3/auth/oidc/token', { idToken: 'x' })).status, 404);
    assert.equal((await app.anonymous.post('/api/v3/auth/oidc/token', {})).status, 400);
  });
});
