import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { DirectoryServer } from './support/directory-server.js';
import { ScicatApp } from './support/scicat-app.js';
import { ScicatUser } from './support/scicat-user.js';

const anna = {
  uid: 'mueller_a',
  displayName: 'Anna Müller',
  mail: 'anna@facility.example',
  password: 'pw of anna',
};
const namesake = {
  uid: 'mueller_b',
  displayName: 'Anna Müller',
  mail: 'anna2@facility.example',
  password: 'pw 2',
};
const impostor = { uid: 'imp', displayName: 'admin', mail: 'admin@example.org', password: 'pw 3' };
const twice = {
  uid: 'twice',
  displayName: 'Twice',
  mail: 'twice@facility.example',
  password: 'pw 5',
};
const brackets = { uid: 'odd(name', displayName: 'Odd', mail: 'odd@facility.example', password: 'pw 4' };

/** §3.3 of the contract: people of an LDAP directory, asked of a real slapd. */
describe('Sign-in with a directory', () => {
  let directory: DirectoryServer;
  let app: ScicatApp;
  before(async () => {
    directory = await DirectoryServer.start([anna, namesake, impostor, brackets, twice]);
    app = await ScicatApp.start({
      ...directory.environment,
      ACCESS_GROUPS_STATIC_VALUES: 'facility',
      SIGN_IN_LIMIT_PER_NAME: '0',
      SIGN_IN_LIMIT_PER_ADDRESS: '0',
    });
  });
  after(async () => {
    await app.stop();
    await directory.stop();
  });

  const signIn = (username: string, password: string, kind = 'ldap') =>
    app.anonymous.post<{
      access_token: string;
      userId: string;
      user: { username: string; authStrategy: string };
    }>(`/api/v3/auth/${kind}`, { username, password });

  it('makes the account, its identity and its settings at the first time, and finds them at the next', async () => {
    const { status, body } = await signIn(anna.uid, anna.password);
    assert.equal(status, 201);
    assert.deepEqual([body.user.username, body.user.authStrategy], ['Anna Müller', 'ldap']);
    const user = new ScicatUser(app.base, body.access_token);
    const identity = await user.get<{
      externalId: string;
      profile: { email: string; accessGroups: string[] };
    }>('/api/v3/users/my/identity');
    assert.equal(identity.body.externalId, anna.uid);
    assert.equal(identity.body.profile.email, anna.mail);
    assert.deepEqual(identity.body.profile.accessGroups, ['facility']);
    assert.equal((await user.get('/api/v3/users/my/settings')).body['datasetCount'], 25);
    const again = await signIn(anna.mail, anna.password, 'msad');
    assert.deepEqual([again.status, again.body.userId], [201, body.userId]);
  });

  it('makes one account when the first sign-ins come at once', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => signIn(twice.uid, twice.password)));
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [201]);
    assert.equal(new Set(answers.map(({ body }) => body.userId)).size, 1);
  });

  it('refuses wrong passwords, empty passwords and unknown names with 401', async () => {
    assert.equal((await signIn(anna.uid, 'wrong')).status, 401);
    assert.equal((await signIn(anna.uid, '')).status, 401);
    assert.equal((await signIn('nobody', 'x')).status, 401);
  });

  it('never lets what was typed become part of the filter', async () => {
    for (const name of ['*', 'mueller_a)(uid=*', 'mueller*', '\\2a', 'a\u0000', ')(', 'mueller_a))(|(uid=*'])
      assert.equal((await signIn(name, anna.password)).status, 401, name);
    assert.equal((await signIn(brackets.uid, brackets.password)).status, 201);
  });

  it('gives two people of one name two accounts with two user names', async () => {
    const [first, second] = [
      await signIn(anna.uid, anna.password),
      await signIn(namesake.uid, namesake.password),
    ];
    assert.notEqual(first.body.userId, second.body.userId);
    assert.notEqual(first.body.user.username, second.body.user.username);
  });

  it('never takes a local account over by name or e-mail', async () => {
    const { status, text } = await signIn(impostor.uid, impostor.password);
    assert.equal(status, 403, text);
    assert.equal((await app.as('admin').get('/api/v3/auth/whoami')).body['authStrategy'], 'local');
  });

  it('takes an account of an older SciCat that has no identity yet', async () => {
    await app.collection('UserIdentity').deleteOne({ externalId: brackets.uid });
    const user = await app.collection('User').findOne({ email: brackets.mail });
    await app.collection('User').updateOne({ _id: user!._id }, { $set: { username: 'ldap.Odd' } });
    const { body } = await signIn(brackets.uid, brackets.password);
    assert.equal(body.userId, String(user!._id));
  });

  it('says 503 while the directory does not answer', async () => {
    const away = await ScicatApp.start({ ...directory.environment, LDAP_URL: 'ldap://127.0.0.1:1' });
    try {
      const { status } = await away.anonymous.post('/api/v3/auth/ldap', { username: 'a', password: 'b' });
      assert.equal(status, 503);
    } finally {
      await away.stop();
    }
  });
});
