import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { MongoConnection } from '#persistence';
import { IdempotencyKeySweep } from '../../apps/catalog-api/src/datasets/idempotency-key-sweep.js';
import { Catalogue } from '../../apps/catalog-api/src/persistence/catalogue.js';
import { interruptOnce } from '../support/interrupt.js';
import { pathOf, rawDataset, v4Dataset } from './support/datasets.js';
import { ScicatApp, type AccountName } from './support/scicat-app.js';

type Fields = Record<string, unknown>;

/** Issue 12, T11: scripts post again when an answer is late, and must not make a second dataset. */
describe('Datasets posted under an Idempotency-Key', () => {
  let app: ScicatApp;
  let catalogue: Catalogue;
  let keys = 0;

  before(async () => {
    app = await ScicatApp.start({ TRACKABLES: 'Dataset', IDEMPOTENCY_KEY_LIFETIME: '7d' });
    catalogue = app.get(Catalogue);
  });
  after(() => app.stop());

  const versions = [
    ['v3', rawDataset],
    ['v4', v4Dataset],
  ] as const;
  const newKey = (): string => `key-${(keys += 1)}`;
  const post = (version: string, body: Fields, key: string, account: AccountName = 'user1') =>
    app.as(account).post(`/api/${version}/datasets`, body, { 'idempotency-key': key });
  const named = (datasetName: string): Promise<number> => catalogue.datasets.countDocuments({ datasetName });

  it('are one dataset, however many posts arrive at once, and however late one more', async () => {
    for (const [version, bodyOf] of versions) {
      const datasetName = `at once ${version}`;
      const key = newKey();
      const all = await Promise.all(
        Array.from({ length: 8 }, () => post(version, bodyOf({ datasetName }), key)),
      );
      all.push(await post(version, bodyOf({ datasetName }), key));
      assert.deepEqual(new Set(all.map(({ status }) => status)), new Set([201]), all[0]!.text);
      assert.equal(new Set(all.map(({ body }) => body['pid'])).size, 1);
      assert.equal(await named(datasetName), 1);
    }
  });

  it('are the same dataset also where the other post was stored between the look and the write', async () => {
    for (const [version, bodyOf] of versions)
      for (const pid of [undefined, `gap-${version}`]) {
        const key = newKey();
        const body = bodyOf({ datasetName: `gap ${key}`, ownerGroup: 'pidmaker', ...(pid && { pid }) });
        let other: unknown;
        const gap = interruptOnce(app.get(MongoConnection), 'Dataset', 'insertOne', async () => {
          const answer = await post(version, body, key, 'pidmaker');
          assert.equal(answer.status, 201, answer.text);
          other = answer.body['pid'];
        });
        const { status, body: dataset, text } = await post(version, body, key, 'pidmaker');
        assert.ok(gap.happened());
        assert.equal(status, 201, text);
        assert.equal(dataset['pid'], other);
        assert.equal(await named(`gap ${key}`), 1);
      }
  });

  it('ask to post again where the other one was removed before it could be read', async () => {
    const key = newKey();
    const body = rawDataset({ datasetName: key });
    interruptOnce(app.get(MongoConnection), 'Dataset', 'insertOne', async () => {
      const { body: other } = await post('v3', body, key);
      interruptOnce(app.get(MongoConnection), 'Dataset', 'findOne', async () => {
        await catalogue.datasets.deleteOne({ _id: String(other['pid']) });
      });
    });
    const { status, headers, text } = await post('v3', body, key);
    assert.deepEqual([status, headers.get('retry-after')], [503, '1'], text);
    assert.equal((await post('v3', body, key)).status, 201);
    assert.equal(await named(key), 1);
  });

  it('are refused with another body, and belong to the account', async () => {
    for (const [version, bodyOf] of versions) {
      const key = newKey();
      const { body: first } = await post(version, bodyOf(), key);
      const other = await post(version, bodyOf({ description: 'another' }), key);
      assert.equal(other.status, 422, other.text);
      assert.ok(other.text.includes(String(first['pid'])));
      const ofOther = await post(version, bodyOf({ ownerGroup: 'group2' }), key, 'user2');
      assert.equal(ofOther.status, 201, ofOther.text);
      assert.notEqual(ofOther.body['pid'], first['pid']);
      assert.equal((await post(version, bodyOf({ ownerGroup: 'group2' }), newKey())).status, 403);
    }
    const anonymous = await app.anonymous.post('/api/v3/datasets', rawDataset(), { 'idempotency-key': 'k' });
    assert.ok([401, 403].includes(anonymous.status), anonymous.text);
    const tooLong = await post('v3', rawDataset(), 'x'.repeat(256));
    assert.equal(tooLong.status, 400, tooLong.text);
    const empty = await Promise.all([1, 2].map(() => post('v3', rawDataset(), '')));
    assert.notEqual(empty[0]!.body['pid'], empty[1]!.body['pid'], 'an empty key is none');
  });

  it('are shown again only to who may still read them', async () => {
    const key = newKey();
    const { body } = await post('v3', rawDataset(), key);
    await catalogue.datasets.updateOne({ _id: String(body['pid']) }, { $set: { ownerGroup: 'group2' } });
    const { status, text } = await post('v3', rawDataset(), key);
    assert.equal(status, 403, text);
  });

  it('show the key in no answer, no history and no filter; changes and a replacement keep it', async () => {
    const user = app.as('user1');
    const key = 'a secret of the script';
    const body = v4Dataset({ datasetName: 'hidden key' });
    const { body: dataset, text } = await post('v4', body, key);
    const pid = String(dataset['pid']);
    const answers = [
      { status: 201, text },
      await post('v4', body, key),
      await user.patch(pathOf(pid), { description: 'x' }),
      await user.patch(pathOf(pid, 'v4'), { description: 'y' }),
      await user.put(pathOf(pid, 'v4'), v4Dataset({ datasetName: 'hidden key', type: undefined })),
      await user.get(pathOf(pid)),
      await user.get(pathOf(pid, 'v4')),
      await user.get('/api/v3/datasets'),
      await user.get('/api/v3/datasets', { filter: { fields: ['pid', 'catena'] } }),
      await user.get('/api/v3/datasets/fullquery', { fields: {}, limits: {} }),
      await user.get('/api/v4/datasets'),
      await app.as('admin').get('/api/v3/history', {
        filter: { where: { subsystem: 'Dataset' } },
      }),
    ];
    for (const [index, answer] of answers.entries()) {
      assert.ok(answer.status < 300, `${index}: ${answer.text}`);
      assert.ok(
        !/catena[".]|a secret of the script/.test(answer.text),
        `${index}: ${answer.text.slice(0, 500)}`,
      );
    }
    for (const [path, query] of [
      ['/api/v3/datasets', { filter: { where: { 'catena.idempotency.key': { like: 'a%' } } } }],
      ['/api/v3/datasets', { filter: { where: { or: [{ and: [{ catena: { $exists: true } }] }] } } }],
      ['/api/v3/datasets', { filter: { limits: { order: 'catena.idempotency.key:asc' } } }],
      ['/api/v3/datasets/fullquery', { fields: { 'catena.idempotency.key': key } }],
      ['/api/v3/datasets/fullquery', { fields: { mode: { 'catena.idempotency.key': key } } }],
      ['/api/v3/datasets/fullquery', { fields: {}, limits: { order: 'catena.idempotency.key:asc' } }],
      ['/api/v4/datasets', { filter: { where: { 'catena.idempotency.key': key } } }],
      ['/api/v3/jobs', { filter: { where: { 'catena.idempotency.key': key } } }],
    ] as const) {
      const { status, text: refusal } = await app.as('admin').get(path, query);
      assert.equal(status, 400, `${path} ${JSON.stringify(query)}: ${refusal.slice(0, 300)}`);
    }
    assert.equal((await post('v4', body, key)).body['pid'], pid, 'the key is still there');
    const removed = await app.as('archiveManager').delete(pathOf(pid));
    assert.ok(removed.status === 200 && !removed.text.includes(key), removed.text);
  });

  it('are forgotten when their time is over, and nothing else of the dataset changes', async () => {
    const keysOfTest = [newKey(), newKey()] as const;
    const [old, young] = await Promise.all(
      keysOfTest.map(async (key) => String((await post('v3', rawDataset(), key)).body['pid'])),
    );
    const before = await app.as('user1').get(pathOf(old!));
    const at = new Date(Date.now() - 8 * 24 * 3_600_000);
    await catalogue.datasets.updateOne({ _id: old! }, { $set: { 'catena.idempotency.at': at } });
    await app.get(IdempotencyKeySweep).round();
    assert.equal((await app.as('user1').get(pathOf(old!))).text, before.text);
    assert.notEqual((await post('v3', rawDataset(), keysOfTest[0])).body['pid'], old);
    assert.equal((await post('v3', rawDataset(), keysOfTest[1])).body['pid'], young);
  });
});
