import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { parseJobConfiguration } from '../../apps/catalog-api/src/domain/job-configuration.js';
import { archiverConfigFrom } from '../../apps/archiver/src/archiver.config.js';
import { jobAssemblerConfigFrom } from '../../apps/job-assembler/src/job-assembler.config.js';
import { compose, type ComposeService } from '../support/compose/compose.js';
import { ownVariables, sharedVariables } from '../support/environment.js';
import { isThere, repository, textOf } from '../support/repository.js';

const path = 'docker/beside-scicat.yml';
const page = textOf('docs/beside-scicat.md');
const text = textOf(path);
const file = parse(text, { merge: true }) as {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks: Readonly<Record<string, { readonly external?: boolean; readonly name?: string }>>;
};

/** Services by the app that they run. */
const services = {
  'job-assembler': 'catena-job-assembler',
  archiver: 'catena-archiver',
  'scicat-bridge': 'scicat-bridge',
};
const programs = Object.entries(services).filter(([app]) => isThere(`apps/${app}/src/main.ts`));
/** The file of the page, as one who follows it has it. */
const written = new Map(
  [
    .../cat > beside-scicat\.env << 'END'\n([^]*?)\n *END/
      .exec(page)![1]!
      .matchAll(/^ *([A-Z0-9_]+)=(.*)$/gm),
  ].map(([, name = '', value = '']) => [name, value]),
);

/** A value as Compose makes it of the file of the page. */
function filled(value: string): string {
  const next = value.replace(
    /\$\{([A-Z0-9_]+)(?::([-?])([^${}]*))?\}/,
    (_, name: string, kind: string, word = '') =>
      written.get(name) ?? (kind === '-' ? String(word) : assert.fail(name)),
  );
  return next === value ? value : filled(next);
}

function environmentOf(app: keyof typeof services): Record<string, string> {
  const { environment = {} } = file.services[services[app]]!;
  const all = Object.entries(environment).map(([name, value]) => [name, filled(value)]);
  return {
    ...Object.fromEntries(all),
    SOURCE_FOLDERS_FILE: `${repository}/docker/source-folders.example.yaml`,
  };
}

describe('docker/beside-scicat.yml', () => {
  for (const [app, name] of programs) {
    const given = Object.keys(file.services[name]?.environment ?? {});
    const known = [...sharedVariables(), ...ownVariables(app)];

    it(`gives ${app} variables that it reads, and all that it requires`, () => {
      assert.deepEqual(
        given.filter((one) => !known.some((variable) => variable.name === one)),
        [],
      );
      assert.deepEqual(
        known.filter((variable) => variable.required && !given.includes(variable.name)),
        [],
      );
    });

    it(`starts the entry of ${app}, with no more rights than it needs`, () => {
      const { command, read_only, cap_drop, security_opt, healthcheck, image } = file.services[name]!;
      assert.deepEqual(command, ['node', `dist/apps/${app}/src/main.js`]);
      assert.deepEqual([read_only, cap_drop, security_opt], [true, ['ALL'], ['no-new-privileges:true']]);
      assert.deepEqual(healthcheck?.test, ['CMD', 'node', '/app/healthcheck.mjs']);
      assert.equal(image, compose.services['catalog-api']?.image);
    });
  }

  it("has no catalogue of its own: SciCat's is asked, with the account of the bridge", () => {
    assert.ok(!text.includes('apps/catalog-api/'));
    const { SCICAT_URL, SCICAT_USERNAME, SCICAT_PASSWORD } = environmentOf('scicat-bridge');
    const [assembler, archiver] = [
      jobAssemblerConfigFrom(environmentOf('job-assembler')),
      archiverConfigFrom(environmentOf('archiver')),
    ];
    for (const { catalog } of [assembler, archiver])
      assert.deepEqual(catalog, { url: SCICAT_URL, username: SCICAT_USERNAME, password: SCICAT_PASSWORD });
    assert.deepEqual(file.networks['scicat'], { external: true, name: '${SCICAT_NETWORK:?in the env file}' });
    for (const name of Object.values(services))
      assert.deepEqual(file.services[name]?.networks, ['scicat', 'catena'], name);
    for (const name of ['catena-rabbitmq', 'catena-mongo'])
      assert.deepEqual(file.services[name]?.networks, ['catena'], `${name} is no business of SciCat's`);
  });

  it('gives all apps the same broker, prefix, store and roots, and each a database of its own', () => {
    const environments = (['scicat-bridge', 'job-assembler', 'archiver'] as const).map(environmentOf);
    for (const name of ['RABBITMQ_URL', 'CATENA_PREFIX', 'S3_ENDPOINT', 'S3_SECRET_KEY', 'CONTROL_BUCKET'])
      assert.equal(new Set(environments.map((one) => one[name])).size, 1, name);
    const databases = environments.map(({ MONGODB_URI = '' }) => new URL(MONGODB_URI));
    assert.equal(new Set(databases.map(({ pathname }) => pathname)).size, 3);
    for (const { host, password, search } of databases)
      assert.deepEqual(
        [host, password, search],
        ['catena-mongo:27017', written.get('CATENA_PASSWORD'), '?authSource=admin'],
      );
    assert.equal(new URL(environments[0]!['RABBITMQ_URL']!).host, 'catena-rabbitmq:5672');
  });

  it('runs services of its own only where its profiles say so, in the versions of the main file', () => {
    for (const [profile, same] of Object.entries({ rabbitmq: 'rabbitmq', store: 'store', mongo: 'mongo' })) {
      const { profiles, image, ports = [] } = file.services[`catena-${profile}`]!;
      assert.deepEqual(profiles, [profile]);
      const main = compose.services[same]!.image.replace(/^\$\{[A-Z_]+:-(.*)\}$/, '$1');
      assert.equal(image, main);
      for (const port of ports) assert.match(port, /^127\.0\.0\.1:/);
    }
    for (const name of Object.values(services))
      for (const [other, { condition, required }] of Object.entries(file.services[name]?.depends_on ?? {})) {
        assert.ok(other in file.services);
        assert.deepEqual([condition, required], ['service_healthy', false]);
      }
  });
});

