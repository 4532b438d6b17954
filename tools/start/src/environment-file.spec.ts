import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { environmentOf, type AppSettings } from './app-environments.js';
import { appEnvironments, BadEnvironmentFile, readEnvironmentFile } from './environment-file.js';

const text = `# of a facility
FRONTEND_CONFIG_FILE=/etc/facility/frontend.json
LDAP_URL="ldaps://directory.facility.example"
[ publication-server ]
OAI_REPOSITORY_NAME='A facility'
[catalog-api]
LDAP_URL=ldap://other
`;

describe('an environment file', () => {
  it('is for all apps but the one outside, which gets only what stands below its heading', () => {
    const extra = appEnvironments(text, 'F');
    assert.deepEqual(extra['publication-server'], { OAI_REPOSITORY_NAME: 'A facility' });
    assert.equal(extra['archiver']?.['LDAP_URL'], 'ldaps://directory.facility.example');
    assert.equal(extra['catalog-api']?.['LDAP_URL'], 'ldap://other');
    assert.equal(extra['catalog-api']?.['FRONTEND_CONFIG_FILE'], '/etc/facility/frontend.json');
  });

  it('goes before what npm start would say', () => {
    const settings = {
      ...{ services: {}, prefix: 'p', ports: {}, ltsRoots: [], dataDirectory: '/d' },
      ...{ sourceFoldersFile: '', functionalAccountsFile: '', jobConfigurationFile: 'ours' },
      secrets: { broker: {}, operationsTokens: {}, accounts: {} },
      extra: appEnvironments('JOB_CONFIGURATION_FILE=theirs', 'F'),
    } as unknown as AppSettings;
    const services = { MONGODB_URI: 'mongodb://there/', S3_ENDPOINT: 'http://there' };
    assert.equal(environmentOf('catalog-api', { ...settings, services })['JOB_CONFIGURATION_FILE'], 'theirs');
  });

  const refused = (wrong: string, message: RegExp): void =>
    assert.throws(
      () => appEnvironments(wrong, 'F'),
      (error) => error instanceof BadEnvironmentFile && message.test(error.message),
    );
  it('may not decide what npm start decides', () =>
    refused('[archiver]\nPORT=1', /^Expected F to leave PORT to npm start/));
  it('may not name an app that is not there', () =>
    refused('[backend]', /^Expected a heading in F to be one of \[catalog-api\], .*found \[backend\]/));

  it('is named when it cannot be read', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'catena-env-'));
    await writeFile(join(folder, 'there'), 'A=1');
    assert.equal((await readEnvironmentFile(join(folder, 'there')))['archiver']?.['A'], '1');
    await assert.rejects(
      readEnvironmentFile(join(folder, 'gone')),
      /Expected the environment file .*gone to be readable/,
    );
    await rm(folder, { recursive: true });
  });
});
