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

  it('are found whichever fields of the dataset are shown, and those that join them are not shown for it', async () => {
    const proposalId = `p-${Math.random()}`;
    const proposal = { proposalId, title: 'of light', email: 'pi@example.org', ownerGroup: 'group1' };
    assert.equal((await app.as('admin').post('/api/v3/proposals', proposal)).status, 201);
    const made = await app
      .as('admin')
      .post(
        '/api/v3/datasets',
        rawDataset({ proposalId, isPublished: true, datasetName: 'with a proposal' }),
      );
    const where = { pid: String(made.body['pid']) };
    const block = { size: 1, dataFileList: [{ path: 'a', size: 1, time: '2020-01-01T00:00:00Z' }] };
    const kept = await app
      .as('admin')
      .post(`/api/v3/datasets/${encodeURIComponent(where.pid)}/origdatablocks`, block);
    assert.equal(kept.status, 201, kept.text);
    const include = [{ relation: 'proposals' }, { relation: 'origdatablocks' }];
    for (const version of ['v3', 'v4'])
      for (const more of ['', '/findOne'])
        for (const fields of [['datasetName'], ['pid', 'datasetName']]) {
          const filter = { where, include, fields };
          const { body } = await app.as('user1').get<unknown>(`/api/${version}/datasets${more}`, { filter });
          const found = [body].flat()[0] as Fields;
          const told = `${version}${more} ${JSON.stringify(found)}`;
          assert.equal((found['proposals'] as Fields[])[0]?.['title'], 'of light', told);
          assert.equal((found['origdatablocks'] as Fields[])[0]?.['_id'], kept.body['_id'], told);
          assert.deepEqual(
            Object.keys(found).sort(),
            ['_id', ...fields, 'origdatablocks', 'proposals'].sort(),
            told,
          );
        }
    for (const excluded of [{ proposalIds: false }, { pid: false, size: false }]) {
      const filter = { where, include, fields: excluded };
      const { body } = await app.as('user1').get<Fields[]>('/api/v3/datasets', { filter });
      assert.equal((body[0]!['proposals'] as Fields[]).length, 1);
      assert.equal((body[0]!['origdatablocks'] as Fields[]).length, 1);
      for (const name of Object.keys(excluded)) assert.ok(!(name in body[0]!), name);
    }
    for (const fields of [['size'], { datasetId: false }]) {
      const scoped = [{ relation: 'origdatablocks', scope: { fields } }];
      const { body } = await app
        .as('user1')
        .get<Fields[]>('/api/v4/datasets', { filter: { where, include: scoped } });
      const [found] = body[0]!['origdatablocks'] as Fields[];
      assert.equal(found?.['size'], 1);
      assert.ok(!('datasetId' in found), 'what joins it is not shown where nobody asked for it');
    }
  });

  it('of v4 show the fields that are named with their relation', async () => {
    const proposalId = `p-${Math.random()}`;
    const proposal = { proposalId, title: 'of light', email: 'pi@example.org', ownerGroup: 'group1' };
    await app.as('admin').post('/api/v3/proposals', proposal);
    const made = await app
      .as('admin')
      .post('/api/v3/datasets', rawDataset({ proposalId, isPublished: true }));
    const where = { pid: String(made.body['pid']) };
    for (const [path, user] of [
      ['/api/v4/datasets', app.as('user1')],
      ['/api/v4/datasets/findOne', app.as('user1')],
    ] as const) {
      const asked = async (fields: string[], include: unknown = ['proposals']): Promise<Fields> =>
        [(await user.get<unknown>(path, { filter: { where, include, fields } })).body].flat()[0] as Fields;
      const narrow = await asked(['pid', 'proposals.title']);
      assert.deepEqual(narrow, { _id: where.pid, pid: where.pid, proposals: [{ title: 'of light' }] }, path);
      const all = await asked(['pid', 'proposals.proposalId', 'proposals._id'], ['all']);
      assert.deepEqual(all['proposals'], [{ _id: proposalId, proposalId }]);
      assert.deepEqual(all['samples'], []);
      const whole = await asked(['pid', 'proposals']);
      assert.equal((whole['proposals'] as Fields[])[0]?.['email'], 'pi@example.org');
      const only = await asked(['proposals.title']);
      assert.deepEqual(only, { _id: where.pid, proposals: [{ title: 'of light' }] });
      for (const fields of [
        ['proposals', 'proposals.title'],
        ['proposals.title', 'proposals'],
        ['proposals.$where'],
      ]) {
        const { status, text } = await user.get(path, { filter: { where, include: ['proposals'], fields } });
        assert.equal(status, 400, `${JSON.stringify(fields)} ${text}`);
      }
    }
    const filter = { where, include: ['proposals'], fields: ['datasetName'] };
    const open = await app.anonymous.get<Fields[]>('/api/v4/datasets/public', { filter });
    assert.deepEqual(open.body[0]!['proposals'], [], 'of relations the reader may not see nothing is shown');
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
