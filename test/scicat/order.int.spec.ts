import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { rawDataset } from './support/datasets.js';
import { ScicatApp } from './support/scicat-app.js';

type Fields = Record<string, unknown>;

/** Issue 11, K13: SciCat's lists come as the database keeps them, and clients take the first for the oldest. */
describe('Lists without an order', () => {
  let app: ScicatApp;
  const old = { collection: 'Dataset', name: 'catena_owner_newest' };

  before(async () => {
    app = await ScicatApp.start({}, async ({ connection }) => {
      const keys = { ownerGroup: 1, createdAt: -1 } as const;
      await connection.collection(old.collection).createIndex(keys, { name: old.name });
    });
  });
  after(() => app.stop());

  it('come in the order in which the records were made, those of one moment by their id', async () => {
    const group = `group-${Math.random()}`;
    const { body } = await app.as('admin').post('/api/v3/datasets', rawDataset({ ownerGroup: group }));
    const stored = (await app.collection('Dataset').findOne({ _id: String(body['pid']) }))!;
    const now = Date.now();
    const names = ['c', 'a', 'b'];
    await app.collection('Dataset').deleteOne({ _id: stored._id });
    await app.collection('Dataset').insertMany(
      [2, 1].flatMap((age) =>
        names.map((name) => {
          const _id = `${name}${3 - age}-${group}`;
          return { ...stored, _id, pid: _id, createdAt: new Date(now - 1000 * age) };
        }),
      ),
    );
    const expected = ['a1', 'b1', 'c1', 'a2', 'b2', 'c2'].map((name) => `${name}-${group}`);
    const where = { ownerGroup: group };
    for (const [path, parameters] of [
      ['/api/v3/datasets', { filter: { where } }],
      ['/api/v3/datasets', { filter: { where, limits: { limit: 2000 } } }],
      ['/api/v3/datasets/fullquery', { fields: where }],
      ['/api/v4/datasets', { filter: { where, limits: { sort: { createdAt: 'asc', _id: 'asc' } } } }],
    ] as const) {
      const found = await app.as('admin').get<Fields[]>(path, parameters);
      assert.deepEqual(
        found.body.map(({ pid }) => pid),
        expected,
        `${path} ${JSON.stringify(parameters)}`,
      );
    }
    const one = await app.as('admin').get('/api/v3/datasets/findOne', { filter: { where } });
    assert.equal(one.body['pid'], expected[0]);
  });

  it('of policies and instruments too', async () => {
    const made = Array.from({ length: 4 }, (_, index) => ({
      _id: `i${3 - index}`,
      pid: `i${3 - index}`,
      uniqueName: `order-${index}`,
      name: 'order',
      createdAt: new Date(Date.now() + 1000 * index),
    }));
    await app.collection('Instrument').insertMany(made);
    const found = await app
      .as('admin')
      .get<Fields[]>('/api/v3/instruments', { filter: { where: { name: 'order' } } });
    assert.deepEqual(
      found.body.map(({ pid }) => pid),
      ['i3', 'i2', 'i1', 'i0'],
    );
    const policies = made.map(({ _id, createdAt }) => ({ _id, createdAt, ownerGroup: 'order', manager: [] }));
    await app.collection('Policy').insertMany(policies);
    const { body } = await app
      .as('admin')
      .get<Fields[]>('/api/v3/policies', { filter: { where: { ownerGroup: 'order' } } });
    assert.deepEqual(
      body.map(({ _id }) => _id),
      ['i3', 'i2', 'i1', 'i0'],
    );
  });

  it('have their index, and those of earlier versions are gone', async () => {
    const indexes = await app.collection(old.collection).indexes();
    const keys = new Map(indexes.map(({ name, key }) => [name, Object.keys(key as object)]));
    assert.deepEqual(keys.get('catena_owner_age'), ['ownerGroup', 'createdAt', '_id']);
    assert.deepEqual(keys.get('catena_age'), ['createdAt', '_id']);
    assert.ok(!keys.has(old.name));
  });
});
