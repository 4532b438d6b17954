import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { operatedApps as read } from '#operations-client';
import { operatedApps, type AppSettings } from './app-environments.js';
import { loadSecrets, writePrivately } from './secrets.js';

describe('the apps that operators reach', () => {
  it('are named in a file that `catena ops` reads, and nobody else', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'catena-start-'));
    try {
      const secrets = await loadSecrets(join(folder, 'secrets.json'));
      const ports = { 'catalog-api': 1, 'job-assembler': 2, archiver: 3, publisher: 4 };
      const file = join(folder, 'operations-apps.json');
      await writePrivately(file, operatedApps(secrets, ports as AppSettings['ports']));
      assert.equal((await stat(file)).mode & 0o777, 0o600);
      const apps = await read(file);
      assert.deepEqual(
        apps.map(({ name, url }) => `${name} ${url}`),
        [
          'catalog-api http://127.0.0.1:1',
          'job-assembler http://127.0.0.1:2',
          'archiver http://127.0.0.1:3',
          'publisher http://127.0.0.1:4',
        ],
      );
      assert.equal(apps[2]?.token, secrets.operationsTokens.archiver);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
