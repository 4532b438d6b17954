import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { forgetSession, readSession, serverUrl, sessionFile, sessionFrom, writeSession } from './session.js';

const stored = { url: 'https://one', username: 'ada', token: 'secret', expiresAt: '2030-01-01T00:00:00Z' };

describe('the session', () => {
  let home: string;
  before(() => (home = mkdtempSync(join(tmpdir(), 'catena-session-'))));
  after(() => rmSync(home, { recursive: true, force: true }));

  it('is kept where only its owner can read it', async () => {
    assert.equal(await readSession({ HOME: home }), undefined);
    const file = await writeSession({ HOME: home }, stored);
    assert.equal(file, join(home, '.config/catena/session.json'));
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(await readSession({ HOME: home }), stored);
    writeFileSync(file, 'rubbish');
    await assert.rejects(readSession({ HOME: home }), { code: 'cli.usage' });
  });
  it('lies where the standard for such files says', () => {
    assert.equal(sessionFile({ XDG_CONFIG_HOME: '/c' }), '/c/catena/session.json');
    assert.equal(sessionFile({ XDG_CONFIG_HOME: '/c' }, 'lab'), '/c/catena/session-lab.json');
  });
  it('sends its token to no other server', () => {
    assert.deepEqual(sessionFrom({ environment: {}, stored }), { url: 'https://one', token: 'secret' });
    assert.deepEqual(sessionFrom({ environment: { CATENA_URL: 'https://two' }, stored }), {
      url: 'https://two',
      token: undefined,
    });
    assert.deepEqual(sessionFrom({ environment: { CATENA_TOKEN: 't' } }), {
      url: 'http://127.0.0.1:3000',
      token: 't',
    });
  });
  it('that cannot be kept, or holds something else, is told in a sentence', async () => {
    const kept = { code: 'cli.failed', message: /Expected to keep the session in .*XDG_CONFIG_HOME/ };
    await assert.rejects(writeSession({ HOME: '/proc' }, stored), kept);
    writeFileSync(sessionFile({ HOME: home }), '{"url":5}');
    await assert.rejects(readSession({ HOME: home }), { code: 'cli.usage' });
    assert.throws(() => sessionFrom({ environment: { CATENA_TOKEN: 'two\nlines' } }), { code: 'cli.usage' });
  });
  it('of each profile is one of its own, and is forgotten alone', async () => {
    const environment = { HOME: join(home, 'profiles') };
    await writeSession(environment, stored);
    await writeSession(environment, { ...stored, url: 'https://lab' }, 'lab');
    assert.equal((await readSession(environment, 'lab'))?.url, 'https://lab');
    await forgetSession(environment, 'lab');
    assert.equal(await readSession(environment, 'lab'), undefined);
    assert.equal((await readSession(environment))?.url, 'https://one');
  });
  it('of the settings is asked where nothing else says which server', () => {
    const settings = { url: 'https://lab/' };
    assert.equal(serverUrl(undefined, { environment: {}, settings }), 'https://lab');
    assert.equal(serverUrl(undefined, { environment: {}, settings, stored }), 'https://one');
  });
  it('takes an address in any usual form', () => {
    assert.equal(serverUrl('https://one/api/v3/', { environment: {} }), 'https://one');
    assert.throws(() => serverUrl('one', { environment: {} }), { code: 'cli.usage' });
    assert.throws(() => serverUrl('ftp://one', { environment: {} }), { code: 'cli.usage' });
  });
});
