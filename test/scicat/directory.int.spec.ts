import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { selfSigned } from '../support/certificates.js';
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

const ada = { uid: 'lovelace_a', displayName: 'Ada', mail: 'ada@facility.example', password: 'pw of ada' };
const soren = { uid: 'søren', displayName: 'Søren', mail: 'soren@facility.example', password: 'pw of søren' };

describe('A directory with groups that takes passwords over TLS only', () => {
  let directory: DirectoryServer;
  let app: ScicatApp;
  let folder: string;
  let settings: Record<string, string>;
  before(async () => {
    const certificate = selfSigned('127.0.0.1');
    directory = await DirectoryServer.start([ada, soren], {
      groups: [
        { cn: 'beamline', people: [ada.uid, soren.uid] },
        { cn: 'staff', people: [ada.uid] },
      ],
      certificate,
    });
    folder = await mkdtemp(join(tmpdir(), 'catena-directory-'));
    await writeFile(join(folder, 'ca.pem'), certificate.certificate);
    settings = {
      ...directory.environment,
      ...directory.groupEnvironment,
      ...{ LDAP_STARTTLS: 'true', LDAP_CA_FILE: join(folder, 'ca.pem') },
      ACCESS_GROUPS_STATIC_VALUES: 'facility',
    };
    app = await ScicatApp.start(settings);
  });
  after(async () => {
    await app.stop();
    await directory.stop();
    await rm(folder, { recursive: true });
  });

  const signIn = (username: string, password: string, at = app) =>
    at.anonymous.post<{ access_token: string }>('/api/v3/auth/ldap', { username, password });
  const groupsOf = async (username: string, password: string, at = app): Promise<string[]> => {
    const { status, body, text } = await signIn(username, password, at);
    assert.equal(status, 201, text);
    const user = new ScicatUser(at.base, body.access_token);
    return (await user.get<{ currentGroups: string[] }>('/api/v3/auth/whoami')).body.currentGroups.sort();
  };
  const withApp = async (extra: Record<string, string>, work: (other: ScicatApp) => Promise<void>) => {
    const other = await ScicatApp.start({ ...settings, ...extra });
    try {
      await work(other);
    } finally {
      await other.stop();
    }
  };

  it('gives people the groups it has them in, beside the fixed ones', async () => {
    assert.deepEqual(await groupsOf(ada.uid, ada.password), ['beamline', 'facility', 'staff']);
    assert.equal((await signIn(ada.uid, 'wrong')).status, 401);
  });

  it('finds people and their groups by names beyond ASCII', async () => {
    assert.deepEqual(await groupsOf(soren.uid, soren.password), ['beamline', 'facility']);
  });

  it('takes a group away at the next sign-in', async () => {
    await directory.change({ cn: 'staff', people: [soren.uid] });
    assert.deepEqual(await groupsOf(ada.uid, ada.password), ['beamline', 'facility']);
    assert.deepEqual(await groupsOf(soren.uid, soren.password), ['beamline', 'facility', 'staff']);
  });

  it('is asked for groups by the name it has for a person, whatever was typed', async () => {
    const filter = '(&(objectClass=posixGroup)(memberUid={{username}}))';
    await withApp({ LDAP_GROUP_SEARCH_FILTER: filter }, async (other) => {
      assert.deepEqual(await groupsOf(ada.mail, ada.password, other), [
        'facility',
        'unix-beamline',
        'unix-staff',
      ]);
    });
  });

  it('gives nobody groups when it cannot be asked for them: the sign-in waits', async () => {
    await withApp({ LDAP_GROUP_SEARCH_BASE: 'ou=nowhere,dc=facility,dc=example' }, async (other) => {
      assert.equal((await signIn(ada.uid, ada.password, other)).status, 503);
    });
  });

  it('is not asked in the clear, nor when nobody vouches for its certificate', async () => {
    for (const name of ['LDAP_STARTTLS', 'LDAP_CA_FILE'])
      await withApp({ [name]: '' }, async (other) => {
        assert.equal((await signIn(ada.uid, ada.password, other)).status, 503);
      });
  });
});
