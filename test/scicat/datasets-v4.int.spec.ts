import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { pathOf, rawDataset, v4Dataset } from './support/datasets.js';
import { ScicatApp, type AccountName } from './support/scicat-app.js';

type Fields = Record<string, unknown>;

/** Contract sections 1.4 and 1.17: datasets of v4 and their public twin. */
describe('Datasets of v4', () => {
  let app: ScicatApp;

  before(async () => {
    app = await ScicatApp.start({
      DATASET_CREATION_VALIDATION_ENABLED: 'true',
      DATASET_CREATION_VALIDATION_REGEX: '^20\\.500\\.12345/[\\w-]+$',
    });
  });
  after(() => app.stop());

  const create = async (account: AccountName, more: Fields = {}): Promise<Fields> => {
    const { status, body } = await app.as(account).post('/api/v4/datasets', v4Dataset(more));
    assert.equal(status, 201, JSON.stringify(body));
    return body;
  };
  const list = async (account: AccountName, filter: object): Promise<Fields[]> => {
    const { status, body } = await app.as(account).get<Fields[]>('/api/v4/datasets', { filter });
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  };

  it('creates with `id`, needs a name, and checks a pid before the permission', async () => {
    const dataset = await create('user1');
    assert.deepEqual([dataset['id'], dataset['version']], [dataset['pid'], '4']);
    const { datasetName: _n, ...nameless } = v4Dataset();
    const refused = await app.as('user1').post('/api/v4/datasets', nameless);
    assert.equal(refused.status, 400);
    assert.deepEqual(refused.body['error'], 'Bad Request');
    const badPid = await app.as('user1').post('/api/v4/datasets', v4Dataset({ pid: 'nonsense' }));
    assert.deepEqual(
      [badPid.status, badPid.body['message']],
      [400, 'PID is not following required standards'],
    );
    const v3 = await app.as('user1').post('/api/v3/datasets', rawDataset({ pid: 'nonsense' }));
    assert.equal(v3.status, 403, 'v3 asks for permission first');
    const isValid = await app.as('user1').post('/api/v4/datasets/isValid', { ownerGroup: 'group1' });
    assert.deepEqual([isValid.status, isValid.body], [200, { valid: false }]);
  });

  it('refuses anonymous callers everywhere but at the public twin', async () => {
    for (const path of ['', '/count', '/findOne', '/fullfacet', '/metadataKeys', '/x'])
      assert.equal((await app.anonymous.get(`/api/v4/datasets${path}`)).status, 403, path);
    for (const path of ['', '/count', '/findOne', '/fullfacet', '/metadataKeys', '/x'])
      assert.equal((await app.anonymous.get(`/api/v4/datasets/public${path}`)).status, 200, path);
  });

  it('lists ten, newest first, and casts nothing', async () => {
    const keywords = [`page-${Math.random()}`];
    for (let index = 0; index < 12; index += 1) await create('user1', { keywords, datasetName: `n${index}` });
    const page = await list('user1', { where: { keywords: keywords[0] } });
    assert.equal(page.length, 10);
    assert.equal(page[0]!['datasetName'], 'n11');
    const sorted = await list('user1', {
      where: { keywords: keywords[0] },
      limits: { limit: 2, skip: 1, sort: { createdAt: 'asc' } },
    });
    assert.deepEqual(
      sorted.map(({ datasetName }) => datasetName),
      ['n1', 'n2'],
    );
    assert.deepEqual(await list('user1', { where: { creationTime: { $gte: '2019-01-01T00:00:00Z' } } }), []);
    const narrowed = await list('user1', {
      where: { keywords: keywords[0] },
      fields: ['datasetName'],
      limits: { limit: 1 },
    });
    assert.deepEqual(Object.keys(narrowed[0]!).sort(), ['_id', 'datasetName']);
  });

  it('sends long lists as they are read, in every view', async () => {
    const keywords = [`long-${Math.random()}`];
    const one = await create('user1', { keywords });
    const { _id, pid, id: _id2, ...fields } = one;
    const copies = Array.from({ length: 2500 }, (_, index) => ({
      ...fields,
      _id: `${String(_id)}-${index}`,
      pid: `${String(pid)}-${index}`,
    }));
    await app.collection('Dataset').insertMany(copies);
    const where = { keywords: keywords[0] };
    const v4 = await app
      .as('user1')
      .get<Fields[]>('/api/v4/datasets', { filter: { where, limits: { limit: 5000 } } });
    const v3 = await app
      .as('user1')
      .get<Fields[]>('/api/v3/datasets', { filter: { where, limits: { limit: 2000 } } });
    const found = await app
      .as('user1')
      .get<Fields[]>('/api/v3/datasets/fullquery', { fields: where, limits: { limit: 5000 } });
    assert.deepEqual([v4.body.length, v3.body.length, found.body.length], [2501, 2000, 2501]);
    assert.match(v4.headers.get('content-type') ?? '', /^application\/json/);
    assert.equal(v3.body[0]!['version'], '4');
    const stranger = await app
      .as('user2')
      .get<Fields[]>('/api/v4/datasets', { filter: { where, limits: { limit: 5000 } } });
    assert.deepEqual(stranger.body, []);
    const refused = { where: { keywords: { $regex: '(' } }, limits: { limit: 5000 } };
    assert.equal((await app.as('user1').get('/api/v4/datasets', { filter: refused })).status, 400);
  });

  it('F13: knows its properties and operators, inside lists too', async () => {
    for (const where of [
      { nonsense: 1 },
      { $or: [{ $expr: { $eq: [1, 1] } }] },
      { $where: '1' },
      { $or: [{ nonsense: 1 }] },
    ]) {
      const { status } = await app.as('user1').get('/api/v4/datasets', { filter: { where } });
      assert.equal(status, 400, JSON.stringify(where));
    }
    const { body } = await app.as('user1').get('/api/v4/datasets', { filter: { where: { nonsense: 1 } } });
    assert.equal(body['message'], 'Property where.nonsense should not exist in the filter object');
    assert.equal(
      (
        await app
          .as('user1')
          .get('/api/v4/datasets', { filter: { where: { 'scientificMetadata.any.thing': 1 } } })
      ).status,
      200,
    );
  });

  it('does not count sharing by e-mail in single reads, answers unknown pids with the contract’s text', async () => {
    const { pid } = await create('admin', { ownerGroup: 'group2', sharedWith: [app.emailOf('user1')] });
    assert.equal((await app.as('user1').get(pathOf(String(pid), 'v4'))).status, 403);
    assert.equal((await list('user1', { where: { pid } })).length, 1);
    const missing = await app.as('user1').get(pathOf('20.500.12345/none', 'v4'));
    assert.deepEqual([missing.status, missing.body['message']], [404, 'dataset: null not found']);
  });

  it('answers encoded metadata keys, refuses half of a value and its unit', async () => {
    const { pid } = await create('user1', {
      scientificMetadata: {
        'a.b': 1,
        energy: { value: 1, unit: 'keV' },
        slit: { size: { value: [1, 2], unit: 'cm' } },
        'gap.x': { value: 'open', unit: '' },
      },
    });
    const path = pathOf(String(pid), 'v4');
    const { body } = await app.as('user1').get(path);
    const metadata = body['scientificMetadata'] as Record<string, Fields>;
    assert.ok('a%2Eb' in metadata);
    assert.equal(metadata['energy']!['unitSI'], '(kg m^2) / s^2');
    const slit = metadata['slit']!['size'] as Fields;
    assert.deepEqual([slit['valueSI'], slit['unitSI']], [[0.01, 0.02], 'm'], 'a range has SI values too');
    const half = await app.as('user1').patch(path, { scientificMetadata: { energy: { value: 2 } } });
    assert.deepEqual(
      [half.status, half.body['message']],
      [
        400,
        `Original dataset ${String(pid)} contains both value and unit in scientificMetadata.energy. Please provide both when updating.`,
      ],
    );
    for (const contentType of ['application/json', 'application/merge-patch+json'])
      for (const scientificMetadata of [
        { 'gap.x': { unit: 'mm' } },
        { slit: { size: { unit: 'mm' } } },
        { slit: { size: { value: [1] } } },
      ]) {
        const refused = await app
          .as('user1')
          .patch(path, { scientificMetadata }, { 'content-type': contentType });
        assert.equal(refused.status, 400, JSON.stringify(scientificMetadata));
      }
    const whole = await app
      .as('user1')
      .patch(path, { scientificMetadata: { energy: { value: 2, unit: 'eV' } } });
    assert.equal(whole.status, 200);
  });

  it('merges with exactly the merge-patch type; a top-level null leaves the field', async () => {
    const { pid } = await create('user1', { comment: 'c', scientificMetadata: { a: 1, b: { c: 2, d: 3 } } });
    const path = pathOf(String(pid), 'v4');
    const patch = { comment: null, scientificMetadata: { b: { c: null, e: 5 } } };
    const merged = await app
      .as('user1')
      .patch(path, patch, { 'content-type': 'application/merge-patch+json' });
    assert.equal(merged.status, 200, merged.text);
    assert.deepEqual(
      [merged.body['comment'], merged.body['scientificMetadata']],
      ['c', { a: 1, b: { d: 3, e: 5 } }],
    );
    const replaced = await app.as('user1').patch(path, { scientificMetadata: { z: 1 } });
    assert.deepEqual(replaced.body['scientificMetadata'], { z: 1 });
    const missing = await app.as('user1').patch(pathOf('20.500.12345/none', 'v4'), { comment: 'x' });
    assert.deepEqual([missing.status, missing.body['message']], [404, 'Dataset not found']);
  });

  it('PUT keeps what only the system knows', async () => {
    const { pid, createdAt } = await create('user1', { type: 'simulation', size: 3, comment: 'old' });
    const { type: _t, ...replacement } = v4Dataset({ datasetName: 'new' });
    const { status, body } = await app.as('user1').put(pathOf(String(pid), 'v4'), replacement);
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual(
      [body['type'], body['size'], body['comment'], body['datasetName'], body['createdAt'], body['version']],
      ['simulation', 3, undefined, 'new', createdAt, '4'],
    );
  });

  it('includes relations with their own rights, narrowed by a scope', async () => {
    const { pid } = await create('user1', { isPublished: true });
    const file = (path: string): Fields => ({ path, size: 1, time: '2020-01-01T00:00:00Z' });
    for (const path of ['a', 'b', 'c']) {
      const block = { datasetId: pid, size: 1, dataFileList: [file(path)] };
      assert.equal((await app.as('user1').post('/api/v4/origdatablocks', block)).status, 201);
    }
    const [found] = await list('user1', {
      where: { pid },
      include: [{ relation: 'origdatablocks', scope: { fields: ['size'], limits: { limit: 2 } } }],
    });
    const blocks = found!['origdatablocks'] as Fields[];
    assert.equal(blocks.length, 2);
    assert.ok(!('dataFileList' in blocks[0]!));
    const open = await app.anonymous.get(
      `/api/v4/datasets/public/${encodeURIComponent(String(pid))}?include=origdatablocks&include=proposals`,
    );
    assert.equal((open.body['origdatablocks'] as unknown[]).length, 3);
    assert.deepEqual(open.body['proposals'], []);
    assert.equal((await app.as('user1').get(`${pathOf(String(pid), 'v4')}?include=secrets`)).status, 400);
  });

  it('shows at the public twin what is published, to everyone the same', async () => {
    const mark = `public-${Math.random()}`;
    const open = await create('user1', { keywords: [mark], isPublished: true });
    const closed = await create('user1', { keywords: [mark] });
    const filter = { where: { keywords: mark } };
    for (const user of [app.anonymous, app.as('user1'), app.as('admin')]) {
      const { body } = await user.get<Fields[]>('/api/v4/datasets/public', { filter });
      assert.deepEqual(
        body.map(({ pid }) => pid),
        [open['pid']],
      );
      assert.deepEqual((await user.get('/api/v4/datasets/public/count', { filter })).body, { count: 1 });
      const one = await user.get(`/api/v4/datasets/public/${encodeURIComponent(String(closed['pid']))}`);
      assert.deepEqual([one.status, one.text], [200, '']);
    }
    const facets = await app.anonymous.get<Fields[]>('/api/v4/datasets/public/fullfacet', {
      fields: { keywords: [mark] },
      facets: ['type'],
    });
    assert.deepEqual(facets.body[0]!['all'], [{ totalSets: 1 }]);
  });
});
