import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ComposeParser } from '../support/compose/compose-parser.js';
import { compose, withDefaults } from '../support/compose/compose.js';
import { textOf } from '../support/repository.js';

const main = 'catena/docker-compose.yml';
const given = 'LTS_PATH=/lts\nSOURCE_FOLDER_ROOT=/data\n';
/** What `up` starts without profiles. */
const always = Object.entries(compose.services).filter(([, { profiles }]) => profiles === undefined);
const profiles = new Set(Object.values(compose.services).flatMap((service) => service.profiles ?? []));

describe("Compose's own parser", () => {
  let parser: ComposeParser;
  before(async () => {
    parser = await ComposeParser.create();
  });
  after(() => parser.close());

  it('takes the file with env.example filled in, and starts what has no profile', async () => {
    const { services, secrets = {} } = await parser.read([main], textOf('docker/env.example') + given);
    assert.deepEqual(Object.keys(services).sort(), always.map(([name]) => name).sort());
    for (const [name, { environment = {}, image }] of always) {
      const parsed = services[name];
      assert.equal(parsed?.image, withDefaults(image));
      // The small reader of the other tests and the real one agree.
      for (const [variable, value] of Object.entries(environment))
        assert.equal(parsed.environment?.[variable], withDefaults(value), `${variable} of ${name}`);
      for (const { source } of parsed.secrets ?? []) assert.ok(secrets[source]?.file.endsWith(`/${source}`));
    }
  });

  it('asks for what an installation has to say', async () => {
    await assert.rejects(parser.read([main], ''), /LTS_PATH[^]*in [.]env|SOURCE_FOLDER_ROOT[^]*in [.]env/);
  });

  for (const profile of profiles)
    it(`takes the profile ${profile}`, async () => {
      const { services } = await parser.read([main], given, [profile]);
      for (const [name, { profiles: wanted = [] }] of Object.entries(compose.services))
        assert.equal(name in services, wanted.length === 0 || wanted.includes(profile), name);
    });

  it('puts the public address of the store where links are made and where copies are read from', async () => {
    const address = 'https://catena.example.org';
    const { services } = await parser.read([main], `${given}S3_PUBLIC_ENDPOINT=${address}\n`, ['tls']);
    for (const name of ['catalog-api', 'archiver'])
      assert.equal(services[name]?.environment?.['S3_PUBLIC_ENDPOINT'], address);
    assert.equal(services['publication-server']?.environment?.['DOWNLOAD_ORIGINS'], address);
  });

  it('leaves the store out where there is another one', async () => {
    const variables = `${given}S3_ENDPOINT=https://s3.example.org\n`;
    const { services } = await parser.read([main, 'catena/docker/other-store.yml'], variables);
    assert.ok(!('store' in services));
    assert.equal(services['archiver']?.environment?.['S3_ENDPOINT'], 'https://s3.example.org');
    assert.equal(services['publication-server']?.environment?.['DOWNLOAD_ORIGINS'], 'https://s3.example.org');
    // A network that is not internal leads there, and the others stay.
    for (const [name, others] of [
      ['archiver', ['back', 'monitoring']],
      ['job-assembler', ['back', 'monitoring']],
      ['preparation', ['back']],
    ] as const)
      assert.deepEqual(Object.keys(services[name]?.networks ?? {}).sort(), [...others, 'outside'], name);
  });

  it('takes Catena beside a SciCat that stays, with services of its own or of others', async () => {
    const [, written = ''] = /cat > beside-scicat\.env << 'END'\n([^]*?)\n *END/.exec(
      textOf('docs/beside-scicat.md'),
    )!;
    const variables = written.replace(/^ +/gm, '');
    const beside = 'catena/docker/beside-scicat.yml';
    const whole = await parser.read([beside], variables);
    assert.deepEqual(Object.keys(whole.services).sort(), [
      ...['catena-archiver', 'catena-job-assembler', 'catena-mongo', 'catena-rabbitmq', 'catena-store'],
      'scicat-bridge',
    ]);
    const { environment = {} } = whole.services['scicat-bridge']!;
    assert.match(environment['RABBITMQ_URL'] ?? '', /^amqp:\/\/catena:another-[a-z-]+@catena-rabbitmq:5672$/);
    assert.match(
      environment['MONGODB_URI'] ?? '',
      /@catena-mongo:27017\/catena-scicat-bridge\?authSource=admin$/,
    );
    assert.equal(environment['SCICAT_FEED_URL'], '');
    const yours =
      'COMPOSE_PROFILES=\nCATENA_RABBITMQ_URL=amqp://a:b@broker\nCATENA_MONGODB=mongodb://a:b@db\n';
    const others = await parser.read([beside], `${variables}\n${yours}`);
    assert.deepEqual(Object.keys(others.services).sort(), [
      ...['catena-archiver', 'catena-job-assembler', 'scicat-bridge'],
    ]);
    const archiver = others.services['catena-archiver']?.environment ?? {};
    assert.equal(archiver['RABBITMQ_URL'], 'amqp://a:b@broker');
    assert.equal(archiver['MONGODB_URI'], 'mongodb://a:b@db/catena-archiver?authSource=admin');
    await assert.rejects(parser.read([beside], ''), /in the env file/);
  });

  it('takes the fragment for scicatlive over a backend that another file brings', async () => {
    // In the shape of scicatlive: the top file includes the services.
    parser.write('scicatlive/compose.yaml', 'include:\n  - services/backend.yaml\n');
    parser.write(
      'scicatlive/services/backend.yaml',
      `services:
  mongodb: { image: 'mongo:8.0' }
  backend:
    image: scicat:4
    depends_on: { mongodb: { condition: service_started } }
    environment: { MONGODB_URI: 'mongodb://mongodb:27017/dacat-next', JWT_SECRET: secret }
    entrypoint: [loop_entrypoints.sh, docker-entrypoint.sh]
    command: node dist/main
    healthcheck: { test: wget --spider http://127.0.0.1:3000 }
`,
    );
    const { services } = await parser.read(
      ['scicatlive/compose.yaml', 'catena/docker/scicatlive.yml'],
      'CATENA_PATH=/srv/catena\n',
    );
    const backend = services['backend'];
    assert.match(backend?.image ?? '', /^catena:/);
    assert.equal(backend?.environment?.['MONGODB_URI'], 'mongodb://mongodb:27017/dacat-next');
    assert.deepEqual(Object.keys(backend?.depends_on ?? {}).sort(), [
      ...['catena-rabbitmq', 'catena-store', 'mongodb'],
    ]);
    assert.ok('catena-archiver' in services && 'catena-job-assembler' in services);
  });
});
