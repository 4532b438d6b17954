import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { pathOf, rawDataset } from './support/datasets.js';
import { wordsForm } from '#scicat-database';
import { ScicatApp } from './support/scicat-app.js';

type Fields = Record<string, unknown>;

const file = (path: string): Fields => ({ path, size: 1, time: '2020-01-01T00:00:00.000Z' });
const blockOf = (paths: readonly string[]): Fields => ({ size: paths.length, dataFileList: paths.map(file) });

/** Issue 11, K21: the Files page of the web frontend. */
describe('Searches in lists of files', () => {
  let app: ScicatApp;

  before(async () => {
    app = await ScicatApp.start({}, async ({ connection }) => {
      // As SciCat left it: without words, and with its own index.
      const blocks = connection.collection<{ _id: string; [field: string]: unknown }>('OrigDatablock');
      await blocks.insertOne({
        ...{ _id: 'old', datasetId: 'gone', size: 1, dataFileList: [file('meadow/oak.h5')] },
        ...{ ownerGroup: 'group1', accessGroups: [], isPublished: false, createdAt: new Date(0) },
      });
      await blocks.createIndex({ '$**': 'text' }, { name: '$**_text' });
    });
  });
  after(() => app.stop());

  const create = async (
    ...lists: readonly (readonly string[])[]
  ): Promise<{ pid: string; ids: string[] }> => {
    const pid = String((await app.as('user1').post('/api/v3/datasets', rawDataset())).body['pid']);
    const ids: string[] = [];
    for (const paths of lists) {
      const answer = await app.as('user1').post(`${pathOf(pid)}/origdatablocks`, blockOf(paths));
      assert.equal(answer.status, 201, answer.text.slice(0, 300));
      ids.push(String(answer.body['_id']));
    }
    return { pid, ids };
  };
  const search = async (text: unknown, more: Fields = {}, user = app.as('user1')): Promise<string[]> => {
    const {
      status,
      body,
      text: shown,
    } = await user.get<Fields[]>('/api/v3/origdatablocks/fullquery', {
      fields: { text, ...more },
      limits: { skip: 0, limit: 10 },
    });
    assert.equal(status, 200, shown.slice(0, 300));
    return body.map(({ _id }) => String(_id));
  };

  it('find words of paths in every route that searches, by the rights of the reader', async () => {
    const { pid, ids } = await create(['sycamore/file_001.h5', 'sycamore/file_002.h5'], ['hornbeam.txt']);
    const fields = { text: 'sycamore' };
    const limits = { skip: 0, limit: 10 };
    const rows = await app
      .as('user1')
      .get<Fields[]>('/api/v3/origdatablocks/fullquery/files', { limits, fields: { text: 'file' } });
    assert.equal(rows.status, 200, rows.text);
    assert.deepEqual(
      rows.body.map(({ dataFileList }) => (dataFileList as Fields)['path']),
      ['sycamore/file_001.h5', 'sycamore/file_002.h5'],
    );
    assert.deepEqual(await search('sycamore'), [ids[0]]);
    assert.deepEqual(await search('Hornbeam', { datasetId: pid }), [ids[1]]);
    assert.deepEqual(await search(pid), ids, 'the id of the dataset too');
    const where = await app
      .as('user1')
      .get<Fields[]>('/api/v3/origdatablocks', { filter: { where: fields } });
    assert.deepEqual(
      where.body.map(({ _id }) => _id),
      [ids[0]],
    );
    for (const version of ['v3', 'v4']) {
      const path = `/api/${version}/origdatablocks/fullfacet`;
      const blocks = await app.as('user1').get(path, { fields });
      assert.deepEqual(blocks.body, [{ all: [{ totalSets: 1 }] }], blocks.text);
      const files = await app.as('user1').get(`${path}/files`, { fields });
      assert.deepEqual(files.body, [{ all: [{ totalSets: 2 }] }], files.text);
    }
    assert.deepEqual(await search('sycamore', {}, app.as('user2')), []);
    assert.deepEqual(
      (await app.anonymous.get('/api/v4/origdatablocks/public/fullfacet/files', { fields })).body,
      [{ all: [] }],
    );
    assert.equal((await app.as('user1').patch(pathOf(pid), { isPublished: true })).status, 200);
    for (const path of ['fullfacet', 'fullfacet/files']) {
      const open = await app.anonymous.get(`/api/v4/origdatablocks/public/${path}`, { fields });
      assert.deepEqual(open.body, [{ all: [{ totalSets: path === 'fullfacet' ? 1 : 2 }] }]);
    }
    assert.deepEqual(await search('sycamore', { isPublished: true }, app.as('user2')), [ids[0]]);
  });

  it('take what is written apart as paths are, and find any of it, as SciCat does', async () => {
    const { ids } = await create(['linden/scan_0815.cbf'], ['linden/scan_0816.cbf']);
    assert.deepEqual(await search('0815'), [ids[0]]);
    assert.deepEqual(await search('maple_0816.hdf'), [ids[1]]);
    assert.deepEqual(await search('"linden/'), ids);
    assert.deepEqual(await search('-linden nowhere'), ids, 'no sign before a word means anything');
    assert.deepEqual(await search('/ * ..'), [], 'no words find nothing');
  });

  it('follow every change of a list, and its end', async () => {
    const { pid, ids } = await create(['aspen.dat']);
    const [id = ''] = ids;
    const user = app.as('user1');
    const changed = await user.patch(`/api/v3/origdatablocks/${id}`, blockOf(['poplar.dat']));
    assert.equal(changed.status, 200, changed.text);
    assert.deepEqual([await search('aspen'), await search('poplar')], [[], ids]);
    await user.patch(`${pathOf(pid)}/origdatablocks/${id}`, blockOf(['willow.dat']));
    assert.deepEqual([await search('poplar'), await search('willow')], [[], ids]);
    await user.patch(`/api/v4/origdatablocks/${id}`, blockOf(['alder.dat']));
    assert.deepEqual([await search('willow'), await search('alder')], [[], ids]);
    await app.as('archiveManager').delete(`/api/v4/origdatablocks/${id}`);
    assert.deepEqual(await search('alder'), []);
  });

  it('find what was stored by SciCat, with an index of Catena in the place of its own', async () => {
    assert.deepEqual(await search('meadow'), ['old']);
    const indexes = await app.collection('OrigDatablock').indexes();
    const text = indexes.filter(({ key }) => '_fts' in (key as object)).map(({ name }) => name);
    assert.deepEqual(text, ['catena_word_list']);
    const upgrade = await app
      .collection('catena_upgrades')
      .findOne({ _id: `catenaWords ${wordsForm} of OrigDatablock` });
    assert.ok(upgrade !== null);
  });

  it('take the longest list there may be: it is found by its words, and its rows are answered', async () => {
    const paths = Array.from({ length: 50_000 }, (_, index) => `juniper/frame_${index * 7919}.cbf`);
    const { pid, ids } = await create(paths);
    assert.deepEqual(await search('juniper'), ids);
    const { status, body, text } = await app
      .as('user1')
      .get<Fields[]>('/api/v3/origdatablocks/fullquery/files', {
        fields: { text: 'juniper', datasetId: pid },
        limits: { skip: 49_990, limit: 100 },
      });
    assert.deepEqual([status, body.length], [200, 10], text.slice(0, 300));
    const stored = await app.collection('OrigDatablock').findOne({ _id: ids[0]! });
    assert.ok(Buffer.byteLength(String(stored?.['catenaWords'])) <= 200_000);
  });

  it('show the words by no answer', async () => {
    const { pid, ids } = await create(['hidden/words.dat']);
    const user = app.as('user1');
    const [id = ''] = ids;
    const filter = encodeURIComponent(JSON.stringify({ where: { datasetId: pid } }));
    const asked = encodeURIComponent(
      JSON.stringify({ where: { datasetId: pid }, fields: ['catenaWords', 'size'] }),
    );
    const fields = encodeURIComponent(JSON.stringify({ datasetId: pid }));
    const include = encodeURIComponent(
      JSON.stringify({ where: { pid }, include: ['origdatablocks'], fields: ['origdatablocks.catenaWords'] }),
    );
    const paths = [
      `${pathOf(pid)}/origdatablocks`,
      ...['v3', 'v4'].flatMap((version) => [
        `/api/${version}/origdatablocks?filter=${filter}`,
        `/api/${version}/origdatablocks?filter=${asked}`,
        `/api/${version}/origdatablocks/${id}`,
      ]),
      ...['fullquery', 'fullquery/files'].map((name) => `/api/v3/origdatablocks/${name}?fields=${fields}`),
      ...['files', 'public', 'public/files'].map((name) => `/api/v4/origdatablocks/${name}?filter=${asked}`),
      `/api/v4/datasets?filter=${include}`,
      `/api/v3/datasets?filter=${encodeURIComponent(JSON.stringify({ where: { pid }, include: [{ relation: 'origdatablocks', scope: { fields: ['catenaWords'] } }] }))}`,
    ];
    for (const path of paths) {
      const { status, text } = await user.get(path);
      assert.equal(status, 200, `${path}: ${text}`);
      assert.ok(!/catena|hidden words/.test(text), `${path}: ${text}`);
    }
    const answers = [
      await user.patch(`/api/v3/origdatablocks/${id}`, { size: 2 }),
      await user.patch(`/api/v4/origdatablocks/${id}`, { size: 2 }),
      await app.as('archiveManager').delete(`/api/v3/origdatablocks/${id}`),
    ];
    for (const { status, text } of answers) assert.ok(status === 200 && !text.includes('catena'), text);
  });
});
