import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { badFilters, createDataset, createSample, forbidden, unauthenticated } from './support/records.js';
import { ScicatApp, type AccountName } from './support/scicat-app.js';

type Fields = Record<string, unknown>;
const path = '/api/v3/samples';

describe('Samples v3 (contract §1.11)', () => {
  let app: ScicatApp;
  before(async () => {
    app = await ScicatApp.start();
    await createSample(app.as('user1'), {
      sampleId: 'own',
      sampleCharacteristics: {
        'length.x': { value: 5, unit: 'mm' },
        colour: { value: 'blue' },
        deep: { inner: { v: 3, u: 'keV' } },
        nothing: null,
      },
    });
    await createSample(app.as('admin'), {
      sampleId: 'shared',
      ownerGroup: 'group2',
      accessGroups: ['group1'],
    });
    await createSample(app.as('user2'), {
      sampleId: 'foreign',
      ownerGroup: 'group2',
      description: 'secret potion',
      sampleCharacteristics: { hiddenKey: { value: 1, unit: 's' } },
    });
    await createSample(app.as('user2'), { sampleId: 'public', ownerGroup: 'group2', isPublished: true });
  });
  after(() => app.stop());

  const ids = (rows: Fields[]): unknown[] => rows.map((row) => row['sampleId']).sort();

  it('creates a sample with its defaults and a UUID where none is given', async () => {
    const body = await createSample(app.as('user1'));
    assert.match(String(body['sampleId']), /^[0-9a-f-]{36}$/);
    assert.deepEqual(
      [body['id'], body['isPublished'], body['accessGroups'], body['sampleCharacteristics'], body['__v']],
      [body['sampleId'], false, [], {}, 0],
    );
  });

  it('stores encoded keys with SI values, and answers decoded keys', async () => {
    const { body } = await app.as('user1').get(`${path}/own`);
    const characteristics = body['sampleCharacteristics'] as Record<string, Fields>;
    assert.deepEqual(characteristics['length.x'], { value: 5, unit: 'mm', valueSI: 0.005, unitSI: 'm' });
    assert.equal(characteristics['deep']?.['inner'] !== undefined, true);
    const stored = await app.collection('Sample').findOne({ _id: 'own' });
    assert.ok('length%2Ex' in (stored?.['sampleCharacteristics'] as Fields));
  });

  it('is created for the own group, by SAMPLE_PRIVILEGED_GROUPS and admins for any', async () => {
    const create = async (account: AccountName, ownerGroup: string) =>
      (await app.as(account).post(path, { ownerGroup, sampleName: 's' })).status;
    assert.equal(await create('user1', 'group1'), 201);
    assert.equal(await create('user1', 'group2'), 403);
    assert.equal(await create('sampleIngestor', 'group2'), 201);
    assert.equal(await create('admin', 'group2'), 201);
    assert.equal((await app.as('user1').post(path, { sampleName: 's' })).status, 400);
    assert.equal(
      (await app.as('user1').post(path, { ownerGroup: 'group2', x: 1 })).status,
      400,
      'body first',
    );
  });

  it('answers a taken id with 409', async () => {
    const { status, body } = await app.as('user1').post(path, { ownerGroup: 'group1', sampleId: 'own' });
    assert.deepEqual([status, body['statusCode']], [409, 409]);
  });

  it('answers anonymous callers 401 where other resources answer 403', async () => {
    const nobody = app.anonymous;
    for (const answer of [
      await nobody.post(path, {}),
      await nobody.get(`${path}/count`),
      await nobody.get(`${path}/fullquery`),
      await nobody.get(`${path}/metadataKeys`),
      await nobody.get(`${path}/findOne`),
      await nobody.patch(`${path}/own`, {}),
      await nobody.post(`${path}/own/attachments`, {}),
      await nobody.delete(`${path}/own/attachments/x`),
      await nobody.get(`${path}/own/attachments/x`),
      await nobody.get(`${path}/own/datasets`),
    ])
      assert.deepEqual([answer.status, answer.body], [401, unauthenticated]);
    assert.deepEqual((await nobody.delete(`${path}/own`)).body, forbidden);
    assert.deepEqual(ids((await nobody.get<Fields[]>(path)).body), ['public']);
    assert.equal((await nobody.get(`${path}/public`)).status, 200);
    assert.equal((await nobody.get(`${path}/own`)).status, 403);
    assert.deepEqual((await nobody.get(`${path}/public/authorization`)).body, { canAccess: true });
  });

  it('one is read by its groups, anybody when public, and admins', async () => {
    for (const [account, expected] of [
      ['user1', [200, 200, 403, 200, 404]],
      ['user2', [403, 200, 200, 200, 404]],
      ['admin', [200, 200, 200, 200, 404]],
    ] as const) {
      const statuses = [];
      for (const id of ['own', 'shared', 'foreign', 'public', 'none'])
        statuses.push((await app.as(account).get(`${path}/${id}`)).status);
      assert.deepEqual(statuses, expected, account);
      const { body } = await app.as(account).get(`${path}/foreign/authorization`);
      assert.deepEqual(body, { canAccess: expected[2] === 200 });
    }
  });

  it('full queries leave out published samples of others unless asked for', async () => {
    const fields = { sampleId: ['own', 'shared', 'foreign', 'public'] };
    const user = app.as('user1');
    assert.deepEqual(ids((await user.get<Fields[]>(`${path}/fullquery`, { fields })).body), [
      'own',
      'shared',
    ]);
    assert.deepEqual((await user.get(`${path}/count`, { fields })).body, { count: 2 });
    const published = { ...fields, isPublished: true };
    assert.deepEqual(ids((await user.get<Fields[]>(`${path}/fullquery`, { fields: published })).body), [
      'public',
    ]);
    const where = { sampleId: { inq: fields.sampleId } };
    assert.deepEqual(
      ids((await user.get<Fields[]>(path, { filter: { where } })).body),
      ['own', 'public', 'shared'],
      'K3: the list shows what the caller may read',
    );
    assert.deepEqual((await user.get(`${path}/count`, { filter: { where } })).body, { count: 3 });
    assert.deepEqual((await user.get(`${path}/count`, { filter: where })).body, { count: 3 }, 'K12');
    const both = { fields, filter: where };
    assert.deepEqual((await user.get(`${path}/count`, both)).body, { count: 2 });
    assert.equal((await app.as('admin').get<Fields[]>(path, { filter: { where } })).body.length, 4);
  });

  it('searches characteristics with units, and whole words of all fields', async () => {
    const find = async (fields: Fields) =>
      ids((await app.as('user1').get<Fields[]>(`${path}/fullquery`, { fields })).body);
    const condition = (relation: string, rhs: unknown, unit = 'cm') => ({
      characteristics: [{ lhs: 'length.x', relation, rhs, unit }],
    });
    assert.deepEqual(await find(condition('GREATER_THAN', 0.4)), ['own'], 'a dot in the name');
    assert.deepEqual(await find(condition('GREATER_THAN', 0.6)), []);
    assert.deepEqual(await find(condition('RANGE', [0.4, 0.6])), ['own']);
    const inner = { lhs: 'deep.inner', relation: 'LESS_THAN', rhs: 4000, unit: 'eV' };
    assert.deepEqual(await find({ characteristics: [inner] }), ['own'], 'a dot that leads inside');
    assert.deepEqual(
      await find({
        characteristics: [{ lhs: 'colour', relation: 'EQUAL_TO_STRING', rhs: 'blue', unit: '' }],
      }),
      ['own'],
    );
    assert.deepEqual(await find({ text: 'potion' }), [], 'not of others');
    assert.deepEqual(
      ids((await app.as('user2').get<Fields[]>(`${path}/fullquery`, { fields: { text: 'potion' } })).body),
      ['foreign'],
    );
  });

  it('F4: metadataKeys names dotted paths of samples the caller may see, no others', async () => {
    const keys = async (account: AccountName, fields: Fields = {}) =>
      (await app.as(account).get<string[]>(`${path}/metadataKeys`, { fields })).body;
    assert.deepEqual((await keys('user1')).sort(), ['colour.value', 'deep.inner', 'length.x', 'nothing']);
    assert.deepEqual(await keys('user1', { metadataKey: 'INNER' }), ['deep.inner']);
    assert.ok((await keys('admin')).includes('hiddenKey'));
  });

  it('F4: findOne checks access, and answers nothing with an empty body', async () => {
    const find = (account: AccountName, where: Fields, include: string[] = []) =>
      app.as(account).get(`${path}/findOne`, { filter: { where, include } });
    assert.equal((await find('user1', { sampleId: 'own' })).body['sampleId'], 'own');
    const hidden = await find('user1', { sampleId: 'foreign' });
    assert.deepEqual([hidden.status, hidden.text, hidden.headers.get('content-type')], [200, '', null]);
    assert.equal((await find('user1', {}, ['nonsense'])).status, 400);
  });

  it('F4: mode narrows and never widens what a caller sees', async () => {
    const fields = { mode: { $or: [{ ownerGroup: 'group2' }] } };
    const { body } = await app.as('user1').get<Fields[]>(`${path}/fullquery`, { fields });
    assert.deepEqual(ids(body), ['shared']);
  });

  it('F1: its datasets are those that name it and that the caller may see, also in findOne', async () => {
    const own = await createDataset(app.as('user1'), { sampleId: 'own' });
    const foreign = await createDataset(app.as('user2'), { sampleId: 'own', ownerGroup: 'group2' });
    await createDataset(app.as('user1'), { sampleId: 'shared' });
    const pids = async (account: AccountName) =>
      (await app.as(account).get<Fields[]>(`${path}/own/datasets`)).body.map(({ pid }) => pid).sort();
    assert.deepEqual(await pids('user1'), [own]);
    assert.deepEqual(await pids('user2'), [foreign]);
    assert.deepEqual(await pids('admin'), [own, foreign].sort());
    const { body } = await app.as('user1').get(`${path}/findOne`, {
      filter: { where: { sampleId: 'own' }, include: [{ relation: 'datasets' }] },
    });
    assert.deepEqual(
      (body['datasets'] as Fields[]).map(({ pid }) => pid),
      [own],
    );
  });

  it('is changed by admins and its group: gate, body, record; 412 for a late change', async () => {
    assert.equal((await app.as('user2').patch(`${path}/own`, { nonsense: 1 })).status, 400);
    assert.equal((await app.as('user2').patch(`${path}/own`, { description: 'x' })).status, 403);
    assert.equal((await app.as('sampleIngestor').patch(`${path}/own`, { description: 'x' })).status, 403);
    assert.equal((await app.as('admin').patch(`${path}/none`, { description: 'x' })).status, 404);
    const { status, body } = await app.as('user1').patch(`${path}/own`, { description: 'new' });
    assert.deepEqual([status, body['description'], body['sampleName']], [200, 'new', 'a powder']);
    const late = { 'if-unmodified-since': new Date(Date.now() - 3_600_000).toISOString() };
    assert.equal((await app.as('user1').patch(`${path}/own`, { description: 'x' }, late)).status, 412);
  });

  it('F8: a change that does not speak of isPublished leaves it', async () => {
    const { body } = await app.as('user2').patch(`${path}/public`, { description: 'still public' });
    assert.equal(body['isPublished'], true);
  });

  it('F9: a null among the characteristics harms nothing', async () => {
    const { status, body } = await app
      .as('user1')
      .patch(`${path}/own`, { sampleCharacteristics: { nothing: null, list: [null], deep: { a: null } } });
    assert.equal(status, 200);
    assert.deepEqual(body['sampleCharacteristics'], { nothing: null, list: [null], deep: { a: null } });
    assert.equal((await app.as('user1').get(`${path}/own`)).status, 200, 'the process is still there');
  });

  it('F14: DELETE_GROUPS alone delete, and the answer is the sample', async () => {
    await createSample(app.as('user1'), { sampleId: 'gone', sampleCharacteristics: { k: 1 } });
    await app.as('user1').post(`${path}/gone/attachments`, { caption: 'c' });
    assert.equal((await app.as('admin').delete(`${path}/gone`)).status, 403);
    assert.equal((await app.as('user1').delete(`${path}/gone`)).status, 403);
    const { status, body } = await app.as('archiveManager').delete(`${path}/gone`);
    assert.deepEqual([status, body['sampleId']], [200, 'gone']);
    assert.deepEqual(
      Object.keys(body).filter((key) => key.startsWith('$')),
      [],
    );
    assert.equal((await app.as('archiveManager').delete(`${path}/gone`)).status, 404);
    assert.equal(await app.collection('Attachment').countDocuments({ 'relationships.targetId': 'gone' }), 0);
  });

  it('never answers 500 to bad input', async () => {
    const admin = app.as('admin');
    for (const text of badFilters)
      for (const [url, name] of [
        [path, 'filter'],
        [`${path}/count`, 'fields'],
        [`${path}/count`, 'filter'],
        [`${path}/fullquery`, 'fields'],
        [`${path}/fullquery`, 'limits'],
        [`${path}/metadataKeys`, 'fields'],
        [`${path}/findOne`, 'filter'],
      ] as const) {
        const { status } = await admin.get(url, { [name]: text });
        assert.ok(status < 500, `${url}?${name}=${text.slice(0, 80)}: ${status}`);
      }
    for (const body of [
      '{',
      '[]',
      'null',
      '{"sampleCharacteristics":[]}',
      '{"sampleCharacteristics":{"":{"":1}}}',
    ])
      for (const answer of [await admin.post(path, body), await admin.patch(`${path}/own`, body)])
        assert.ok(answer.status < 500, `${body}: ${answer.status}`);
  });
});

describe('Samples v3 where SAMPLE_GROUPS names groups', () => {
  let app: ScicatApp;
  before(async () => {
    app = await ScicatApp.start({ SAMPLE_GROUPS: 'group1' });
  });
  after(() => app.stop());

  it('are written by members only, refused before the body is looked at', async () => {
    const body = { ownerGroup: 'group2', nonsense: 1 };
    assert.deepEqual((await app.as('user2').post(path, body)).body, forbidden);
    assert.deepEqual((await app.as('user2').patch(`${path}/any`, body)).body, forbidden);
    assert.deepEqual((await app.as('user2').post(`${path}/any/attachments`, body)).body, forbidden);
    await createSample(app.as('user1'), { sampleId: 'mine' });
    assert.equal((await app.as('user1').patch(`${path}/mine`, { description: 'x' })).status, 200);
  });
});
