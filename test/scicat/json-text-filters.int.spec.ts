import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { rawDataset } from './support/datasets.js';
import { ScicatApp } from './support/scicat-app.js';

type Fields = Record<string, unknown>;

/** Issue 12, T5: Python clients turn each value of a filter into text, and SciCat reads it at any depth. */
describe('Filters whose parts are JSON text', () => {
  let app: ScicatApp;
  const text = (value: unknown): string => JSON.stringify(value);
  const ownerGroup = 'textual';
  const names = ['a', 'b', 'c', 'd', 'e'];

  before(async () => {
    app = await ScicatApp.start();
    for (const datasetName of names) {
      const body = rawDataset({ ownerGroup, datasetName, description: '{"a": 1}', comment: '5' });
      assert.equal((await app.as('admin').post('/api/v3/datasets', body)).status, 201);
    }
  });
  after(() => app.stop());

  const namesOf = async (path: string, parameters: Fields): Promise<unknown[]> => {
    const { status, body, text: answer } = await app.as('admin').get<Fields[]>(path, parameters);
    assert.equal(status, 200, `${text(parameters)}: ${answer}`);
    return body.map(({ datasetName }) => datasetName);
  };

  for (const version of ['v3', 'v4']) {
    const path = `/api/${version}/datasets`;
    const page = version === 'v3' ? { order: 'datasetName:asc' } : { sort: text({ datasetName: 'asc' }) };

    it(`${version}: limits that are text are the page`, async () => {
      const filter = (skip: number): Fields => ({
        where: text({ ownerGroup }),
        limits: text({ limit: 2, skip, ...page }),
      });
      assert.deepEqual(await namesOf(path, { filter: filter(0) }), ['a', 'b']);
      assert.deepEqual(await namesOf(path, { filter: filter(2) }), ['c', 'd']);
      assert.deepEqual(await namesOf(path, { filter: text(filter(4)) }), ['e']);
    });

    it(`${version}: conditions, fields and includes are read as text at any depth`, async () => {
      const [and, or, list] = version === 'v3' ? ['and', 'or', 'inq'] : ['$and', '$or', '$in'];
      const either = { [or]: text([text({ datasetName: 'a' }), { datasetName: { [list]: text(['b']) } }]) };
      const filter = {
        where: text({ [and]: [text({ ownerGroup }), either] }),
        fields: text(['datasetName', 'pid']),
        include: text([text({ relation: 'datablocks', scope: text({ limits: text({ limit: 1 }) }) })]),
        limits: page,
      };
      assert.deepEqual(await namesOf(path, { filter }), ['a', 'b']);
      const { body } = await app.as('admin').get<Fields[]>(path, { filter });
      assert.ok(body.every((record) => 'datablocks' in record && !('ownerGroup' in record)));
    });

    it(`${version}: values that are compared stay text`, async () => {
      const where = { ownerGroup, description: '{"a": 1}', comment: '5' };
      assert.deepEqual(await namesOf(path, { filter: { where, limits: page } }), names);
    });

    it(`${version}: a part that is no object, nor JSON text of one, is refused by its name`, async () => {
      for (const [named, filter] of [
        ['where', { where: 'ownerGroup' }],
        ['where', { where: text([1]) }],
        ['limits', { limits: 'limit=2' }],
        ['limits', { limits: text([2]) }],
        ['fields', { fields: 'pid' }],
        ['include.scope', { include: [{ relation: 'datablocks', scope: 'limits' }] }],
        ['include.scope.limits', { include: [{ relation: 'datablocks', scope: { limits: '2' } }] }],
        ['where.$or', { where: { $or: 'x' } }],
        ['where.$or[0]', { where: { $or: ['x'] } }],
      ] as const) {
        const { status, body } = await app.as('admin').get(path, { filter });
        assert.equal(status, 400, text(filter));
        assert.match(String(body['message']), new RegExp(` ${named.replace(/[.$[\]]/g, '\\$&')} must be`));
      }
    });
  }

  it('are understood by the searches of fullquery as well', async () => {
    const path = '/api/v3/datasets/fullquery';
    const fields = { ownerGroup: [ownerGroup], mode: text({ datasetName: 'c' }) };
    assert.deepEqual(await namesOf(path, { fields }), ['c']);
    assert.deepEqual(await namesOf(path, { fields: text(fields), limits: text({ limit: 1 }) }), ['c']);
    const joined = { $or: text([text({ datasetName: 'd' })]), size: text({ min: 0 }) };
    assert.deepEqual(await namesOf(path, { fields: joined }), ['d']);
    const refused = await app.as('admin').get(path, { fields: { mode: 'datasetName' } });
    assert.equal(refused.status, 400);
    assert.match(String(refused.body['message']), /fields\.mode must be an object/);
  });

  it('are understood by policies, blocks, jobs and publications', async () => {
    for (const path of [
      'v3/policies',
      'v3/datablocks',
      'v3/origdatablocks',
      'v4/origdatablocks',
      'v4/jobs',
      'v3/publisheddata',
      'v4/publisheddata',
      'v3/samples',
      'v3/proposals',
      'v3/instruments',
    ]) {
      const name = path === 'v3/proposals' ? 'filters' : 'filter';
      const good = await app.as('admin').get(`/api/${path}`, { [name]: { limits: text({ limit: 1 }) } });
      assert.equal(good.status, 200, `${path}: ${good.text}`);
      const bad = await app.as('admin').get(`/api/${path}`, { [name]: { limits: 'limit=1' } });
      assert.equal(bad.status, 400, `${path}: ${bad.text}`);
    }
  });
});
