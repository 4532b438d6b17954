import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { secretVariables } from '#kernel';
import { compose, composeText, substitutions, withDefaults } from '../support/compose/compose.js';
import {
  apps,
  configurations,
  environmentOf,
  resolvedOf,
  secret,
  service,
  variableOf,
} from '../support/compose/composed-installation.js';
import { ownVariables, sharedVariables } from '../support/environment.js';
import { isThere, textOf } from '../support/repository.js';

/** Files that docker/make-secrets.sh has the file of apps name. */
function tokensOfApps(): string[] {
  return [...secret('operations-apps').matchAll(/tokenFile: ([a-z-]+)/g)].map(([, name = '']) => name);
}

const lasting = Object.entries(compose.services).filter(([, { restart }]) => restart === 'unless-stopped');

describe('docker-compose.yml', () => {
  it('has a service for each app', () => {
    for (const app of apps) service(app);
    assert.deepEqual(Object.keys(configurations).sort(), [...apps].sort());
  });

  for (const app of apps) {
    describe(`the service ${app}`, () => {
      const inDmz = app === 'publication-server';
      /** Without a broker, and what is read for it. */
      const alone = inDmz || app === 'console';
      const known = [...(alone ? [] : sharedVariables()), ...ownVariables(app)];
      const given = Object.keys(service(app).environment ?? {});

      it('sets only variables the app reads', () => {
        const names = new Set(known.map(({ name }) => name));
        assert.deepEqual(
          given.map(variableOf).filter((name) => !names.has(name)),
          [],
        );
      });

      it('sets every variable the app requires', () => {
        const required = known.filter((one) => one.required).map(({ name }) => name);
        assert.deepEqual(
          required.filter((name) => !given.map(variableOf).includes(name)),
          [],
        );
      });

      it('has its secrets in files, and no other', () => {
        const files = Object.values(service(app).environment ?? {}).flatMap(
          (value) => /^\/run\/secrets\/(.+)$/.exec(value)?.[1] ?? [],
        );
        // The file of apps names tokens that lie beside it.
        const beside = app === 'console' ? tokensOfApps() : [];
        assert.deepEqual([...(service(app).secrets ?? [])].sort(), [...files, ...beside].sort());
        assert.deepEqual(
          given.filter((name) => secretVariables.includes(name)),
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
        const [, program, script, path = '/api/v4/health/ready'] = service(app).healthcheck?.test ?? [];
        assert.deepEqual([program, script], ['node', '/app/healthcheck.mjs']);
        assert.equal(environmentOf(app)['PORT'], String(port));
        const controller = textOf(
          alone
            ? `apps/${app}/src/${inDmz ? 'health' : 'observation'}/health.controller.ts`
            : 'libs/service-host/src/health.controller.ts',
        );
        assert.equal(path, alone ? '/health/ready' : '/api/v4/health/ready');
        if (!alone) assert.match(controller, /path: 'health', version: \[[^\]]*'4'/);
        assert.match(controller, /@Get\([^)]*'ready'/);
        // Everywhere; the publisher, which is in networks of the DMZ as well, in that of the intranet only.
        assert.equal(host, app === 'publisher' ? 'publisher.back' : '0.0.0.0');
      });

      it('has no more rights than it needs', () => {
        assert.equal(service(app).read_only, true);
        assert.deepEqual(service(app).cap_drop, ['ALL']);
        assert.deepEqual(service(app).security_opt, ['no-new-privileges:true']);
      });

      it('names services that are there', () => {
        const { MONGODB_URI, RABBITMQ_URL, CATALOG_URL, S3_ENDPOINT } = resolvedOf(app);
        const aliases =
          (service('store').networks as Record<string, { aliases?: string[] }>)['back']?.aliases ?? [];
        if (app !== 'console')
          assert.equal(new URL(MONGODB_URI ?? '').host, inDmz ? 'mongo-public:27017' : 'mongo:27017');
        if (!alone) assert.equal(new URL(RABBITMQ_URL ?? '').host, 'rabbitmq:5672');
        if (S3_ENDPOINT !== undefined)
          assert.ok(aliases.map(withDefaults).includes(new URL(S3_ENDPOINT).hostname));
        if (CATALOG_URL !== undefined)
          assert.equal(
            new URL(CATALOG_URL).host,
            `catalog-api${app === 'console' ? '.front' : ''}:${configurations['catalog-api'].port}`,
          );
      });

      if (app === 'console') return;
      it('has a database and a user of its own', () => {
        const { username, password, pathname, searchParams } = new URL(resolvedOf(app)['MONGODB_URI'] ?? '');
        const script = textOf(inDmz ? 'docker/mongo-public-init.js' : 'docker/mongo-init.js');
        assert.ok(
          script.includes(`'${pathname.slice(1)}': ['${username}'`),
          `${pathname} in docker/mongo-init.js`,
        );
        assert.ok(script.includes(`secret('mongodb-password-${app}')`), script);
        assert.equal(password, secret(`mongodb-password-${app}`));
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
    const preparation = environmentOf('preparation');
    assert.equal(preparation['CATENA_PREFIX'], catalog.serviceHost.prefix);
    assert.deepEqual(
      ['CONTROL_BUCKET', 'LANDING_ZONE_BUCKET', 'RETRIEVAL_BUCKET'].map((name) => preparation[name]),
      [catalog.controlBucket, catalog.landingZone.bucket, archiver.retrievalBucket],
    );
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
    // They meet in more networks than one: each hears the other side in one of them, or nowhere.
    const aliasOf = (name: string, network: string): string =>
      (service(name).networks as Record<string, { aliases?: string[] }>)[network]?.aliases?.[0] ?? '';
    assert.equal(publisher.host, aliasOf('publisher', 'back'));
    assert.equal(server.private.host, aliasOf('publication-server', 'feed'));
    assert.equal(publisher.feed.url, `http://${server.private.host}:${server.private.port}`);
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
      assert.match(withDefaults(image), /:v?\d+[.]\d+([.]\d+)?/);
    });

  it('waits for services in a way they can fulfil', () => {
    for (const [name, { depends_on }] of Object.entries(compose.services))
      for (const [other, { condition }] of Object.entries(depends_on ?? {})) {
        const isJob = service(other).restart !== 'unless-stopped';
        const wanted = isJob ? 'service_completed_successfully' : 'service_healthy';
        assert.equal(condition, wanted, `${name} waits for ${other}`);
        service(other);
      }
  });

  it('mounts files that are in the checkout', () => {
    const mounts = Object.values(compose.services)
      .flatMap(({ volumes }) => volumes ?? [])
      .map((volume) => (typeof volume === 'string' ? withDefaults(volume).split(':')[0]! : volume.source));
    for (const path of mounts.filter((mount) => mount.startsWith('./'))) assert.ok(isThere(path), path);
  });

  it('opens ports to this machine only', () => {
    for (const { ports } of Object.values(compose.services))
      for (const port of ports ?? []) assert.match(withDefaults(port), /^127\.0\.0\.1:/);
  });

  it('explains every variable of .env, and keeps secrets out of it', () => {
    const example = new Set(
      [...textOf('docker/env.example').matchAll(/^([A-Z0-9_]+)=/gm)].map(([, name]) => name),
    );
    const used = [...substitutions().keys()];
    // COMPOSE_PROFILES is read by compose itself.
    assert.deepEqual([...used, 'COMPOSE_PROFILES'].sort(), [...example].sort());
    // Accounts elsewhere, which may be left out.
    const optional = ['DOI_PASSWORD', 'OIDC_CLIENT_SECRET', 'SMTP_PASSWORD'];
    assert.deepEqual(
      used.filter((name) => /SECRET$|PASSWORD|TOKEN|_KEY$/.test(name) && !optional.includes(name)),
      [],
    );
    assert.match(textOf('.gitignore'), /^\.env$/m);
    assert.match(textOf('.gitignore'), /^secrets\/$/m);
  });

  it('believes the proxy, and nobody else, when it says who a request is from', () => {
    const networks = service('proxy').networks as Record<string, { ipv4_address?: string }>;
    const addressIn = (name: string): string => withDefaults(networks[name]?.ipv4_address ?? '');
    const console = service('console').networks as typeof networks;
    const ofConsole = withDefaults(console['front']?.ipv4_address ?? '');
    assert.equal(environmentOf('catalog-api')['TRUSTED_PROXIES'], `${addressIn('front')},${ofConsole}`);
    assert.equal(environmentOf('console')['TRUSTED_PROXIES'], addressIn('front'));
    assert.equal(environmentOf('publication-server')['TRUSTED_PROXIES'], addressIn('public'));
  });

  it('lets browsers reach, under one host name, the buckets of links and not the one of control', () => {
    const routes = textOf('docker/traefik/routes.yaml');
    const { 'catalog-api': catalog, archiver } = configurations;
    for (const bucket of [catalog.landingZone.bucket, archiver.retrievalBucket])
      assert.ok(routes.includes(`PathPrefix(\`/${bucket}/\`)`), bucket);
    assert.ok(!routes.includes(catalog.controlBucket));
    for (const [, name = '', port = ''] of routes.matchAll(/url: 'http:\/\/([a-z-]+):(\d+)'/g)) {
      service(name);
      if (name in configurations)
        assert.equal(port, String(configurations[name as keyof typeof configurations].port));
    }
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

  it('is built once, for all services that run it, and never fetched', () => {
    const [builds, ...others] = Object.values(compose.services)
      .filter(({ image }) => image.startsWith('catena:'))
      .sort((one) => (one.build === undefined ? 1 : -1));
    assert.equal(builds?.build?.dockerfile, 'docker/Dockerfile');
    assert.equal(others.length, apps.length);
    for (const { image, build, pull_policy } of others)
      assert.deepEqual([image, build, pull_policy], [builds.image, undefined, 'never']);
    const { version } = JSON.parse(textOf('package.json')) as { version: string };
    assert.equal(service('catalog-api').image, `catena:${version}`);
    assert.ok(text.includes(`ARG VERSION=${version}\n`) && text.includes(`catena:${version} `));
  });

  it('installs nothing by scripts of packages, and has no tests inside', () => {
    for (const [line] of text.matchAll(/npm (ci|prune)[^\n]*/g)) assert.match(line, /--ignore-scripts/);
    // They use files that the build context lacks, so they may not be compiled there either.
    const ignored = textOf('docker/Dockerfile.dockerignore').trimEnd().split('\n').slice(-3);
    assert.deepEqual(ignored, ['**/*.spec.ts', '**/*.spec.tsx', '**/testing']);
    assert.match(text, /^HEALTHCHECK /m);
    assert.match(text, /--sbom=true --provenance=mode=max/);
  });
});

describe('docs/images.md', () => {
  const table = new Map(
    [...textOf('docs/images.md').matchAll(/^\| `([a-z0-9./-]+)` +\| `([^`]+)`/gm)].map(
      ([, image = '', version = '']) => [image, version],
    ),
  );

  it('has the version of every image that is used, and no other', () => {
    const ours = 'catena';
    const used = [
      ...Object.values(compose.services).map(({ image }) => withDefaults(image)),
      ...[...textOf('docker/Dockerfile').matchAll(/^FROM (\S+)/gm)].map(([, image = '']) => image),
    ].map((image) => image.replace(/@sha256:[0-9a-f]{64}$/, '').split(':'));
    for (const [name = '', version] of used) if (name !== ours) assert.equal(table.get(name), version, name);
    assert.deepEqual([...new Set(used.map(([name]) => name))].sort(), [...table.keys(), ours].sort());
  });

  for (const file of ['docker/scicatlive.yml', 'docker/beside-scicat.yml'])
    it(`has the versions of ${file} as well`, () => {
      for (const [, name = '', version = ''] of textOf(file).matchAll(/image: (\S+):(\S+)$/gm))
        if (name !== 'catena') assert.equal(table.get(name), version, name);
    });
});
