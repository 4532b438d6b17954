import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { pathOf, rawDataset, v4Dataset } from './support/datasets.js';
import { ScicatApp, type AccountName } from './support/scicat-app.js';

type Fields = Record<string, unknown>;

/** Contract sections 1.3, 2.1 and 2.2: how datasets of v3 change. */
describe('Changes of v3 datasets', () => {
  let app: ScicatApp;

  before(async () => {
    app = await ScicatApp.start({ TRACKABLES: 'Dataset' });
  });
  after(() => app.stop());

  const create = async (account: AccountName, more: Fields = {}, of = rawDataset): Promise<Fields> => {
    const { status, body } = await app.as(account).post('/api/v3/datasets', of(more));
    assert.equal(status, 201, JSON.stringify(body));
    return body;
  };

  it('replaces top-level fields, keeps a lifecycle’s other fields, stores null', async () => {
    const { pid } = await create('user1', { description: 'before', comment: 'c' });
    const { status, body } = await app.as('user1').patch(pathOf(String(pid)), {
      description: null,
      datasetlifecycle: { archivable: false },
    });
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual([body['description'], body['comment']], [null, 'c']);
    const lifecycle = body['datasetlifecycle'] as Fields;
    assert.deepEqual([lifecycle['archivable'], lifecycle['isOnCentralDisk']], [false, true]);
  });

  it('F7: changing a dataset does not reset its totals', async () => {
    const { pid } = await create('user1', { type: 'simulation', size: 5, numberOfFiles: 2 }, v4Dataset);
    const { body } = await app.as('user1').patch(pathOf(String(pid)), { comment: 'x' });
    assert.deepEqual([body['size'], body['numberOfFiles']], [5, 2]);
  });

  it('F19: nobody gives a dataset to a group he does not belong to', async () => {
    const { pid } = await create('user1');
    assert.equal((await app.as('user1').patch(pathOf(String(pid)), { ownerGroup: 'group2' })).status, 403);
    assert.equal((await app.as('admin').patch(pathOf(String(pid)), { ownerGroup: 'group2' })).status, 200);
  });

  it('PUT replaces what a client can set; type, version, classification, totals and archive state stay', async () => {
    const { pid } = await create('user1', { comment: 'gone after', keywords: ['k'], size: 9 });
    const { type: _t, ...replacement } = rawDataset({ description: 'new' });
    const { status, body } = await app.as('user1').put(pathOf(String(pid)), replacement);
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual(
      [body['type'], body['version'], body['classification'], body['size'], body['description']],
      ['raw', '3', 'IN=medium,AV=low,CO=low', 9, 'new'],
    );
    assert.deepEqual([body['comment'], body['keywords']], [undefined, []]);
  });

  it('honours If-Unmodified-Since and If-Match', async () => {
    const { pid, updatedAt } = await create('user1');
    const path = pathOf(String(pid));
    const seen = { 'if-unmodified-since': String(updatedAt) };
    // As the client saw it: nothing came between. After that change the same date is too old.
    assert.equal((await app.as('user1').patch(path, { comment: 'a' }, seen)).status, 200);
    assert.equal((await app.as('user1').patch(path, { comment: 'x' }, seen)).status, 412);
    const late = { 'if-unmodified-since': new Date(Date.now() + 60_000).toISOString() };
    assert.equal((await app.as('user1').patch(path, { comment: 'b' }, late)).status, 200);
    assert.equal(
      (await app.as('user1').patch(path, { comment: 'c' }, { 'if-match': '"nonsense"' })).status,
      412,
    );
  });

  it('F16: parallel changes of one dataset all count, none is lost', async () => {
    const { pid } = await create('user1');
    const names = Array.from({ length: 12 }, (_, index) => `k${index}`);
    const answers = await Promise.all(
      names.map((name) =>
        app
          .as('user1')
          .post(`${pathOf(String(pid))}/appendToArrayField?fieldName=keywords&data=${name}`, undefined),
      ),
    );
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [201]);
    const { body } = await app.as('user1').get(pathOf(String(pid)));
    assert.deepEqual([...(body['keywords'] as string[])].sort(), [...names].sort());
  });

  it('appends e-mails as the web frontend shares: repeated `data`, one of them a list', async () => {
    const { pid } = await create('user1');
    const append = (query: string) =>
      app
        .as('user1')
        .post(`${pathOf(String(pid))}/appendToArrayField?fieldName=sharedWith&${query}`, undefined);
    assert.deepEqual((await append('data=a@x.org')).body['sharedWith'], ['a@x.org']);
    assert.deepEqual((await append('data=a@x.org&data=b@x.org')).body['sharedWith'], ['a@x.org', 'b@x.org']);
    assert.equal((await append('data=["c@x.org"]')).status, 201);
    assert.equal(
      (
        await app
          .as('user1')
          .post(`${pathOf(String(pid))}/appendToArrayField?fieldName=pid&data=x`, undefined)
      ).status,
      400,
    );
  });

  it('F18: the history shows creation-time PATCH and PUT alike, oldest first', async () => {
    const { pid } = await create('user1', { comment: 'one' });
    const path = pathOf(String(pid));
    await app.as('user1').patch(path, { comment: 'two' });
    await app.as('user1').patch(`${path}/datasetlifecycle`, { publishable: true });
    const { type: _t, ...replacement } = rawDataset({ comment: 'three' });
    await app.as('user1').put(path, replacement);
    const { body } = await app.as('user1').get(path);
    const history = body['history'] as Fields[];
    assert.equal(history.length, 3);
    assert.deepEqual(history[0]!['comment'], { previousValue: 'one', currentValue: 'two' });
    const lifecycle = history[1]!['datasetlifecycle'] as { previousValue: Fields; currentValue: Fields };
    assert.deepEqual(
      [
        lifecycle.previousValue['publishable'],
        lifecycle.currentValue['publishable'],
        lifecycle.currentValue['archivable'],
      ],
      [false, true, true],
    );
    assert.equal((history[2]!['comment'] as Fields)['currentValue'], 'three');
    assert.equal(history[0]!['updatedBy'], 'user1');
    const operations = await app.collection('History').distinct('operation', { documentId: String(pid) });
    assert.deepEqual(operations.sort(), ['create', 'update']);
  });

  it('merges a lifecycle for A, L and owners, refuses an empty one', async () => {
    const { pid } = await create('user1');
    const path = `${pathOf(String(pid))}/datasetlifecycle`;
    for (const [account, expected] of [
      ['admin', 200],
      ['archiveManager', 200],
      ['user1', 200],
      ['user2', 403],
    ] as const)
      assert.equal((await app.as(account).patch(path, { retrievable: true })).status, expected, account);
    const empty = await app.as('user1').patch(path, {});
    assert.deepEqual([empty.status, empty.body['message']], [400, 'dataset lifecycle DTO must not be empty']);
    const missing = await app
      .as('admin')
      .patch(`${pathOf('20.500.12345/none')}/datasetlifecycle`, { retrievable: true });
    assert.deepEqual(
      [missing.status, missing.body['message']],
      [404, 'dataset with pid 20.500.12345/none not found'],
    );
  });

  it('F17: deleting belongs to the delete groups alone and leaves no orphans', async () => {
    const { pid } = await create('user1');
    const path = pathOf(String(pid));
    await app.as('user1').post(`${path}/origdatablocks`, {
      size: 1,
      dataFileList: [{ path: 'a', size: 1, time: '2020-01-01T00:00:00Z' }],
    });
    await app
      .collection('Attachment')
      .insertOne({ _id: `a-${Math.random()}`, relationships: [{ targetId: pid, targetType: 'dataset' }] });
    assert.equal((await app.as('admin').delete(path)).status, 403);
    assert.equal((await app.as('archiveManager').delete(path)).status, 200);
    for (const [collection, condition] of [
      ['Dataset', { _id: String(pid) }],
      ['OrigDatablock', { datasetId: pid }],
      ['Attachment', { 'relationships.targetId': pid }],
    ] as const)
      assert.equal(await app.collection(collection).countDocuments(condition), 0, collection);
    assert.equal((await app.as('archiveManager').delete(path)).status, 404);
  });

  it('F12: schemas are fetched from allowed hosts only; any other makes the metadata not valid, never an error', async () => {
    const dataset = await create('user1', {
      scientificMetadata: { a: 1 },
      scientificMetadataSchema: 'http://169.254.169.254/latest',
    });
    assert.equal(dataset['scientificMetadataValid'], false);
  });

  it('F9: a null among the metadata harms nobody', async () => {
    const dataset = await create('user1', {
      scientificMetadata: { nothing: null, pair: { value: null, unit: null } },
    });
    assert.equal((dataset['scientificMetadata'] as Fields)['nothing'], null);
    assert.equal((await app.anonymous.get('/api/v3/health/live')).status, 200);
  });
});
