import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import jwt from 'jsonwebtoken';
import { ScicatApp } from './support/scicat-app.js';
import { ScicatUser } from './support/scicat-user.js';

const unknownId = '65a0000000000000000000aa';

/** §1.2 of the contract: users, their settings, their identities. */
describe('Users', () => {
  let app: ScicatApp;
  const ids = { admin: '', user1: '', user2: '', ingestor: '' };
  before(async () => {
    app = await ScicatApp.start();
    for (const name of Object.keys(ids) as (keyof typeof ids)[])
      ids[name] = String((await app.as(name).get('/api/v3/users/my/self')).body['id']);
  });
  after(() => app.stop());

  it('shows all users to admins, themselves to others, nobody to the anonymous; never a password', async () => {
    const all = await app.as('admin').get<{ username: string }[]>('/api/v3/users');
    assert.equal(all.body.length, 9);
    assert.ok(!all.text.includes('password') && !all.text.includes('$2'));
    const own = await app.as('user1').get<{ username: string }[]>('/api/v3/users');
    assert.deepEqual(
      own.body.map(({ username }) => username),
      ['user1'],
    );
    assert.equal((await app.anonymous.get('/api/v3/users')).status, 401);
  });

  it('shows a user to themselves and to admins', async () => {
    const path = `/api/v3/users/${ids.user1}`;
    assert.equal((await app.as('user1').get(path)).body['username'], 'user1');
    assert.equal((await app.as('admin').get(path)).body['email'], app.emailOf('user1'));
    const refused = await app.as('user2').get(path);
    assert.deepEqual([refused.status, refused.body['message']], [403, 'Access Forbidden or Unauthorized']);
    assert.equal((await app.anonymous.get(path)).status, 401);
    const unknown = await app.as('admin').get(`/api/v3/users/${unknownId}`);
    assert.deepEqual([unknown.status, unknown.text], [200, '']);
    assert.equal((await app.as('admin').get('/api/v3/users/no-id')).status, 200);
  });

  it('shows identities to themselves and to admins, with the name the frontend knows accounts by', async () => {
    const { body } = await app
      .as('user1')
      .get<{ profile: { displayName: string; accessGroups: string[] } }>('/api/v3/users/my/identity');
    assert.equal(body.profile.displayName, 'user1');
    assert.ok(body.profile.accessGroups.includes('group1'));
    const path = `/api/v3/users/${ids.user1}/userIdentity`;
    assert.equal((await app.as('admin').get(path)).body['externalId'], 'user1');
    assert.equal((await app.as('user2').get(path)).status, 403);
  });

  it('makes a token for side services that signs nobody in', async () => {
    const own = await app.as('user1').post('/api/v3/users/jwt');
    assert.equal(own.status, 201);
    const payload = jwt.decode(String(own.body['jwt'])) as Record<string, unknown>;
    assert.equal(payload['username'], ids.user1);
    assert.deepEqual(payload['groups'], ['group1']);
    const nobody = jwt.decode(String((await app.anonymous.post('/api/v3/users/jwt')).body['jwt'])) as object;
    assert.deepEqual(
      { ...nobody, iat: 0, exp: 0, jti: '' },
      { username: 'anonymous', groups: ['public'], iat: 0, exp: 0, jti: '' },
    );
    const side = new ScicatUser(app.base, String(own.body['jwt']));
    assert.equal((await side.get('/api/v3/users/my/self')).status, 401);
  });

  it('lets admins make sign-in tokens of any life', async () => {
    const make = (body: object) => app.as('admin').post(`/api/v3/users/${ids.user1}/jwt`, body);
    const lives: [string | undefined, number][] = [
      [undefined, 3600],
      ['7200', 7200],
      ['2 days', 172_800],
      ['never', 3_155_760_000],
    ];
    for (const [expiresIn, seconds] of lives) {
      const { status, body } = await make(expiresIn === undefined ? {} : { expiresIn });
      assert.equal(status, 201);
      const { iat, exp } = jwt.decode(String(body['jwt'])) as { iat: number; exp: number };
      assert.equal(exp - iat, seconds, expiresIn);
      const bearer = new ScicatUser(app.base, String(body['jwt']));
      assert.equal((await bearer.get('/api/v3/users/my/self')).body['username'], 'user1');
    }
    for (const odd of ['soon', '-5x', '9'.repeat(30)])
      assert.equal((await make({ expiresIn: odd })).status, 400, odd);
    assert.equal((await make({ expiresIn: 5 })).status, 400);
    const unknown = await app.as('admin').post(`/api/v3/users/${unknownId}/jwt`, {});
    assert.deepEqual([unknown.status, unknown.text], [201, '']);
    assert.equal((await app.as('user1').post(`/api/v3/users/${ids.user1}/jwt`, {})).status, 403);
    assert.equal((await app.anonymous.post(`/api/v3/users/${ids.user1}/jwt`, {})).status, 401);
  });

  it('says whether somebody may create datasets', async () => {
    const path = (id: string): string => `/api/v3/users/${id}/authorization/dataset/create`;
    assert.deepEqual((await app.as('user1').get(path(ids.user1))).body, { authorization: true });
    assert.equal((await app.as('user1').get(path(ids.user2))).status, 403);
    assert.deepEqual((await app.as('admin').get(path(unknownId))).body, { authorization: false });
  });

  it('verifies by users/login and answers nothing', async () => {
    const right = { username: 'user2', password: 'a password of the test' };
    const answer = await app.anonymous.post('/api/v3/users/login', right);
    assert.deepEqual([answer.status, answer.text], [201, '']);
    assert.equal((await app.anonymous.post('/api/v3/users/login', { ...right, password: 'x' })).status, 401);
  });

  describe('change passwords', () => {
    const path = '/api/v3/users/password';
    const wanted = { newPassword: 'n', confirmPassword: 'n' };

    it('of their own with the current one', async () => {
      const user = app.as('policyKeeper');
      assert.equal((await app.anonymous.post(path, {})).status, 401);
      assert.equal((await user.post(path, { ...wanted, currentPassword: '' })).status, 400);
      assert.equal((await user.post(path, { ...wanted, currentPassword: 'wrong' })).status, 400);
      const mismatch = { currentPassword: 'a password of the test', newPassword: 'n', confirmPassword: 'm' };
      assert.equal((await user.post(path, mismatch)).status, 400);
      const { status, body } = await user.post(path, { ...mismatch, confirmPassword: 'n' });
      assert.equal(status, 200);
      assert.equal(typeof body['message'], 'string');
      const signIn = (password: string) =>
        app.anonymous.post('/api/v3/auth/login', { username: 'policyKeeper', password });
      assert.equal((await signIn('n')).status, 201);
      assert.equal((await signIn('a password of the test')).status, 401);
    });

    it('end all tokens of the account, and only those; the one that the person changes it with goes on', async () => {
      const signIn = async (username: string, password: string): Promise<ScicatUser> => {
        const { body } = await app.anonymous.post('/api/v3/auth/login', { username, password });
        return new ScicatUser(app.base, String(body['access_token']));
      };
      const isSignedIn = async (user: ScicatUser): Promise<boolean> =>
        (await user.get('/api/v3/users/my/self')).status === 200;
      const old = 'a password of the test';
      const [first, second] = [await signIn('proposalIngestor', old), await signIn('proposalIngestor', old)];
      const ttl = await app.as('admin').get<{ username: string; id: string }[]>('/api/v3/users');
      const id = ttl.body.find(({ username }) => username === 'proposalIngestor')!.id;
      assert.deepEqual([await isSignedIn(first), await isSignedIn(second)], [true, true]);
      const body = { currentPassword: old, ...wanted };
      assert.equal((await first.post(path, body)).status, 200);
      assert.deepEqual([await isSignedIn(first), await isSignedIn(second)], [true, false]);
      const again = await signIn('proposalIngestor', 'n');
      assert.equal(await isSignedIn(again), true);
      const forcibly = { newPassword: old, confirmPassword: old };
      assert.equal((await app.as('admin').patch(`/api/v3/users/${id}/password`, forcibly)).status, 200);
      assert.deepEqual([await isSignedIn(again), await isSignedIn(first)], [false, false]);
      assert.equal(await isSignedIn(app.as('user1')), true, 'of nobody else');
      const user = await app.as('admin').get(`/api/v3/users/${id}`);
      assert.ok(!user.text.includes('catena'));
    });

    it('by one of two at the same moment: the other is told that the password is no longer the one', async () => {
      const { body } = await app.anonymous.post('/api/v3/auth/login', {
        username: 'sampleIngestor',
        password: 'a password of the test',
      });
      const user = new ScicatUser(app.base, String(body['access_token']));
      const change = (newPassword: string) =>
        user.post(path, {
          currentPassword: 'a password of the test',
          newPassword,
          confirmPassword: newPassword,
        });
      const answers = await Promise.all([change('one'), change('two')]);
      const statuses = answers.map(({ status }) => status).sort();
      assert.equal(statuses.filter((status) => status === 200).length, 1, String(statuses));
    });

    it('of others as an admin, of local accounts only', async () => {
      const admin = app.as('admin');
      assert.equal((await app.as('user1').patch(`/api/v3/users/${ids.user1}/password`, wanted)).status, 403);
      assert.equal(
        (await admin.patch(`/api/v3/users/${ids.ingestor}/password`, { newPassword: 'n' })).status,
        400,
      );
      assert.equal((await admin.patch(`/api/v3/users/${ids.ingestor}/password`, wanted)).status, 200);
      const answer = await app.anonymous.post('/api/v3/auth/login', { username: 'ingestor', password: 'n' });
      assert.equal(answer.status, 201);
      assert.equal((await admin.patch('/api/v3/users/no-id/password', wanted)).status, 400);
      await app.collection('User').updateOne({ username: 'pidmaker' }, { $set: { authStrategy: 'ldap' } });
      const other = await admin.get<{ username: string; id: string }[]>('/api/v3/users');
      const id = other.body.find(({ username }) => username === 'pidmaker')!.id;
      assert.equal((await admin.patch(`/api/v3/users/${id}/password`, wanted)).status, 403);
      assert.equal((await app.as('pidmaker').post(path, { ...wanted, currentPassword: 'x' })).status, 403);
      const longest = 'x'.repeat(73);
      const tooLong = { newPassword: longest, confirmPassword: longest };
      assert.equal((await admin.patch(`/api/v3/users/${ids.ingestor}/password`, tooLong)).status, 400);
    });
  });

  describe('settings', () => {
    const path = (id = ids.user1): string => `/api/v3/users/${id}/settings`;

    it('are there from the first sign-in on', async () => {
      const { body } = await app.as('user1').get('/api/v3/users/my/settings');
      assert.deepEqual([body['datasetCount'], body['jobCount'], body['externalSettings']], [25, 25, {}]);
      assert.equal(body['userId'], ids.user1);
    });

    it('are changed by key, and the whole document is answered', async () => {
      const { status, body } = await app.as('user1').patch(path(), { datasetCount: 100 });
      assert.deepEqual([status, body['datasetCount'], body['jobCount']], [200, 100, 25]);
      assert.equal((await app.as('user1').put(path(), { jobCount: 50 })).body['jobCount'], 50);
    });

    it('refuse unknown keys, wrong types and strangers, in the order gate, body', async () => {
      assert.equal((await app.as('user1').patch(path(), { colour: 'red' })).status, 400);
      assert.equal((await app.as('user1').patch(path(), { datasetCount: 'many' })).status, 400);
      assert.equal((await app.as('user1').post(path(), { datasetCount: 1 })).status, 400);
      assert.equal((await app.as('user2').patch(path(), { colour: 'red' })).status, 403);
      assert.equal((await app.anonymous.patch(path(), { colour: 'red' })).status, 401);
      for (const method of ['GET', 'DELETE'])
        assert.equal((await app.as('user2').send(method, path(), undefined)).status, 403);
    });

    it('merge external keys one by one', async () => {
      const external = `${path()}/external`;
      await app.as('user1').patch(external, { fe_dataset_table_columns: [{ name: 'pid' }] });
      const { status, body } = await app.as('user1').patch(external, { fe_sample_table_filters: {} });
      assert.equal(status, 200);
      assert.deepEqual(body['externalSettings'], {
        fe_dataset_table_columns: [{ name: 'pid' }],
        fe_sample_table_filters: {},
      });
      assert.equal((await app.as('user1').patch(external, {})).status, 200);
      assert.equal((await app.as('user2').patch(external, { a: 1 })).status, 403);
    });

    it('take no key that reaches elsewhere', async () => {
      for (const body of [
        '{"a.b":1}',
        '{"$set":1}',
        '{"__proto__":{"x":1}}',
        '{"":1}',
        '[1]',
        '"x"',
        '{"a\\u0000":1}',
      ]) {
        const { status } = await app.as('user1').send('PATCH', `${path()}/external`, body);
        assert.equal(status, 400, body);
      }
    });

    it('keep to the user of the path, whatever the body says', async () => {
      const body = { userId: ids.user2, datasetCount: 7, jobCount: 7 };
      assert.equal((await app.as('user1').post(path(), body)).status, 201);
      assert.notEqual((await app.as('user2').get(path(ids.user2))).body['datasetCount'], 7);
    });

    it('can be removed, and come back', async () => {
      assert.equal((await app.as('user1').delete(path())).status, 200);
      assert.equal((await app.as('user1').get(path())).text, '');
      assert.equal((await app.as('user1').patch(path(), { jobCount: 3 })).body['datasetCount'], 25);
    });
  });

  describe('identities', () => {
    const findOne = '/api/v3/useridentities/findOne';
    const isValid = '/api/v3/useridentities/isValidEmail';

    it('are found by filter in query or header; others than admins find their own only', async () => {
      const filter = { where: { userId: ids.user2 } };
      assert.equal((await app.as('admin').get(findOne, { filter })).body['externalId'], 'user2');
      const refused = await app.as('user1').get(findOne, { filter });
      assert.deepEqual(
        [refused.status, refused.body['message']],
        [403, 'Access Forbidden or Unauthorized'],
        'K18: never one identity for another',
      );
      const own = { where: { userId: ids.user1 } };
      assert.equal((await app.as('user1').get(findOne, { filter: own })).body['externalId'], 'user1');
      assert.equal((await app.as('user1').get(findOne)).body['externalId'], 'user1');
      const several = { where: { userId: { $in: [ids.user1, ids.user2] } } };
      assert.equal((await app.as('user1').get(findOne, { filter: several })).status, 403);
      const header = { filter: JSON.stringify({ where: { 'profile.email': app.emailOf('user2') } }) };
      assert.equal((await app.as('admin').get(findOne, {}, header)).body['externalId'], 'user2');
      assert.equal((await app.as('admin').get(findOne, { filter }, header)).status, 400);
      assert.equal((await app.anonymous.get(findOne)).status, 401);
    });

    it('that nobody has are 404, and so are those of others', async () => {
      assert.equal(
        (await app.as('admin').get(findOne, { filter: { where: { externalId: 'x' } } })).status,
        404,
      );
      const other = { where: { 'profile.username': 'user2' } };
      assert.equal((await app.as('user1').get(findOne, { filter: other })).status, 404);
    });

    it('F13: filters only compare', async () => {
      for (const filter of [
        '{"where":{"$where":"1"}}',
        '{"where":{"a":{"$expr":1}}}',
        '{"where":[1]}',
        '{',
      ]) {
        assert.equal((await app.as('admin').get(findOne, { filter })).status, 400, filter);
        assert.equal((await app.as('admin').get(isValid, { filter: filter.padEnd(2) })).status, 400, filter);
      }
      assert.equal((await app.as('admin').get(`${findOne}?filter=a&filter=b`)).status, 400);
    });

    it('tell admins whether somebody has an e-mail, as text', async () => {
      const ask = (query: object) => app.as('admin').get(isValid, { ...query });
      const yes = await ask({ filter: app.emailOf('user1') });
      assert.deepEqual([yes.status, yes.text], [200, 'true']);
      assert.match(yes.headers.get('content-type') ?? '', /text\/html/);
      assert.equal((await ask({ filter: 'nobody@example.org' })).text, 'false');
      assert.equal(
        (await ask({ filter: { where: { 'profile.email': app.emailOf('user1') } } })).text,
        'true',
      );
      assert.equal((await ask({})).text, 'true');
      assert.equal((await app.as('user1').get(isValid)).status, 403);
    });
  });
});
