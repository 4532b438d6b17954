import { execFileSync } from 'node:child_process';
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appNames } from '#contracts';
import { secretVariables, withSecretsFromFiles, type Environment } from '#kernel';
import { preparationSecrets } from '../../../apps/admin-cli/src/prepare/prepare.js';
import { consoleConfigFrom } from '../../../apps/console/src/console.config.js';
import { archiverConfigFrom } from '../../../apps/archiver/src/archiver.config.js';
import { catalogApiConfigFrom } from '../../../apps/catalog-api/src/catalog-api.config.js';
import { jobAssemblerConfigFrom } from '../../../apps/job-assembler/src/job-assembler.config.js';
import { publicationServerConfigFrom } from '../../../apps/publication-server/src/publication-server.config.js';
import { publisherConfigFrom } from '../../../apps/publisher/src/publisher.config.js';
import { compose, withDefaults, type ComposeService } from './compose.js';
import { isThere, repository } from '../repository.js';

/** Apps on the broker, the one in the DMZ, and the one that keeps nothing. */
export const apps = [...appNames, 'publication-server', 'console'].filter((app) =>
  isThere(`apps/${app}/src/main.ts`),
);

/** What docker/make-secrets.sh makes, as the containers find it below /run/secrets. */
export const secrets = mkdtempSync(join(tmpdir(), 'catena-compose-'));
makeSecrets();
process.on('exit', () => rmSync(secrets, { recursive: true, force: true }));

export function makeSecrets(): void {
  execFileSync('sh', [join(repository, 'docker/make-secrets.sh'), secrets]);
}

export function secret(name: string): string {
  return readFileSync(join(secrets, name), 'utf8').trim();
}

export function service(name: string): ComposeService {
  const found = compose.services[name];
  assert.ok(found, `expected a service ${name} in docker-compose.yml`);
  return found;
}

/** The environment of a container, with the files it names where this test finds them. */
export function environmentOf(name: string): Record<string, string> {
  const entries = Object.entries(service(name).environment ?? {});
  const inContainer = entries.map(([variable, value]) => [
    variable,
    withDefaults(value).replace(/^\/run\/secrets/, secrets),
  ]);
  return { ...Object.fromEntries(inContainer), ...mounted(name) };
}

/** Files that the container reads are mounted from here. */
function mounted(name: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const volume of service(name).volumes ?? []) {
    const [file = '', target = ''] = typeof volume === 'string' ? withDefaults(volume).split(':') : [];
    if (target.endsWith('/source-folders.yaml')) found['SOURCE_FOLDERS_FILE'] = join(repository, file);
    if (target.endsWith('/frontend-config.json')) found['FRONTEND_CONFIG_FILE'] = join(repository, file);
  }
  return found;
}

/** An app's variables with its secrets in place of their files. */
export function resolvedOf(name: string): Environment {
  return withSecretsFromFiles(environmentOf(name), [...secretVariables, ...preparationSecrets]);
}

/** `JWT_SECRET` of `JWT_SECRET_FILE`. */
export function variableOf(given: string): string {
  const name = given.replace(/_FILE$/, '');
  return secretVariables.includes(name) ? name : given;
}

/** The configurations that the apps read in their containers. */
export const configurations = {
  'catalog-api': catalogApiConfigFrom(environmentOf('catalog-api')),
  'job-assembler': jobAssemblerConfigFrom(environmentOf('job-assembler')),
  archiver: archiverConfigFrom(environmentOf('archiver')),
  publisher: publisherConfigFrom(environmentOf('publisher')),
  'publication-server': publicationServerConfigFrom(environmentOf('publication-server')),
  console: consoleConfigFrom(environmentOf('console')),
};
