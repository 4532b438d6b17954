import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { until } from '#messaging/testing';
import { MongoConnection } from '#persistence';
import { MetadataShapesSweep } from '../../apps/catalog-api/src/metadata-keys/metadata-shapes-sweep.js';
import { MetadataShapes } from '../../apps/catalog-api/src/records/metadata-shapes.js';
import { Catalogue } from '../../apps/catalog-api/src/persistence/catalogue.js';
import { interruptOnce } from '../support/interrupt.js';
import { pathOf, rawDataset, v4Dataset } from './support/datasets.js';
import { createDataset, createSample } from './support/records.js';
import { ScicatApp, type AccountName } from './support/scicat-app.js';

type Fields = Record<string, unknown>;

/** Issue 12: `metadataKeys` knows the names in all records that the caller may search, and in no others. */
describe('Names of metadata', () => {
  let app: ScicatApp;
  let catalogue: Catalogue;
  let shapes: MetadataShapes;

  before(async () => {
    app = await ScicatApp.start({ METADATA_PARENT_INSTANCES_RETURN_LIMIT: '3' }, async ({ connection }) => {
      // As SciCat, or an earlier version, stored it.
      await connection.collection<{ _id: string; [field: string]: unknown }>('Dataset').insertOne({
        ...{ _id: 'old', pid: 'old', ownerGroup: 'group1', accessGroups: [], isPublished: false },
        ...{ createdAt: new Date(0), updatedAt: new Date(0), scientificMetadata: { fromLongAgo: 1 } },
      });
    });
    catalogue = app.get(Catalogue);
    shapes = app.get(MetadataShapes);
    await app.get(MetadataShapesSweep).round();
  });
  after(() => app.stop());

  const keys = async (
    account: AccountName | undefined,
    fields: Fields = {},
    path = '/api/v3/datasets/metadataKeys',
    limits?: Fields,
  ): Promise<string[]> => {
    const user = account === undefined ? app.anonymous : app.as(account);
    const answer = await user.get<string[]>(path, { fields, ...(limits && { limits }) });
    assert.equal(answer.status, 200, answer.text);
    return answer.body;
  };
  const knows = async (
    account: AccountName | undefined,
    name: string,
    fields: Fields = {},
  ): Promise<boolean> => (await keys(account, { ...fields, metadataKey: name })).includes(name);
  const stored = (): Promise<number> => shapes.shapes.countDocuments();

  it('are those of all records, not of the newest only, also where records came before the names were kept', async () => {
    await createDataset(app.as('user1'), {
      scientificMetadata: { rare: { inner: 1 } },
      keywords: ['marked'],
    });
    await createSample(app.as('user1'), { sampleCharacteristics: { rareOfSamples: 1 } });
    for (let index = 0; index < 6; index += 1) {
      await createDataset(app.as('user1'), { scientificMetadata: { common: index } });
      await createSample(app.as('user1'), { sampleCharacteristics: { common: index } });
    }
    for (const version of ['v3', 'v4'])
      assert.deepEqual(await keys('user1', {}, `/api/${version}/datasets/metadataKeys`), [
        'common',
        'rare.inner',
        'fromLongAgo',
      ]);
    assert.deepEqual(await keys('user1', {}, '/api/v3/samples/metadataKeys'), ['common', 'rareOfSamples']);
    assert.deepEqual(await keys('user1', { keywords: ['marked'] }), ['rare.inner'], 'by another condition');
    assert.deepEqual(await keys('user1', { ownerGroup: ['group1'], metadataKey: 'RARE' }), ['rare.inner']);
    assert.deepEqual(
      await keys('user1', {}, undefined, { limit: 2 }),
      ['common'],
      'of a page, where it is asked for',
    );
  });

  it('are shown to nobody who may not search a record that has them, whatever changes', async () => {
    const name = 'secretOfGroup1';
    const pid = await createDataset(app.as('user1'), { scientificMetadata: { [name]: 1 } });
    const known = async (): Promise<boolean[]> => [
      await knows('user1', name),
      await knows('user2', name),
      await knows('admin', name),
      await knows(undefined, name, { isPublished: true }),
      (await keys(undefined, {}, '/api/v4/datasets/public/metadataKeys')).includes(name),
    ];
    assert.deepEqual(await known(), [true, false, true, false, false]);
    await app.as('user1').patch(pathOf(pid), { accessGroups: ['group2'] });
    assert.deepEqual(await known(), [true, true, true, false, false]);
    await app.as('user1').patch(pathOf(pid), { accessGroups: [] });
    assert.deepEqual(await known(), [true, false, true, false, false]);
    await app.as('admin').patch(pathOf(pid), { isPublished: true, ownerGroup: 'group2' });
    assert.deepEqual(await known(), [false, true, true, true, true]);
    await app.as('admin').patch(pathOf(pid, 'v4'), { isPublished: false, scientificMetadata: { other: 1 } });
    assert.deepEqual(await known(), [false, false, false, false, false]);
    assert.ok(await knows('user2', 'other'));
    await app.as('archiveManager').delete(pathOf(pid));
    assert.ok(!(await knows('admin', 'other')));
  });

  it('stay known while another record has them, and are kept once for all alike', async () => {
    const count = await stored();
    const metadata = { scientificMetadata: { shared: 1, both: { value: 1, unit: 'mm' } } };
    const [one, other] = [
      await createDataset(app.as('user1'), metadata),
      await createDataset(app.as('user1'), metadata),
    ];
    assert.equal(await stored(), count + 1);
    await app.as('archiveManager').delete(pathOf(one));
    assert.ok(await knows('user1', 'both'));
    await app.as('archiveManager').delete(pathOf(other));
    assert.ok(!(await knows('user1', 'both')));
    assert.equal(await stored(), count);
  });

  it('are known although another writer removes the last record with them at the same moment', async () => {
    const metadata = (name: string): Fields => ({ scientificMetadata: { [name]: 1 } });
    const remove = async (pid: string): Promise<void> => {
      assert.equal((await app.as('archiveManager').delete(pathOf(pid))).status, 200);
    };
    // The other one is removed between the look at its names and the write that needs them.
    const before = await createDataset(app.as('user1'), metadata('gapOfInsert'));
    const inInsert = interruptOnce(app.get(MongoConnection), 'Dataset', 'insertOne', () => remove(before));
    await createDataset(app.as('user1'), metadata('gapOfInsert'));
    assert.ok(inInsert.happened());
    // The last look of a creation comes after its answer.
    await until(() => knows('user1', 'gapOfInsert'));

    const last = await createDataset(app.as('user1'), metadata('gapOfChange'));
    const pid = await createDataset(app.as('user1'));
    const inChange = interruptOnce(app.get(MongoConnection), 'Dataset', 'findOneAndUpdate', () =>
      remove(last),
    );
    assert.equal((await app.as('user1').patch(pathOf(pid), metadata('gapOfChange'))).status, 200);
    assert.ok(inChange.happened() && (await knows('user1', 'gapOfChange')));

    // A new one is stored while the names of the last one are about to go.
    for (const step of ['updateOne', 'deleteOne']) {
      const name = `gapOf${step}`;
      const leaving = await createDataset(app.as('user1'), metadata(name));
      const inRemoval = interruptOnce(app.get(MongoConnection), 'catena_metadata_shapes', step, async () => {
        await createDataset(app.as('user1'), metadata(name));
      });
      await remove(leaving);
      assert.ok(inRemoval.happened() && (await knows('user1', name)), step);
    }
  });

  it('of a dataset that is refused are not kept', async () => {
    const body = rawDataset({ ownerGroup: 'pidmaker', pid: 'taken', scientificMetadata: { first: 1 } });
    assert.equal((await app.as('pidmaker').post('/api/v3/datasets', body)).status, 201);
    const again = await app
      .as('pidmaker')
      .post('/api/v3/datasets', { ...body, scientificMetadata: { refused: 1 } });
    assert.equal(again.status, 409, again.text);
    assert.ok(!(await knows('pidmaker', 'refused')));
  });

  it('are repaired where a process died: between record and names, and between removal and names', async () => {
    const pid = await createDataset(app.as('user1'), { scientificMetadata: { lost: 1 } });
    const orphan = await createDataset(app.as('user1'), { scientificMetadata: { orphan: 1 } });
    await catalogue.datasets.updateOne({ _id: pid }, { $unset: { catenaKeys: '' } });
    await catalogue.datasets.deleteOne({ _id: orphan });
    await app.get(MetadataShapesSweep).round();
    assert.deepEqual([await knows('user1', 'lost'), await knows('user1', 'orphan')], [true, false]);
  });

  it('give way where a record changes while it is given its names', async () => {
    const pid = await createDataset(app.as('user1'), { scientificMetadata: { atFirst: 1 } });
    await catalogue.datasets.updateOne({ _id: pid }, { $unset: { catenaKeys: '' } });
    const gap = interruptOnce(app.get(MongoConnection), 'Dataset', 'updateOne', async () => {
      await app.as('user1').patch(pathOf(pid), { scientificMetadata: { afterwards: 1 } });
    });
    await shapes.give('Dataset', pid);
    assert.ok(gap.happened());
    await app.get(MetadataShapesSweep).round();
    assert.deepEqual([await knows('user1', 'atFirst'), await knows('user1', 'afterwards')], [false, true]);
  });

  it('are stored in the record for nobody to see', async () => {
    const pid = await createDataset(app.as('user1'), { scientificMetadata: { a: 1 } });
    const sample = await createSample(app.as('user1'), {
      sampleId: 'shape',
      sampleCharacteristics: { a: 1 },
    });
    const user = app.as('user1');
    const answers = [
      { text: JSON.stringify(sample) },
      await user.get(pathOf(pid)),
      await user.get(pathOf(pid, 'v4')),
      await user.patch(pathOf(pid), { description: 'x' }),
      await user.put(pathOf(pid, 'v4'), v4Dataset({ type: undefined })),
      await user.patch('/api/v3/samples/shape', { description: 'x' }),
      await user.get('/api/v3/samples/shape'),
      await user.get('/api/v3/samples', { filter: {} }),
      await user.get('/api/v3/datasets', { filter: { fields: ['pid', 'catenaKeys'] } }),
      await app.as('archiveManager').delete('/api/v3/samples/shape'),
    ];
    for (const [index, { text }] of answers.entries())
      assert.ok(!text.includes('catenaKeys'), `${index}: ${text}`);
  });

  it('may be twenty thousand, with units: posted, patched, read, searched and listed', async () => {
    const many = (factor: number): Fields =>
      Object.fromEntries(
        Array.from({ length: 20_000 }, (_, index) => [
          `motor ${index}.position`,
          { value: index * factor, unit: index % 2 === 0 ? 'mm' : 'µm' },
        ]),
      );
    const user = app.as('user2');
    const pid = await createDataset(user, { ownerGroup: 'group2', scientificMetadata: many(1) });
    assert.equal(await catalogue.records('MetadataKeys').countDocuments({ sourceId: pid }), 20_000);
    const changed = await user.patch(pathOf(pid), { scientificMetadata: { ...many(2), fresh: 1 } });
    assert.equal(changed.status, 200, changed.text.slice(0, 500));
    const merged = await user.patch(
      pathOf(pid, 'v4'),
      { scientificMetadata: { 'motor 7.position': { value: 5, unit: 'm' } } },
      { 'content-type': 'application/merge-patch+json' },
    );
    assert.equal(merged.status, 200, merged.text.slice(0, 500));
    const { body } = await user.get(pathOf(pid));
    assert.equal(Object.keys(body['scientificMetadata'] as Fields).length, 20_001);
    const scientific = [{ lhs: 'motor 7.position', relation: 'EQUAL_TO_NUMERIC', rhs: 5000, unit: 'mm' }];
    const found = await user.get<Fields[]>('/api/v3/datasets/fullquery', {
      fields: { scientific },
      limits: {},
    });
    assert.deepEqual(
      found.body.map((dataset) => dataset['pid']),
      [pid],
    );
    assert.deepEqual(await keys('user2', { metadataKey: 'motor 19999.' }), ['motor 19999.position']);
    const removed = await user.patch(pathOf(pid), { scientificMetadata: { alone: 1 } });
    assert.equal(removed.status, 200, removed.text);
    assert.equal(await catalogue.records('MetadataKeys').countDocuments({ sourceId: pid }), 1);
    assert.deepEqual(await keys('user2', { metadataKey: 'motor' }), []);
  });
});
