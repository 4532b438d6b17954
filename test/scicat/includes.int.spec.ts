import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { rawDataset } from './support/datasets.js';
import { ScicatApp } from './support/scicat-app.js';

type Fields = Record<string, unknown>;

/** What one request may multiply. */
describe('Includes', () => {
  let app: ScicatApp;
  let pid: string;

  before(async () => {
    app = await ScicatApp.start();
    const { body } = await app.as('admin').post('/api/v3/datasets', rawDataset({ isPublished: true }));
    pid = String(body['pid']);
  });
  after(() => app.stop());

  it('that name a relation twice are refused everywhere, for the anonymous too', async () => {
    const twice = (relation: string): Fields[] => [
      { include: [relation, relation] },
      { include: [{ relation }, { relation, scope: { limits: { limit: 1 } } }] },
    ];
    const paths: [string, string, 'admin' | undefined][] = [
      ['/api/v3/datasets', 'samples', undefined],
      ['/api/v3/datasets/findOne', 'samples', undefined],
      [`/api/v3/datasets/${encodeURIComponent(pid)}`, 'samples', undefined],
      ['/api/v4/datasets', 'samples', 'admin'],
      ['/api/v4/datasets/findOne', 'samples', 'admin'],
      ['/api/v4/datasets/public', 'samples', undefined],
      ['/api/v4/datasets/public/findOne', 'samples', undefined],
      ['/api/v4/origdatablocks', 'dataset', 'admin'],
      ['/api/v4/jobs', 'datasets', 'admin'],
      ['/api/v3/samples/findOne', 'attachments', 'admin'],
    ];
    for (const [path, relation, account] of paths)
      for (const filter of twice(relation)) {
        const { status, text } = await (account ? app.as(account) : app.anonymous).get(path, { filter });
        assert.deepEqual([status, text.includes('twice')], [400, true], `${path} ${status} ${text}`);
      }
    for (const path of ['/api/v4/datasets', '/api/v4/datasets/public']) {
      const url = `${path}/${encodeURIComponent(pid)}?include=samples&include=samples`;
      assert.equal((await app.as('admin').get(url)).status, 400, url);
    }
  });

  it('come with fewer rows', async () => {
    const limits = { limit: 1001 };
    for (const version of ['v3', 'v4']) {
      const path = `/api/${version}/datasets`;
      const refused = await app.as('admin').get(path, { filter: { include: ['samples'], limits } });
      assert.equal(refused.status, 400, path);
      assert.match(refused.text, /1001 with includes/);
      assert.equal((await app.as('admin').get(path, { filter: { limits } })).status, 200, path);
    }
  });

  it('that bring more related records than one answer holds are refused, not cut', async () => {
    const blocks = Array.from({ length: 20_001 }, (_, index) => ({
      _id: `b-${index}`,
      datasetId: pid,
      size: 0,
      dataFileList: [],
      isPublished: true,
    }));
    await app.collection('OrigDatablock').insertMany(blocks);
    const stored = (await app.collection('Dataset').findOne({ _id: pid }))!;
    await app.collection('Dataset').insertOne({ ...stored, _id: `${pid}-2`, pid: `${pid}-2` });
    const ofBoth = { where: { pid: { inq: [pid, `${pid}-2`] } }, include: ['origdatablocks'] };
    const { status, text } = await app.anonymous.get('/api/v3/datasets', { filter: ofBoth });
    assert.deepEqual([status, text.includes('20000 related records')], [400, true], text.slice(0, 200));
    const ofOne = { where: { pid }, include: ['origdatablocks'] };
    const whole = await app.anonymous.get<Fields[]>('/api/v3/datasets', { filter: ofOne });
    assert.equal((whole.body[0]!['origdatablocks'] as unknown[]).length, 20_001, 'one dataset is read whole');
    await app.collection('OrigDatablock').deleteOne({ _id: 'b-0' });
    const { body } = await app.anonymous.get<Fields[]>('/api/v3/datasets', { filter: ofBoth });
    assert.deepEqual(
      body.map((dataset) => (dataset['origdatablocks'] as unknown[]).length).sort(),
      [0, 20_000],
    );
  });
});
