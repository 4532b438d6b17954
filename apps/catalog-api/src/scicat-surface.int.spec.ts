import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import request from 'supertest';
import { newId } from '#kernel';
import { MongoConnection } from '#persistence';
import { catalogApiConfigFrom } from './catalog-api.config.js';
import { createCatalogApi } from './create-catalog-api.js';

/** The rows of SciCat's contract that this cut serves, seen over HTTP on a real database. */
describe("SciCat's REST surface", () => {
  let app: NestFastifyApplication;
  let folder: string;
  let token: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'catena-surface-'));
    const accounts = [
      { username: 'ada', email: 'ada@example.org', password: 'secret', role: 'group-a', global: false },
      { username: 'root', email: 'root@example.org', password: 'secret', role: ['admin', 'deleters'] },
    ];
    await writeFile(join(folder, 'accounts.json'), JSON.stringify(accounts));
    const uri = new URL(
      process.env['MONGODB_URI'] ?? assert.fail('MONGODB_URI must name a database server: run `npm test`.'),
    );
    uri.pathname = `/surface-${newId().slice(0, 8)}`;
    const config = catalogApiConfigFrom({
      ...process.env,
      MONGODB_URI: uri.toString(),
      CATENA_PREFIX: `surface-${newId().slice(0, 8)}`,
      JWT_SECRET: 'a secret of the test',
      FUNCTIONAL_ACCOUNTS_FILE: join(folder, 'accounts.json'),
      PID_PREFIX: '20.500.12345/',
      ADMIN_GROUPS: 'admin',
      DELETE_GROUPS: 'deleters',
      LOG_LEVEL: 'silent',
    });
    app = await createCatalogApi(config);
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
    for (let attempt = 0; token === undefined && attempt < 1200; attempt += 1) {
      const { body } = await call().post('/api/v3/auth/login').send({ username: 'root', password: 'secret' });
      if (typeof (body as { access_token?: string }).access_token === 'string') token = await login('ada');
      else await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });
  after(async () => {
    await app.get(MongoConnection).connection.dropDatabase();
    await app.close();
    await rm(folder, { recursive: true });
  });

  const call = () => request(app.getHttpServer());
  const login = async (username: string): Promise<string> => {
    const { body, status } = await call().post('/api/v3/auth/Login').send({ username, password: 'secret' });
    assert.equal(status, 201);
    return (body as { access_token: string }).access_token;
  };
  const bearer = (value = token): Record<string, string> => ({ authorization: `Bearer ${value}` });
  const raw = {
    type: 'raw',
    owner: 'Ada',
    ownerGroup: 'group-a',
    contactEmail: 'a@b.ch;c@d.ch',
    principalInvestigator: 'Ada',
    creationLocation: '/x',
    creationTime: '2020-01-02T03:04:05.000Z',
    sourceFolder: '/data/run/7/',
  };
  const create = async (more: object = {}): Promise<Record<string, unknown>> => {
    const { status, body } = await call()
      .post('/api/v3/Datasets/')
      .set(bearer())
      .send({ ...raw, ...more });
    assert.equal(status, 201, JSON.stringify(body));
    return body as Record<string, unknown>;
  };
  const pathOf = (dataset: Record<string, unknown>, version = 'v3'): string =>
    `/api/${version}/datasets/${encodeURIComponent(String(dataset['pid']))}`;

  it('answers a sign-in with everything clients read', async () => {
    const { body } = await call().post('/api/v3/auth/login').send({ username: 'ada', password: 'secret' });
    const answer = body as Record<string, unknown>;
    assert.deepEqual(Object.keys(answer).sort(), [
      'access_token',
      'created',
      'expires_in',
      'id',
      'ttl',
      'user',
      'userId',
    ]);
    assert.equal(answer['id'], answer['access_token']);
    assert.deepEqual([answer['ttl'], answer['expires_in']], [3600, 3600]);
    assert.equal((answer['user'] as { password?: string }).password, undefined);
  });

  it('answers nothing with an empty body, never with null', async () => {
    for (const path of [
      '/api/v3/auth/whoami',
      '/api/v3/datasets/findOne?filter={"where":{"owner":"nobody"}}',
    ]) {
      const { status, text, headers } = await call().get(path);
      assert.deepEqual([status, text, headers['content-type']], [200, '', undefined], path);
    }
  });

  it('takes the token from the query, with and without the word Bearer', async () => {
    for (const value of [`Bearer ${token}`, token]) {
      const { body } = await call().get('/api/v3/auth/whoami').query({ access_token: value });
      assert.equal((body as { username: string }).username, 'ada');
    }
  });

  it('signs out with 200, and refuses to do so for nobody with a bare text', async () => {
    const own = bearer(await login('ada'));
    assert.deepEqual((await call().post('/api/v3/auth/logout').set(own)).body, { logout: 'successful' });
    const { status, text } = await call().post('/api/v3/auth/logout');
    assert.deepEqual([status, text], [401, '"Not logged in"']);
  });

  it('creates a raw dataset as v3 clients expect it', async () => {
    const dataset = await create({ scientificMetadata: { 'a.b': { value: 1 } } });
    assert.match(String(dataset['pid']), /^20\.500\.12345\/[0-9a-f-]{36}$/);
    assert.equal(dataset['datasetName'], 'run/7');
    assert.equal(dataset['sourceFolder'], '/data/run/7');
    assert.equal(dataset['principalInvestigator'], 'Ada');
    assert.equal(dataset['proposalId'], null);
    assert.deepEqual(dataset['scientificMetadata'], { 'a.b': { value: 1 } });
    assert.match(String(dataset['classification']), /^IN=medium,AV=low,CO=low$/);
    assert.deepEqual(
      [dataset['size'], dataset['numberOfFiles'], dataset['version'], dataset['__v']],
      [0, 0, '3', 0],
    );
    const { body } = await call().get(pathOf(dataset, 'v4')).set(bearer());
    assert.deepEqual(
      (body as Record<string, unknown>)['scientificMetadata'],
      { 'a%2Eb': { value: 1 } },
      'v4 shows stored keys',
    );
  });

  it('answers validation errors in the two shapes of v3 datasets and the rest', async () => {
    const v3 = await call()
      .post('/api/v3/datasets')
      .set(bearer())
      .send({ ...raw, owner: 5 });
    assert.equal(v3.status, 400);
    const { status, message } = v3.body as { status: number; message: string };
    assert.equal(status, 400);
    assert.equal((JSON.parse(message) as { property: string }[])[0]?.property, 'owner');
    const v4 = await call().post('/api/v4/datasets').set(bearer()).send({});
    assert.deepEqual(
      [
        v4.status,
        (v4.body as { error: string }).error,
        Array.isArray((v4.body as { message: unknown }).message),
      ],
      [400, 'Bad Request', true],
    );
  });

  it('refuses at the gate before it looks at the body', async () => {
    const { status, body } = await call().post('/api/v4/datasets').send({});
    assert.deepEqual(
      [status, body],
      [403, { message: 'Forbidden resource', error: 'Forbidden', statusCode: 403 }],
    );
  });

  it('says what it does not find with the texts of the contract', async () => {
    assert.deepEqual((await call().get('/api/v3/datasets/no%2Fsuch').set(bearer())).body, {
      message: 'dataset: no/such not found',
      error: 'Not Found',
      statusCode: 404,
    });
    assert.equal(
      ((await call().get('/api/v4/datasets/no%2Fsuch').set(bearer())).body as { message: string }).message,
      'dataset: null not found',
    );
    assert.equal((await call().get('/api/v4/datasets/x')).status, 403);
    assert.deepEqual((await call().get('/api/v3/nowhere')).body, {
      message: 'Cannot GET /api/v3/nowhere',
      error: 'Not Found',
      statusCode: 404,
    });
    assert.equal((await call().get('/api/v4/auth/whoami')).status, 404);
  });

  it('refuses a filter in the query and in the header at once', async () => {
    const { status, body } = await call()
      .get('/api/v3/datasets')
      .query({ filter: '{}' })
      .set({ ...bearer(), filter: '{}' });
    assert.deepEqual([status, (body as { status: number }).status], [400, 400]);
    assert.equal(
      (
        await call()
          .get('/api/v3/datasets')
          .set({ ...bearer(), filter: '{"limits":{"limit":1}}' })
      ).status,
      200,
    );
  });

  it('understands LoopBack filters: operators, dotted fields, fields, order, dates', async () => {
    const dataset = await create({ keywords: ['rare'], creationTime: '2031-05-05T00:00:00.000Z' });
    const find = async (filter: object): Promise<Record<string, unknown>[]> =>
      (
        await call()
          .get('/api/v3/datasets')
          .query({ filter: JSON.stringify(filter) })
          .set(bearer())
      ).body as Record<string, unknown>[];
    const pids = async (where: object): Promise<unknown[]> => (await find({ where })).map(({ pid }) => pid);
    assert.deepEqual(await pids({ pid: { inq: [dataset['pid']] } }), [dataset['pid']]);
    assert.deepEqual(await pids({ and: [{ keywords: 'rare' }, { 'datasetlifecycle.archivable': true }] }), [
      dataset['pid'],
    ]);
    assert.deepEqual(await pids({ creationTime: { gte: '2031-01-01' } }), [dataset['pid']]);
    assert.deepEqual(await pids({ sourceFolder: { ilike: '/DATA/RUN' }, keywords: 'rare' }), [
      dataset['pid'],
    ]);
    assert.deepEqual(
      Object.keys((await find({ where: { keywords: 'rare' }, fields: { pid: 1 } }))[0] ?? {}).sort(),
      ['_id', 'pid'],
    );
    const [first] = await find({ limits: { limit: 1, order: 'creationTime:desc' } });
    assert.equal(first?.['pid'], dataset['pid']);
    assert.deepEqual(
      (
        await call()
          .get('/api/v3/datasets/count')
          .query({ filter: '{"where":{"keywords":"rare"}}' })
          .set(bearer())
      ).body,
      { count: 1 },
    );
  });

  it('checks names in a v4 filter and casts nothing', async () => {
    const refused = await call()
      .get('/api/v4/datasets')
      .query({ filter: '{"where":{"nonsense":1}}' })
      .set(bearer());
    assert.deepEqual(
      [refused.status, (refused.body as { message: string }).message],
      [400, 'Property where.nonsense should not exist in the filter object'],
    );
    const byDate = await call()
      .get('/api/v4/datasets')
      .query({ filter: '{"where":{"creationTime":{"$gte":"1999-01-01"}}}' })
      .set(bearer());
    assert.deepEqual(byDate.body, []);
  });

  it('merges a merge-patch, replaces by a patch, and keeps what was not sent', async () => {
    const dataset = await create({ scientificMetadata: { a: 1, b: { c: 2 } } });
    const merged = await call()
      .patch(pathOf(dataset, 'v4'))
      .set(bearer())
      .set('content-type', 'application/merge-patch+json')
      .send('{"scientificMetadata":{"b":{"d":3},"a":null},"comment":null}');
    assert.equal(merged.status, 200, merged.text);
    assert.deepEqual((merged.body as Record<string, unknown>)['scientificMetadata'], { b: { c: 2, d: 3 } });
    const patched = await call()
      .patch(pathOf(dataset))
      .set(bearer())
      .send({ datasetlifecycle: { archiveStatusMessage: 'started', archivable: false } });
    const lifecycle = (patched.body as { datasetlifecycle: Record<string, unknown> }).datasetlifecycle;
    assert.deepEqual(
      [lifecycle['archivable'], lifecycle['isOnCentralDisk'], lifecycle['archiveStatusMessage']],
      [false, true, 'started'],
    );
    const late = await call()
      .patch(pathOf(dataset))
      .set(bearer())
      .set('if-unmodified-since', 'Wed, 21 Oct 2015 07:28:00 GMT')
      .send({ comment: 'x' });
    assert.equal(late.status, 412);
    assert.equal(
      (
        await call()
          .patch(`${pathOf(dataset)}/datasetlifecycle`)
          .set(bearer())
          .send({})
      ).status,
      400,
    );
  });

  it('counts files and bytes of blocks right when many are added at once', async () => {
    const dataset = await create();
    const file = { path: 'f', size: 10, time: '2020-01-01T00:00:00.000Z' };
    const adds = Array.from({ length: 20 }, (_, index) =>
      call()
        .post('/api/v3/origdatablocks')
        .set(bearer())
        .send({ datasetId: dataset['pid'], size: 10, dataFileList: [{ ...file, path: `f${index}` }] }),
    );
    for (const { status, text } of await Promise.all(adds)) assert.equal(status, 201, text);
    const { body } = await call().get(pathOf(dataset)).set(bearer());
    assert.deepEqual(
      [(body as Record<string, unknown>)['size'], (body as Record<string, unknown>)['numberOfFiles']],
      [200, 20],
    );
    assert.deepEqual(
      (
        await call()
          .get(`${pathOf(dataset)}/origdatablocks/count`)
          .set(bearer())
      ).body,
      { count: 20 },
    );
    const included = await call()
      .get(`${pathOf(dataset, 'v4')}?include=origdatablocks`)
      .set(bearer());
    assert.equal((included.body as { origdatablocks: unknown[] }).origdatablocks.length, 20);
  });

  it('lets only the delete groups delete, and leaves no orphans', async () => {
    const dataset = await create();
    await call()
      .post('/api/v3/origdatablocks')
      .set(bearer())
      .send({
        datasetId: dataset['pid'],
        size: 1,
        dataFileList: [{ path: 'f', size: 1, time: '2020-01-01T00:00:00.000Z' }],
      });
    assert.equal((await call().delete(pathOf(dataset)).set(bearer())).status, 403);
    const root = await login('root');
    assert.equal((await call().delete(pathOf(dataset)).set(bearer(root))).status, 200);
    const blocks = await call()
      .get('/api/v4/origdatablocks')
      .query({ filter: JSON.stringify({ where: { datasetId: dataset['pid'] } }) })
      .set(bearer(root));
    assert.deepEqual(blocks.body, []);
  });

  it('has no job types, and lets nobody create jobs, without a job configuration', async () => {
    assert.equal((await call().post('/api/v3/jobs').set(bearer()).send({ type: 'archive' })).status, 403);
  });

  it('answers every origin', async () => {
    const { headers } = await call().get('/api/v3/health/live').set('origin', 'https://scicat.example.org');
    assert.equal(headers['access-control-allow-origin'], '*');
  });
});
