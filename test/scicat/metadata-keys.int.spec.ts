import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { MetadataKeys } from '../../apps/catalog-api/src/metadata-keys/metadata-keys.service.js';
import { badFilters, createDataset, createProposal, createSample } from './support/records.js';
import { ScicatApp, type AccountName } from './support/scicat-app.js';

type Fields = Record<string, unknown>;
const path = '/api/v4/metadatakeys';

describe('Metadata keys v4 (contract §1.14)', () => {
  let app: ScicatApp;
  before(async () => {
    app = await ScicatApp.start();
    await createSample(app.as('user1'), {
      sampleId: 's1',
      sampleCharacteristics: { 'a.b': { value: 1, unit: 'm', human_name: 'A of B' }, plain: { inner: 1 } },
    });
    await createProposal(app.as('admin'), 'p1', { ownerGroup: 'group2', metadata: { hidden: 1 } });
    await app.as('admin').post('/api/v3/instruments', {
      pid: 'i1',
      uniqueName: 'i1',
      name: 'I',
      customMetadata: { lens: 2 },
    });
  });
  after(() => app.stop());

  const keysOf = async (account: AccountName | undefined, filter: Fields = {}): Promise<unknown[]> => {
    const user = account === undefined ? app.anonymous : app.as(account);
    const { status, body } = await user.get<Fields[]>(path, { filter });
    assert.equal(status, 200, JSON.stringify(body));
    return body.map(({ key }) => key).sort();
  };

  it('names the top-level keys of a record, decoded, with its groups and human name', async () => {
    const { body } = await app.as('user1').get<Fields[]>(path, { filter: { where: { sourceId: 's1' } } });
    const row = body.find(({ key }) => key === 'a.b');
    assert.deepEqual(
      [row?.['id'], row?.['_id'], row?.['humanReadableName'], row?.['userGroups'], row?.['usageCount']],
      ['sample_s1_a.b', 'sample_s1_a.b', 'A of B', ['group1'], 1],
    );
    assert.deepEqual([row?.['sourceType'], row?.['sourceId'], row?.['isPublished']], ['sample', 's1', false]);
    assert.deepEqual(await keysOf('user1', { where: { sourceId: 's1' } }), ['a.b', 'plain']);
  });

  it('shows keys of the own groups and of what is public; all to admins', async () => {
    assert.deepEqual(await keysOf('user1'), ['a.b', 'lens', 'plain']);
    assert.deepEqual(await keysOf('user2'), ['hidden', 'lens']);
    assert.deepEqual(await keysOf('admin'), ['a.b', 'hidden', 'lens', 'plain']);
    assert.deepEqual(await keysOf(undefined), ['lens'], 'instruments are read by everybody');
  });

  it("answers the frontend's search: fields, and case-insensitive patterns under $or", async () => {
    const { body } = await app.as('user1').get<Fields[]>(path, {
      filter: {
        where: {
          $or: [
            { key: { $regex: 'PLA', $options: 'i' } },
            { humanReadableName: { $regex: 'of b', $options: 'i' } },
          ],
        },
        fields: ['key', 'humanReadableName'],
      },
    });
    assert.deepEqual(body.map(({ key }) => key).sort(), ['a.b', 'plain']);
    assert.equal('usageCount' in (body[0] ?? {}), false);
    assert.equal((await app.as('user1').get(path, { filter: { where: { nonsense: 1 } } })).status, 400);
  });

  it('follows changes of keys and of groups, and the end of the record', async () => {
    await createSample(app.as('user1'), { sampleId: 's2', sampleCharacteristics: { old: 1, kept: 1 } });
    await app.as('user1').patch('/api/v3/samples/s2', {
      sampleCharacteristics: { kept: 2, fresh: 1 },
      accessGroups: ['group2'],
    });
    const where = { sourceId: 's2' };
    assert.deepEqual(await keysOf('user2', { where }), ['fresh', 'kept']);
    await app.as('user1').patch('/api/v3/samples/s2', { isPublished: true });
    assert.deepEqual(await keysOf(undefined, { where }), ['fresh', 'kept']);
    await app.as('archiveManager').delete('/api/v3/samples/s2');
    assert.deepEqual(await keysOf('admin', { where }), []);
  });

  it('ends with the keys of the last of many changes at once, and with none after a removal among them', async () => {
    await createSample(app.as('user1'), { sampleId: 's4' });
    const change = (key: string) =>
      app.as('user1').patch('/api/v3/samples/s4', { sampleCharacteristics: { [key]: 1 } });
    await Promise.all(Array.from({ length: 8 }, (_, index) => change(`k${index}`)));
    const { body } = await app.as('user1').get('/api/v3/samples/s4');
    assert.deepEqual(
      await keysOf('user1', { where: { sourceId: 's4' } }),
      Object.keys(body['sampleCharacteristics'] as Fields),
    );
    await Promise.all([
      change('late'),
      app.as('archiveManager').delete('/api/v3/samples/s4'),
      change('later'),
    ]);
    assert.deepEqual(await keysOf('admin', { where: { sourceId: 's4' } }), []);
  });

  it('names those of a dataset to who asks right after its creation', async () => {
    const keys = { inner: 1, outer: { value: 1, unit: 'm' } };
    const made = Array.from({ length: 6 }, () =>
      createDataset(app.as('user1'), { scientificMetadata: keys }),
    );
    for (const pid of await Promise.all(made))
      assert.deepEqual(await keysOf('user1', { where: { sourceId: pid } }), ['inner', 'outer']);
  });

  it('F9: null entries are keys like others', async () => {
    await createProposal(app.as('admin'), 'p-null', { metadata: { empty: null, list: [null] } });
    assert.deepEqual(await keysOf('admin', { where: { sourceId: 'p-null' } }), ['empty', 'list']);
  });

  it('F10: keys of a dataset belong to its owner group, not to the person who owns it', async () => {
    const keys = app.get(MetadataKeys);
    const pid = await createDataset(app.as('user1'), { owner: 'group2', scientificMetadata: { secret: 1 } });
    const stored = await app.collection('Dataset').findOne({ _id: pid });
    const dataset = { ...stored, _id: pid };
    await keys.sync('dataset', dataset);
    assert.deepEqual(await keysOf('user1', { where: { sourceId: pid } }), ['secret']);
    assert.deepEqual(await keysOf('user2', { where: { sourceId: pid } }), []);
    await keys.remove('dataset', pid);
    assert.deepEqual(await keysOf('user1', { where: { sourceId: pid } }), []);
  });

  it('answers 100 keys, the newest first, unless asked otherwise', async () => {
    const many = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`k${index}`, index]));
    await createSample(app.as('user2'), {
      ownerGroup: 'group2',
      sampleId: 's3',
      sampleCharacteristics: many,
    });
    assert.equal((await keysOf('user2')).length, 100);
    assert.equal((await keysOf('user2', { where: { sourceId: 's3' }, limits: { limit: 120 } })).length, 120);
  });

  it('never answers 500 to bad input', async () => {
    for (const text of badFilters) {
      const { status } = await app.as('admin').get(path, { filter: text });
      assert.ok(status < 500, `${text.slice(0, 80)}: ${status}`);
    }
  });
});
