import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { configFolder, stateFolder } from './places.js';
import { readSettings, settingsFile } from './settings.js';

describe('The settings', () => {
  let environment: Record<string, string>;

  beforeEach(async () => {
    environment = { HOME: await mkdtemp(join(tmpdir(), 'catena-settings-')) };
    await mkdir(dirname(settingsFile(environment)), { recursive: true });
  });
  afterEach(() => rm(environment['HOME'] ?? '', { recursive: true }));

  const write = (content: unknown): Promise<void> =>
    writeFile(settingsFile(environment), typeof content === 'string' ? content : JSON.stringify(content));

  it('are none without a file, for the profile "default"', async () => {
    assert.deepEqual(await readSettings(environment, undefined), { profile: 'default' });
  });

  it('of a profile go before those for all', async () => {
    await write({
      profile: 'lab',
      bandwidth: '1MiB',
      ownerGroup: 'all',
      profiles: { lab: { url: 'https://lab.example', ownerGroup: 'mine', concurrency: 2 }, other: {} },
    });
    assert.deepEqual(await readSettings(environment, undefined), {
      ...{
        profile: 'lab',
        url: 'https://lab.example',
        ownerGroup: 'mine',
        concurrency: 2,
        bandwidth: 2 ** 20,
      },
    });
    assert.deepEqual(await readSettings({ ...environment, CATENA_PROFILE: 'other' }, undefined), {
      ...{ profile: 'other', ownerGroup: 'all', bandwidth: 2 ** 20 },
    });
    assert.equal((await readSettings({ ...environment, CATENA_PROFILE: 'other' }, 'third')).profile, 'third');
  });

  it('refuse what would be without effect, and names that lead to other folders', async () => {
    for (const content of [
      'nonsense',
      [],
      { ulr: 'https://x' },
      { profiles: [] },
      { profiles: { default: 'x' } },
      { concurrency: 0 },
      { bandwidth: '5 apples' },
      { bandwidth: '10B' },
    ]) {
      await write(content);
      await assert.rejects(
        readSettings(environment, undefined),
        { code: 'cli.usage' },
        JSON.stringify(content),
      );
    }
    await write({});
    for (const name of ['../x', '', 'a/b', '.hidden'])
      await assert.rejects(readSettings(environment, name), { code: 'cli.usage' }, name);
  });

  it('lie where users of each system expect them', () => {
    assert.equal(configFolder({ XDG_CONFIG_HOME: '/c' }, 'linux'), '/c/catena');
    assert.equal(configFolder({ XDG_CONFIG_HOME: 'relative', HOME: '/h' }, 'linux'), '/h/.config/catena');
    assert.match(configFolder({ APPDATA: 'C:\\Users\\ada\\AppData\\Roaming' }, 'win32'), /Roaming.catena$/);
    assert.match(stateFolder({ USERPROFILE: 'C:\\Users\\ada' }, 'win32'), /ada.AppData.Local.catena$/);
    assert.equal(stateFolder({ XDG_STATE_HOME: 'relative', HOME: '/h' }, 'darwin'), '/h/.local/state/catena');
  });
});
