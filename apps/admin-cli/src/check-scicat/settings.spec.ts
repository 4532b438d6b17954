import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { settingsFrom, type CheckScicatOptions } from './settings.js';

const folder = mkdtempSync(join(tmpdir(), 'catena-check-scicat-'));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const settings = (
  options: CheckScicatOptions = { user: 'bridge' },
  url = 'http://scicat:3000',
  environment: Record<string, string> = { SCICAT_PASSWORD: 'secret' },
) => settingsFrom(url, options, environment);

describe('The settings of check-scicat', () => {
  after(() => rmSync(folder, { recursive: true }));

  it('take the password from a variable or a file, without its last line break', () => {
    assert.equal(settings().password, 'secret');
    const passwordFile = file('password', 'of the file\n');
    assert.equal(settings({ user: 'bridge', passwordFile }).password, 'of the file');
    assert.equal(
      settings({ user: 'bridge' }, 'http://scicat', { SCICAT_PASSWORD_FILE: passwordFile }).password,
      'of the file',
    );
  });

  it('look at a feed where one is named, at the queue of the bridge unless another one is', () => {
    const feed = 'amqp://guest:guest@broker';
    assert.equal(settings().feed, undefined);
    assert.deepEqual(settings({ user: 'bridge', feed }).feed, { url: feed, queue: 'catena.jobs' });
    const environment = { SCICAT_PASSWORD: 'x', SCICAT_FEED_URL: feed };
    assert.deepEqual(settings({ user: 'bridge', queue: 'jobs' }, 'http://scicat', environment).feed, {
      ...{ url: feed, queue: 'jobs' },
    });
  });

  const wrong: Record<string, () => unknown> = {
    'an address that is none': () => settings(undefined, 'scicat:3000'),
    'an account in the address': () => settings(undefined, 'http://bridge:hush@scicat'),
    'no user': () => settings({}),
    'no password': () => settings(undefined, 'http://scicat', {}),
    'a file that is not there': () => settings({ user: 'bridge', passwordFile: join(folder, 'none') }),
    'a file that is no password': () =>
      settings({ user: 'bridge', passwordFile: file('long', 'x'.repeat(5000)) }),
    'a feed that is none': () => settings({ user: 'bridge', feed: 'http://guest:hush@broker' }),
    'a patience that is none': () => settings({ user: 'bridge', patience: 'long' }),
    'no types': () => settings({ user: 'bridge', types: ' , ' }),
  };
  for (const [what, attempt] of Object.entries(wrong))
    it(`refuse ${what}, and tell no password`, () =>
      assert.throws(attempt, ({ code, message }: Error & { code: string }) => {
        assert.equal(code, 'cli.usage');
        assert.doesNotMatch(message, /hush/);
        return true;
      }));
});