describe('docs/beside-scicat.md', () => {
  it('explains every variable of the file, and no other', () => {
    const [, section = ''] = page.split('## The variables of docker/beside-scicat.yml');
    const rows = [...section.split('\n## ')[0]!.matchAll(/^\| (`[^|]+`) +\|/gm)].flatMap(([, names = '']) =>
      [...names.matchAll(/`([A-Z0-9_]+)`/g)].map(([, name]) => name),
    );
    // COMPOSE_PROFILES is read by Compose itself.
    const used = new Set([...text.matchAll(/(?<!\$)\$\{([A-Z0-9_]+)/g)].map(([, name]) => name));
    assert.deepEqual(rows.sort(), [...used, 'COMPOSE_PROFILES'].sort());
    for (const [, name = ''] of text.matchAll(/\$\{([A-Z0-9_]+):\?/g)) assert.ok(written.has(name), name);
  });

  it('names the defaults that the file has', () => {
    const defaults = [...text.matchAll(/^ +(SCICAT_[A-Z_]+): \$\{\1:-([^}]+)\}$/gm)];
    assert.equal(defaults.length, 4);
    for (const [, name = '', value = ''] of defaults)
      assert.match(page, new RegExp(`^\\| \`${name}\` +\\| \`${value}\` +\\|`, 'm'));
  });

  it('gives SciCat a job configuration that it reads, with the types and the feed that the bridge knows', () => {
    const blocks = [...page.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(
      ([, block = '']) => parse(block) as unknown,
    );
    const configuration = blocks.find((block) => !Array.isArray(block));
    const { jobs } = parseJobConfiguration(configuration, 'docs/beside-scicat.md');
    const { SCICAT_JOB_TYPES = '' } = environmentOf('scicat-bridge');
    assert.deepEqual(
      [...jobs.keys()],
      SCICAT_JOB_TYPES.split(',').map((pair) => pair.split(':')[0]),
    );
    for (const { create, update } of jobs.values()) {
      assert.deepEqual(create.actions, [
        { actionType: 'rabbitmq', exchange: 'jobs.write', queue: 'catena.jobs', key: 'catena' },
      ]);
      assert.equal(update.auth, '#jobAdmin', 'the account of the bridge may write its status');
    }
    const [door] = blocks.find((block) => Array.isArray(block)) as [Record<string, unknown>];
    assert.deepEqual([door['actionType'], door['method'], door['ignoreErrors']], ['url', 'POST', true]);
    const { PORT } = environmentOf('scicat-bridge');
    assert.equal(door['url'], `http://scicat-bridge:${PORT}/archiver/api/v1/archiver/jobs`);
  });
});
