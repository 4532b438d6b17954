import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { pathOf, rawDataset } from './support/datasets.js';
import { ScicatApp } from './support/scicat-app.js';

type Fields = Record<string, unknown>;

const file = (path: string): Fields => ({ path, size: 10, time: '2020-01-01T00:00:00.000Z' });
const orig = (...paths: string[]): Fields => ({ size: 10 * paths.length, dataFileList: paths.map(file) });
let number = 0;
const archived = (...paths: string[]): Fields => ({
  ...orig(...paths),
  archiveId: `archive-${(number += 1)}-${Math.random()}`,
  packedSize: 20,
  version: '1',
});

/** Issue 11: what clients find in the answers about blocks. */
describe('Answers about blocks', () => {
  let app: ScicatApp;

  before(async () => {
    app = await ScicatApp.start();
  });
  after(() => app.stop());

  const dataset = async (more: Fields = {}): Promise<string> => {
    const { status, text, body } = await app.as('admin').post('/api/v3/datasets', rawDataset(more));
    assert.equal(status, 201, text);
    return String(body['pid']);
  };
  const list = async (path: string, parameters: Fields = {}): Promise<Fields[]> => {
    const { status, text, body } = await app.as('user1').get<Fields[]>(path, parameters);
    assert.equal(status, 200, `${path} ${text}`);
    return body;
  };

  it('have the id beside _id in lists, in single reads, and in what a removal answers', async () => {
    const pid = await dataset();
    const where = { datasetId: pid };
    for (const [kind, bodyOf] of [
      ['origdatablocks', orig],
      ['datablocks', archived],
    ] as const) {
      const made: string[] = [];
      for (const name of ['a', 'b', 'c'])
        made.push(String((await app.as('user1').post(`${pathOf(pid)}/${kind}`, bodyOf(name))).body['_id']));
      const lists = [
        await list(`${pathOf(pid)}/${kind}`),
        await list(`/api/v3/${kind}`, { filter: { where } }),
        await list(`/api/v3/${kind}`, { filter: { where, fields: { datasetId: true } } }),
        ...(kind === 'datablocks'
          ? []
          : [
              await list('/api/v3/origdatablocks/fullquery', { fields: where }),
              await list('/api/v4/origdatablocks', {
                filter: { where, limits: { sort: { createdAt: 'asc' } } },
              }),
            ]),
      ];
      for (const blocks of lists)
        assert.deepEqual(
          blocks.map(({ _id, id }) => [_id, id]),
          made.map((id) => [id, id]),
          kind,
        );
      const [first, second, third] = made as [string, string, string];
      const manager = app.as('archiveManager');
      const got = await (kind === 'datablocks' ? manager : app.as('user1')).get(`/api/v3/${kind}/${first}`);
      assert.equal(got.body['id'], first, got.text);
      assert.equal((await app.as('admin').patch(`/api/v3/${kind}/${first}`, { size: 1 })).body['id'], first);
      const removed = [await manager.delete(`/api/v3/${kind}/${first}`)];
      if (kind === 'origdatablocks') {
        removed.push(await manager.delete(`/api/v4/origdatablocks/${second}`));
        removed.push(await manager.delete(`${pathOf(pid)}/origdatablocks/${third}`));
      }
      for (const [index, { status, body, text }] of removed.entries()) {
        assert.deepEqual([status, body['_id'], body['id']], [200, made[index], made[index]], text);
        assert.deepEqual(
          Object.keys(body).filter((name) => name.startsWith('catena')),
          [],
        );
      }
    }
  });

  it('show no fields of Catena, whichever fields are asked for', async () => {
    const pid = await dataset();
    await app.as('user1').post(`${pathOf(pid)}/origdatablocks`, orig('a'));
    await app.as('user1').post(`${pathOf(pid)}/datablocks`, archived('a'));
    const catenaIntent = { datasetId: pid, token: 't', at: new Date() };
    for (const name of ['OrigDatablock', 'Datablock'])
      await app.collection(name).updateMany({ datasetId: pid }, { $set: { catenaIntent } });
    for (const path of ['/api/v3/origdatablocks', '/api/v3/datablocks'])
      for (const fields of [{ chkAlg: false }, { catenaIntent: true }, ['catenaIntent', 'size'], []]) {
        const [block] = await list(path, { filter: { where: { datasetId: pid }, fields } });
        assert.ok(block !== undefined && !('catenaIntent' in block), `${path} ${JSON.stringify(fields)}`);
      }
    const [row] = await list('/api/v3/origdatablocks/fullquery/files', { fields: { datasetId: pid } });
    assert.ok(row !== undefined && !('catenaIntent' in row));
  });

  it('come in the order in which they were made, in pages that do not overlap', async () => {
    const pid = await dataset({ isPublished: true });
    const where = { datasetId: pid };
    const createdAt = new Date();
    const at = (index: number): Date => new Date(createdAt.getTime() - 1000 * index);
    const block = { datasetId: pid, size: 1, ownerGroup: 'group1', accessGroups: [], isPublished: true };
    for (const name of ['OrigDatablock', 'Datablock'])
      await app.collection(name).insertMany(
        Array.from({ length: 6 }, (_, index) => ({
          ...block,
          _id: `${name}-${5 - (index % 3)}-${Math.trunc(index / 3)}-${pid}`,
          archiveId: `${name}-${index}-${pid}`,
          createdAt: at(Math.trunc(index / 3)),
          dataFileList: [file('f')],
        })),
      );
    const short = ({ _id }: Fields): string => String(_id).split('-').slice(1, 3).join('-');
    const ordered = ['3-1', '4-1', '5-1', '3-0', '4-0', '5-0'];
    const lists: [string, (page: Fields) => Fields][] = [
      [`/api/v3/origdatablocks`, (limits) => ({ filter: { where, limits } })],
      [`/api/v3/origdatablocks/fullquery`, (limits) => ({ fields: where, limits })],
      [`/api/v3/origdatablocks/fullquery/files`, (limits) => ({ fields: where, limits })],
      [`/api/v3/datablocks`, (limits) => ({ filter: { where, limits } })],
      [`/api/v4/origdatablocks`, (limits) => ({ filter: { where, limits } })],
      [`/api/v4/origdatablocks/files`, (limits) => ({ filter: { where, limits } })],
      [`/api/v4/origdatablocks/public`, (limits) => ({ filter: { where, limits } })],
    ];
    for (const [path, parameters] of lists) {
      const pages = [
        await list(path, parameters({ limit: 4 })),
        await list(path, parameters({ limit: 4, skip: 4 })),
      ];
      assert.deepEqual(pages.flat().map(short), ordered, path);
    }
    for (const kind of ['origdatablocks', 'datablocks'])
      assert.deepEqual((await list(`${pathOf(pid)}/${kind}`)).map(short), ordered, kind);
    const include = ['origdatablocks', 'datablocks'];
    for (const version of ['v3', 'v4']) {
      const [found] = await list(`/api/${version}/datasets`, { filter: { where: { pid }, include } });
      for (const kind of include)
        assert.deepEqual((found![kind] as Fields[]).map(short), ordered, `${version} ${kind}`);
    }
  });

  it('bring their dataset as a list of one, wherever it can be included', async () => {
    const pid = await dataset({ isPublished: true, datasetName: 'shown' });
    const { body } = await app.as('user1').post(`${pathOf(pid)}/origdatablocks`, orig('a', 'b'));
    const where = { datasetId: pid };
    const id = String(body['_id']);
    for (const path of ['/api/v4/origdatablocks', '/api/v4/origdatablocks/public']) {
      const asked = (filter: Fields, more = ''): Promise<Fields[]> =>
        list(`${path}${more}`, { filter: { where, include: ['dataset'], ...filter } });
      for (const more of ['', '/files']) {
        const [whole] = await asked({}, more);
        const [first, ...others] = whole!['dataset'] as Fields[];
        assert.deepEqual([first!['pid'], first!['datasetName'], others], [pid, 'shown', []], path + more);
        const [named] = await asked({ fields: ['size', 'dataset'] }, more);
        assert.equal((named!['dataset'] as Fields[])[0]?.['pid'], pid);
        assert.ok(!('datasetId' in named!), 'what the join needs is not shown where nobody asked for it');
        const [narrow] = await asked({ fields: ['datasetId', 'dataset.datasetName'] }, more);
        assert.deepEqual(narrow!['dataset'], [{ datasetName: 'shown' }]);
        const [only] = await asked({ fields: ['dataset.pid'] }, more);
        assert.deepEqual(only!['dataset'], [{ pid }]);
      }
      const one = await app.as('user1').get(`${path}/${id}?include=dataset`);
      assert.equal((one.body['dataset'] as Fields[])[0]?.['pid'], pid, one.text);
      const both = { where, include: ['dataset'], fields: ['dataset', 'dataset.pid'] };
      assert.equal((await app.as('user1').get(path, { filter: both })).status, 400);
    }
    const [row] = await list('/api/v4/origdatablocks/files', { filter: { where, fields: ['dataFileList'] } });
    assert.equal(row!['datasetExist'], true, 'told whichever fields are asked for');
  });

  it('refuse an empty algorithm of checksums, in every body that has one', async () => {
    const pid = await dataset();
    const user = app.as('user1');
    const { body } = await user.post(`${pathOf(pid)}/origdatablocks`, orig('a'));
    const id = String(body['_id']);
    const chkAlg = '';
    const answers = [
      await user.post(`${pathOf(pid)}/origdatablocks`, { ...orig('b'), chkAlg }),
      await user.post(`${pathOf(pid)}/datablocks`, { ...archived('b'), chkAlg }),
      await user.post('/api/v3/origdatablocks', { ...orig('b'), chkAlg, datasetId: pid }),
      await user.post('/api/v4/origdatablocks', { ...orig('b'), chkAlg, datasetId: pid }),
      await user.post('/api/v3/datablocks', { ...archived('b'), chkAlg, datasetId: pid }),
      await user.patch(`${pathOf(pid)}/origdatablocks/${id}`, { ...orig('b'), chkAlg }),
      await user.patch(`/api/v3/origdatablocks/${id}`, { chkAlg }),
      await user.patch(`/api/v4/origdatablocks/${id}`, { chkAlg }),
    ];
    for (const [index, { status, text }] of answers.entries()) {
      assert.equal(status, 400, `${index}: ${text}`);
      assert.match(text, /chkAlg should not be empty/);
    }
    const v3 = await user.post(`${pathOf(pid)}/origdatablocks/isValid`, { ...orig('b'), chkAlg });
    assert.deepEqual([v3.status, v3.body['valid']], [200, false]);
  });
});
