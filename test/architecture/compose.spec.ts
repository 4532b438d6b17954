import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { appNames } from '#contracts';
import { archiverConfigFrom } from '../../apps/archiver/src/archiver.config.js';
import { catalogApiConfigFrom } from '../../apps/catalog-api/src/catalog-api.config.js';
import { publicationServerConfigFrom } from '../../apps/publication-server/src/publication-server.config.js';
import { publisherConfigFrom } from '../../apps/publisher/src/publisher.config.js';
import { jobAssemblerConfigFrom } from '../../apps/job-assembler/src/job-assembler.config.js';
import {
  compose,
  composeText,
  substitutions,
  withDefaults,
  type ComposeService,
} from '../support/compose.js';
import { ownVariables, sharedVariables } from '../support/environment.js';
import { isThere, repository, textOf } from '../support/repository.js';

/** Apps on the broker, and the one in the DMZ. */
const apps = [...appNames, 'publication-server'].filter((app) => isThere(`apps/${app}/src/main.ts`));
const lasting = Object.entries(compose.services).filter(([name]) => !name.endsWith('-init'));

function service(name: string): ComposeService {
  const found = compose.services[name];
  assert.ok(found, `expected a service ${name} in docker-compose.yml`);
  return found;
}

function environmentOf(name: string): Record<string, string> {
  const entries = Object.entries(service(name).environment ?? {});
  const inContainer = entries.map(([variable, value]) => [variable, withDefaults(value)]);
  return { ...Object.fromEntries(inContainer), ...mounted(name) };
}

/** Files that the container reads are mounted from here. */
function mounted(name: string): Record<string, string> {
  const source = service(name).volumes?.find(
    (volume): volume is string => typeof volume === 'string' && volume.includes('source-folders'),
  );
  const file = source === undefined ? undefined : /:-[.]\/([^}]+)/.exec(source)?.[1];
  return file === undefined ? {} : { SOURCE_FOLDERS_FILE: join(repository, file) };
}

const configurations = {
  'catalog-api': catalogApiConfigFrom(environmentOf('catalog-api')),
  'job-assembler': jobAssemblerConfigFrom(environmentOf('job-assembler')),
  archiver: archiverConfigFrom(environmentOf('archiver')),
  publisher: publisherConfigFrom(environmentOf('publisher')),
  'publication-server': publicationServerConfigFrom(environmentOf('publication-server')),
};

