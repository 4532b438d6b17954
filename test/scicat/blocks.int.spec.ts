import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { pathOf, rawDataset } from './support/datasets.js';
import { ScicatApp, type AccountName } from './support/scicat-app.js';

type Fields = Record<string, unknown>;

const file = (path: string, size = 10): Fields => ({ path, size, time: '2020-01-01T00:00:00.000Z' });
const orig = (paths: string[], size = 10): Fields => ({
  size: size * paths.length,
  dataFileList: paths.map((path) => file(path, size)),
});
const archived = (archiveId: string, paths: string[]): Fields => ({
  archiveId,
  size: 10 * paths.length,
  packedSize: 20,
  version: '1',
  dataFileList: paths.map((path) => file(path)),
});

/** Contract sections 1.3 (sub-resources), 1.5 and 1.6: file lists as ingested and as archived. */
describe('File lists', () => {
  let app: ScicatApp;
  let number = 0;

  before(async () => {
    app = await ScicatApp.start();
  });
  after(() => app.stop());

  const dataset = async (more: Fields = {}): Promise<string> => {
    const { status, body } = await app.as('admin').post('/api/v3/datasets', rawDataset(more));
    assert.equal(status, 201, JSON.stringify(body));
    return String(body['pid']);
  };
  const totals = async (pid: string): Promise<unknown[]> => {
    const { body } = await app.as('admin').get(pathOf(pid));
    return [body['size'], body['numberOfFiles'], body['packedSize'], body['numberOfFilesArchived']];
  };
  const archiveId = (): string => `archive-${(number += 1)}-${Math.random()}`;

  it('takes rights of the dataset, and keeps its totals by every write', async () => {
    const pid = await dataset({ accessGroups: ['group2'] });
    const path = `${pathOf(pid)}/origdatablocks`;
    const first = await app.as('user1').post(path, orig(['a', 'b']));
    assert.equal(first.status, 201, first.text);
    assert.deepEqual(
      [first.body['ownerGroup'], first.body['accessGroups'], first.body['datasetId']],
      ['group1', ['group2'], pid],
    );
    await app.as('user1').post('/api/v3/origdatablocks', { ...orig(['c']), datasetId: pid });
    await app.as('user1').post('/api/v4/origdatablocks', { ...orig(['d']), datasetId: pid });
    assert.deepEqual(await totals(pid), [40, 4, 0, 0]);
    const id = String(first.body['_id']);
    const nothing = { dataFileList: null, size: null, chkAlg: null };
    const unchanged = await app.as('user1').patch(`/api/v3/origdatablocks/${id}`, nothing);
    assert.equal(unchanged.status, 200, 'null says nothing about a field');
    assert.equal(typeof unchanged.body['size'], 'number');
    assert.ok(Array.isArray(unchanged.body['dataFileList']));
    const changed = await app.as('user1').patch(`${path}/${id}`, orig(['a'], 7));
    assert.equal(changed.status, 200, changed.text);
    assert.deepEqual(await totals(pid), [27, 3, 0, 0]);
    assert.equal((await app.as('archiveManager').delete(`${path}/${id}`)).status, 200);
    assert.deepEqual(await totals(pid), [20, 2, 0, 0]);
    const gone = await app.as('archiveManager').delete(`${path}/${id}`);
    assert.deepEqual([gone.status, gone.body['message']], [404, `origDatablock: ${id} not found`]);
    const nowhere = `${pathOf('20.500.12345/none')}/origdatablocks/${id}`;
    const unknown = await app.as('archiveManager').delete(nowhere);
    assert.equal(unknown.body['message'], 'dataset: 20.500.12345/none not found');
    assert.deepEqual((await app.as('archiveManager').delete(path)).body, { count: 2 });
    assert.deepEqual(await totals(pid), [0, 0, 0, 0]);
  });

  it('F11: totals count all blocks, however many there are', async () => {
    const pid = await dataset();
    const answers = await Promise.all(
      Array.from({ length: 14 }, (_, index) =>
        app.as('user1').post('/api/v4/origdatablocks', { ...orig([`f${index}`]), datasetId: pid }),
      ),
    );
    assert.ok(answers.every(({ status }) => status === 201));
    assert.deepEqual(await totals(pid), [140, 14, 0, 0]);
    assert.deepEqual((await app.as('user1').get(`${pathOf(pid)}/origdatablocks/count`)).body, { count: 14 });
  });

  it('follows the dataset when it is published or given access', async () => {
    const pid = await dataset();
    await app.as('user1').post(`${pathOf(pid)}/origdatablocks`, orig(['a']));
    assert.equal((await app.anonymous.get(`${pathOf(pid)}/origdatablocks`)).status, 403);
    await app.as('user1').patch(pathOf(pid), { isPublished: true });
    const { status, body } = await app.anonymous.get<Fields[]>(`${pathOf(pid)}/origdatablocks`);
    assert.deepEqual([status, body.length], [200, 1]);
    const open = await app.anonymous.get<Fields[]>('/api/v4/origdatablocks/public', {
      filter: { where: { datasetId: pid } },
    });
    assert.equal(open.body.length, 1);
  });

  it('keeps strangers out of every read and write', async () => {
    const pid = await dataset();
    const { body } = await app.as('user1').post(`${pathOf(pid)}/origdatablocks`, orig(['a']));
    const id = String(body['_id']);
    const expectations: [AccountName | undefined, string, string, number][] = [
      ['user2', 'GET', `${pathOf(pid)}/origdatablocks`, 403],
      ['user2', 'POST', `${pathOf(pid)}/origdatablocks`, 403],
      ['user2', 'GET', `/api/v3/origdatablocks/${id}`, 403],
      ['user1', 'GET', '/api/v3/origdatablocks/none', 403],
      ['user2', 'PATCH', `/api/v3/origdatablocks/${id}`, 403],
      ['user2', 'GET', `/api/v4/origdatablocks/${id}`, 403],
      ['user1', 'GET', '/api/v4/origdatablocks/none', 404],
      ['user1', 'GET', `/api/v4/origdatablocks/${id}`, 200],
      ['user1', 'DELETE', `/api/v3/origdatablocks/${id}`, 403],
      [undefined, 'GET', '/api/v3/origdatablocks', 403],
      [undefined, 'GET', '/api/v4/origdatablocks', 403],
      [undefined, 'GET', '/api/v3/datablocks', 403],
    ];
    for (const [account, method, path, expected] of expectations) {
      const user = account === undefined ? app.anonymous : app.as(account);
      const { status, text } = await user.send(
        method,
        path,
        method === 'POST' || method === 'PATCH' ? orig(['x']) : undefined,
      );
      assert.equal(status, expected, `${account} ${method} ${path}: ${text.slice(0, 200)}`);
    }
    const found = await app
      .as('user2')
      .get<Fields[]>('/api/v3/origdatablocks', { filter: { where: { datasetId: pid } } });
    assert.deepEqual(found.body, []);
  });

  it('searches blocks and single files, and counts files', async () => {
    const pid = await dataset();
    await app.as('user1').post(`${pathOf(pid)}/origdatablocks`, orig(['a', 'b', 'c']));
    await app.as('user1').post(`${pathOf(pid)}/origdatablocks`, orig(['d']));
    const fields = { datasetId: pid };
    const blocks = await app
      .as('user1')
      .get<Fields[]>('/api/v3/origdatablocks/fullquery', { fields, limits: { limit: 1 } });
    assert.equal(blocks.body.length, 1);
    const rows = await app
      .as('user1')
      .get<Fields[]>('/api/v3/origdatablocks/fullquery/files', { fields, limits: { skip: 1, limit: 2 } });
    assert.equal(rows.body.length, 2);
    const row = rows.body[0]!['dataFileList'] as Fields;
    assert.equal(typeof row['path'], 'string', 'one file a row, not a list');
    assert.equal(rows.body[0]!['datasetExist'], true);
    const counted = await app.as('user1').get('/api/v3/origdatablocks/fullfacet/files', { fields });
    assert.deepEqual(counted.body, [{ all: [{ totalSets: 4 }] }]);
    assert.deepEqual((await app.as('user1').get('/api/v3/origdatablocks/fullfacet', { fields })).body, [
      { all: [{ totalSets: 2 }] },
    ]);
    const filter = { where: { datasetId: pid } };
    assert.deepEqual((await app.as('user1').get('/api/v4/origdatablocks/files/count', { filter })).body, {
      count: 4,
    });
    assert.equal(
      (await app.as('user1').get<Fields[]>('/api/v4/origdatablocks/files', { filter })).body.length,
      4,
    );
    const facets = await app
      .as('user1')
      .get<Fields[]>('/api/v4/origdatablocks/fullfacet', { fields, facets: ['ownerGroup'] });
    assert.deepEqual(facets.body[0]!['ownerGroup'], [{ _id: 'group1', count: 2 }]);
    assert.deepEqual((await app.as('user2').get('/api/v3/origdatablocks/fullfacet/files', { fields })).body, [
      { all: [] },
    ]);
  });

  it('answers v4 blocks with their dataset where it is asked for', async () => {
    const pid = await dataset();
    const { body } = await app.as('user1').post('/api/v4/origdatablocks', { ...orig(['a']), datasetId: pid });
    const found = await app.as('user1').get(`/api/v4/origdatablocks/${String(body['_id'])}?include=dataset`);
    assert.deepEqual(
      (found.body['dataset'] as Fields[]).map((one) => one['pid']),
      [pid],
    );
    assert.equal(
      (await app.as('user1').get(`/api/v4/origdatablocks/${String(body['_id'])}?include=x`)).status,
      400,
    );
    const missing = await app
      .as('user1')
      .post('/api/v4/origdatablocks', { ...orig(['a']), datasetId: 'none' });
    assert.deepEqual(
      [missing.status, missing.body['message']],
      [404, 'Dataset: none not found for attaching an origdatablock'],
    );
  });

  it('isValid tells what is wrong', async () => {
    const pid = await dataset();
    const v3 = await app.as('user1').post(`${pathOf(pid)}/origdatablocks/isValid`, { size: 'x' });
    assert.deepEqual([v3.status, v3.body['valid']], [200, false]);
    const faults = v3.body['errors'] as { property: string; constraints: Fields; children: unknown[] }[];
    const fault = faults.find(({ property }) => property === 'size');
    assert.equal(fault?.constraints['isInt'], 'size must be an integer number');
    const v4 = await app
      .as('user1')
      .post('/api/v4/origdatablocks/isValid', { ...orig(['a']), datasetId: pid });
    assert.deepEqual([v4.status, v4.body['valid']], [200, true]);
    const broken = { ...orig(['a']), datasetId: pid, dataFileList: [{ path: 'a', size: 'x' }] };
    const nested = await app.as('user1').post('/api/v4/origdatablocks/isValid', broken);
    const [list] = nested.body['reason'] as { property: string; children: unknown[] }[];
    assert.equal(list?.property, 'dataFileList');
    assert.ok(!nested.text.includes('"target"'), 'what was sent is not sent back with each fault');
    for (const path of ['/api/v3/origdatablocks/isValid', '/api/v4/origdatablocks/isValid']) {
      const unknown = await app.as('user1').post(path, { ...broken, datasetId: 'none' });
      assert.deepEqual(
        [unknown.status, unknown.body['message']],
        [404, 'Dataset: none not found for attaching an origdatablock'],
      );
      assert.equal((await app.as('user2').post(path, broken)).status, 403, path);
    }
  });

  it('F6: datablocks are read and changed by their id, and their totals follow', async () => {
    const pid = await dataset();
    const path = `${pathOf(pid)}/datablocks`;
    const first = await app.as('user1').post(path, archived(archiveId(), ['a', 'b']));
    const second = await app
      .as('user1')
      .post('/api/v3/datablocks', { ...archived(archiveId(), ['c']), datasetId: pid });
    assert.deepEqual([first.status, second.status], [201, 201], second.text);
    assert.deepEqual(await totals(pid), [0, 0, 40, 3]);
    const id = String(second.body['_id']);
    assert.equal(
      (await app.as('archiveManager').get(`/api/v3/datablocks/${id}`)).body['archiveId'],
      second.body['archiveId'],
    );
    const changed = await app.as('user1').patch(`${path}/${id}`, { packedSize: 25 });
    assert.deepEqual([changed.status, changed.body['archiveId']], [200, second.body['archiveId']]);
    assert.deepEqual(await totals(pid), [0, 0, 45, 3]);
    const unknown = await app.as('admin').patch('/api/v3/datablocks/none', { packedSize: 1 });
    assert.deepEqual([unknown.status, unknown.text], [200, '']);
    const removed = await app.as('archiveManager').delete(`${path}/${id}`);
    assert.deepEqual([removed.status, removed.text], [200, '']);
    assert.deepEqual(await totals(pid), [0, 0, 20, 2]);
    assert.equal((await app.as('archiveManager').delete(`/api/v3/datablocks/${id}`)).status, 404);
  });

  it('are lists of files: lists in their place, and words that no database stores, are answered as mistakes', async () => {
    const pid = await dataset();
    const bodies: Fields[] = [
      { ...archived(archiveId(), ['a']), dataFileList: [[]] },
      { ...archived(archiveId(), ['a']), dataFileList: [null] },
      { ...archived(archiveId(), ['a']), dataFileList: [[[file('a')]]] },
      { ...archived(archiveId(), ['a']), version: '\u0000' },
    ];
    for (const body of bodies)
      for (const path of ['/api/v3/datablocks', '/api/v3/origdatablocks', '/api/v4/origdatablocks']) {
        const { status, text } = await app.as('admin').post(path, { ...body, datasetId: pid });
        assert.ok(status === 400 || (status === 201 && 'version' in body), `${status} ${text}`);
      }
  });

  it('refuses an archiveId twice with 409, counts with both forms of a condition', async () => {
    const pid = await dataset();
    const name = archiveId();
    const path = `${pathOf(pid)}/datablocks`;
    assert.equal((await app.as('user1').post(path, archived(name, ['a']))).status, 201);
    const twice = await app.as('user1').post(path, archived(name, ['a']));
    assert.deepEqual(
      [twice.status, twice.body['message']],
      [409, 'A datablock with this this unique key already exists!'],
    );
    const other = await app.as('user1').post(path, archived(archiveId(), ['b']));
    const taken = await app.as('user1').patch(`${path}/${String(other.body['_id'])}`, { archiveId: name });
    assert.equal(taken.status, 409, taken.text);
    await app.as('archiveManager').delete(`${path}/${String(other.body['_id'])}`);
    assert.deepEqual(await totals(pid), [0, 0, 20, 1]);
    const where = { datasetId: pid };
    assert.deepEqual((await app.as('user1').get('/api/v3/datablocks/count', { filter: { where } })).body, {
      count: 1,
    });
    assert.deepEqual((await app.as('user1').get('/api/v3/datablocks/count', { where })).body, { count: 1 });
    assert.deepEqual((await app.as('user2').get('/api/v3/datablocks/count', { where })).body, { count: 0 });
  });
});