describe('docker-compose.yml', () => {
  it('has a service for each app', () => {
    for (const app of apps) service(app);
    assert.deepEqual(Object.keys(configurations).sort(), [...apps].sort());
  });

  for (const app of apps) {
    describe(`the service ${app}`, () => {
      const inDmz = app === 'publication-server';
      const known = [...(inDmz ? [] : sharedVariables()), ...ownVariables(app)];
      const given = Object.keys(service(app).environment ?? {});

      it('sets only variables the app reads', () => {
        const names = new Set(known.map(({ name }) => name));
        assert.deepEqual(
          given.filter((name) => !names.has(name)),
          [],
        );
      });

      it('sets every variable the app requires', () => {
        const required = known.filter((one) => one.required).map(({ name }) => name);
        assert.deepEqual(
          required.filter((name) => !given.includes(name)),
          [],
        );
      });

      it('starts the entry that the build makes', () => {
        const [program, entry = ''] = service(app).command ?? [];
        assert.equal(program, 'node');
        assert.ok(isThere(entry.replace(/^dist\//, '').replace(/[.]js$/, '.ts')), entry);
      });

      it('is asked for its health where it answers', () => {
        const { port, host } = configurations[app as keyof typeof configurations];
        const probe = service(app).healthcheck?.test.join(' ') ?? '';
        const controller = textOf(
          inDmz
            ? 'apps/publication-server/src/health/health.controller.ts'
            : 'libs/service-host/src/health.controller.ts',
        );
        assert.ok(probe.includes(`http://127.0.0.1:${port}${inDmz ? '' : '/api/v4'}/health/ready`), probe);
        if (!inDmz) assert.match(controller, /path: 'health', version: \[[^\]]*'4'/);
        assert.match(controller, /@Get\([^)]*'ready'/);
        assert.equal(host, '0.0.0.0');
      });

      it('has no more rights than it needs', () => {
        assert.equal(service(app).read_only, true);
        assert.deepEqual(service(app).cap_drop, ['ALL']);
        assert.deepEqual(service(app).security_opt, ['no-new-privileges:true']);
      });

      it('names services that are there', () => {
        const { MONGODB_URI, RABBITMQ_URL, CATALOG_URL, S3_ENDPOINT } = environmentOf(app);
        const aliases =
          (service('minio').networks as Record<string, { aliases?: string[] }>)['back']?.aliases ?? [];
        assert.equal(new URL(MONGODB_URI ?? '').host, inDmz ? 'mongo-public:27017' : 'mongo:27017');
        if (!inDmz) assert.equal(new URL(RABBITMQ_URL ?? '').host, 'rabbitmq:5672');
        if (S3_ENDPOINT !== undefined)
          assert.ok(aliases.map(withDefaults).includes(new URL(S3_ENDPOINT).hostname));
        if (CATALOG_URL !== undefined)
          assert.equal(new URL(CATALOG_URL).host, `catalog-api:${configurations['catalog-api'].port}`);
      });

      it('has a database and a user of its own', () => {
        const { username, pathname, searchParams } = new URL(environmentOf(app)['MONGODB_URI'] ?? '');
        const script = textOf(inDmz ? 'docker/mongo-public-init.js' : 'docker/mongo-init.js');
        assert.ok(
          script.includes(`'${pathname.slice(1)}': ['${username}'`),
          `${pathname} in docker/mongo-init.js`,
        );
        assert.equal(searchParams.get('authSource'), pathname.slice(1));
        if (inDmz) return;
        assert.ok(script.includes(`_id: '${searchParams.get('replicaSet')}'`));
        assert.ok(composeText.includes(`--replSet ${searchParams.get('replicaSet')} `));
      });
    });
  }

  it('gives all apps the same prefix, buckets and roots', () => {
    const { 'catalog-api': catalog, 'job-assembler': assembler, archiver } = configurations;
    assert.equal(
      new Set([catalog, assembler, archiver].map(({ serviceHost }) => serviceHost.prefix)).size,
      1,
    );
    assert.equal(catalog.controlBucket, assembler.controlBucket);
    assert.equal(catalog.controlBucket, archiver.controlBucket);
    assert.equal(catalog.landingZone.bucket, assembler.landingZoneBucket);
    assert.deepEqual(assembler.sourceFolders, archiver.sourceFolders);
    assert.ok(assembler.copies <= archiver.shares.length);
    const policy = textOf('docker/minio-policy.json');
    for (const bucket of [catalog.controlBucket, catalog.landingZone.bucket, archiver.retrievalBucket])
      assert.ok(policy.includes(`"arn:aws:s3:::${bucket}/*"`), bucket);
  });

  for (const app of ['job-assembler', 'archiver', 'publisher'] as const)
    it(`gives the account of ${app} the rights it needs`, () => {
      const { username } = configurations[app].catalog;
      const accounts = JSON.parse(textOf('docker/functional-accounts.example.json')) as {
        username: string;
        role: string;
      }[];
      const account = accounts.find((one) => one.username === username);
      const { groups } = configurations['catalog-api'];
      assert.ok(groups.updateLifecycle.includes(account?.role ?? ''));
      // Who may change any job may not create one: the publisher asks for recalls.
      assert.equal(groups.updateJobPrivileged.includes(account?.role ?? ''), app !== 'publisher');
    });

  it('keeps the DMZ apart: its server shares no network with broker, catalogue or their database', () => {
    const networksOf = (name: string): string[] => {
      const { networks = [] } = service(name);
      return Array.isArray(networks) ? [...(networks as string[])] : Object.keys(networks);
    };
    const dmz = new Set(networksOf('publication-server'));
    for (const name of ['catalog-api', 'job-assembler', 'archiver', 'rabbitmq', 'mongo'])
      assert.deepEqual(
        networksOf(name).filter((network) => dmz.has(network)),
        [],
        name,
      );
    assert.ok(networksOf('publisher').includes('feed') && dmz.has('feed'));
    const { 'publication-server': server, publisher } = configurations;
    assert.equal(publisher.feed.url, `http://publication-server:${server.private.port}`);
    assert.deepEqual([publisher.feed.secret, publisher.publicUrl], [server.private.secret, server.publicUrl]);
    assert.ok(
      !(service('publication-server').ports ?? []).some((port) => port.endsWith(`:${server.private.port}`)),
    );
    assert.deepEqual(server.downloads.origins, [
      new URL(environmentOf('catalog-api')['S3_ENDPOINT'] ?? '').origin,
    ]);
  });

  for (const [name, { image, healthcheck, deploy, restart }] of lasting)
    it(`watches, limits and restarts ${name}`, () => {
      assert.ok((healthcheck?.test.length ?? 0) > 1, 'health check');
      assert.ok(deploy?.resources.limits.memory, 'memory limit');
      assert.equal(restart, 'unless-stopped');
      assert.match(withDefaults(image), /:(RELEASE[.])?\d+[\d.T-]*/);
    });

  it('waits for services in a way they can fulfil', () => {
    for (const [name, { depends_on }] of Object.entries(compose.services))
      for (const [other, { condition }] of Object.entries(depends_on ?? {})) {
        const wanted = other.endsWith('-init') ? 'service_completed_successfully' : 'service_healthy';
        assert.equal(condition, wanted, `${name} waits for ${other}`);
        service(other);
      }
  });

  it('mounts files that are in the checkout', () => {
    const mounts = Object.values(compose.services)
      .flatMap(({ volumes }) => volumes ?? [])
      .map((volume) => (typeof volume === 'string' ? (volume.split(':')[0] ?? '') : volume.source));
    for (const path of mounts.filter((mount) => mount.startsWith('./'))) assert.ok(isThere(path), path);
  });

  it('opens ports to this machine only', () => {
    for (const { ports } of Object.values(compose.services))
      for (const port of ports ?? []) assert.match(port, /^127\.0\.0\.1:/);
  });

  it('takes every secret from .env, and .env is explained', () => {
    const example = new Set(
      [...textOf('docker/env.example').matchAll(/^([A-Z0-9_]+)=/gm)].map(([, name]) => name),
    );
    const used = substitutions();
    assert.deepEqual([...used.keys()].sort(), [...example].sort());
    for (const [name, required] of used)
      // No account at DataCite is draft mode.
      if (/SECRET|PASSWORD|TOKEN|_KEY$/.test(name) && name !== 'DOI_PASSWORD')
        assert.ok(required, `${name} needs \${${name}:?…}`);
    assert.match(textOf('.gitignore'), /^\.env$/m);
  });
});

describe('The image', () => {
  const text = textOf('docker/Dockerfile');

  it('has a Node that the package allows, pinned', () => {
    const { engines } = JSON.parse(textOf('package.json')) as { engines: { node: string } };
    const [wantedMajor = 0, wantedMinor = 0] = engines.node.replace('>=', '').split('.').map(Number);
    const bases = [...text.matchAll(/^FROM node:(\d+)\.(\d+)\.(\d+)-/gm)];
    assert.equal(bases.length, [...text.matchAll(/^FROM /gm)].length);
    for (const [, major, minor] of bases)
      assert.ok(
        Number(major) > wantedMajor || (Number(major) === wantedMajor && Number(minor) >= wantedMinor),
        `expected Node ${engines.node}, found ${major}.${minor}`,
      );
  });

  it('copies what is there, and runs as somebody without rights', () => {
    const copies = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths = '']) =>
      paths.split(' '),
    );
    assert.ok(copies.length > 4);
    const admitted = textOf('docker/Dockerfile.dockerignore').split('\n');
    for (const path of copies) assert.ok(isThere(path) && admitted.includes(`!${path}`), path);
    assert.match(text, /^USER node$/m);
  });

  it('is the one the services build', () => {
    for (const app of apps) assert.equal(service(app).build?.dockerfile, 'docker/Dockerfile');
    const { version } = JSON.parse(textOf('package.json')) as { version: string };
    assert.equal(service('catalog-api').image, `catena:${version}`);
  });
});
