import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createDataset, createProposal, createSample } from './support/records.js';
import { ScicatApp } from './support/scicat-app.js';

type Fields = Record<string, unknown>;
const json = { 'content-type': 'application/json' };

/** What clients feel of SciCat beside what each resource does. */
describe('Answers as SciCat gives them', () => {
  let app: ScicatApp;
  before(async () => {
    app = await ScicatApp.start();
  });
  after(() => app.stop());

  it('K5: an empty body with the header of JSON counts as none, wherever a body is not needed', async () => {
    const { aid } = (
      await app.as('admin').post('/api/v4/attachments', {
        ...{ caption: 'c', ownerGroup: 'group1', isPublished: false },
      })
    ).body;
    const pid = await createDataset(app.as('user1'));
    await createSample(app.as('user1'), { sampleId: 'emptied' });
    await createProposal(app.as('admin'), 'emptied');
    const manager = app.as('archiveManager');
    for (const [method, path] of [
      ['DELETE', `/api/v4/attachments/${String(aid)}`],
      ['DELETE', `/api/v3/datasets/${encodeURIComponent(pid)}`],
      ['DELETE', '/api/v3/samples/emptied'],
      ['DELETE', '/api/v3/proposals/emptied'],
    ] as const) {
      const { status, text } = await manager.send(method, path, '', json);
      assert.equal(status, 200, `${method} ${path}: ${text}`);
    }
    assert.equal((await manager.send('POST', '/api/v3/auth/logout', '  ', json)).status, 200);
    const merge = { 'content-type': 'application/merge-patch+json; charset=utf-8' };
    await createSample(app.as('user1'), { sampleId: 'kept' });
    assert.equal((await app.as('user1').send('PATCH', '/api/v3/samples/kept', '', merge)).status, 200);
  });

  it('K5: where a body is needed, an empty one is refused with the fields that are missing', async () => {
    const { status, body } = await app.as('admin').send('POST', '/api/v3/proposals', '', json);
    assert.equal(status, 400);
    assert.ok(JSON.stringify(body['message']).includes('proposalId'), JSON.stringify(body));
    const broken = await app.as('admin').send('POST', '/api/v3/proposals', '{"a"', json);
    assert.deepEqual(
      [broken.status, broken.body['statusCode'], broken.body['error']],
      [400, 400, 'Bad Request'],
    );
  });

  it('K9: single records and lists show the id under both names', async () => {
    const admin = app.as('admin');
    await createSample(admin, { sampleId: 'two-names' });
    await createProposal(admin, 'two-names');
    const instrument = await admin.post('/api/v3/instruments', { uniqueName: 'two-names', name: 'n' });
    assert.equal(instrument.status, 201);
    const policies = await admin.get<Fields[]>('/api/v3/policies');
    assert.ok(policies.body.length > 0);
    const publication = await admin.post('/api/v4/publisheddata', {
      ...{ title: 't', abstract: 'a', datasetPids: [], metadata: {} },
    });
    assert.equal(publication.status, 201, JSON.stringify(publication.body));
    const lists = ['samples', 'proposals', 'instruments', 'policies'].map((name) => `/api/v3/${name}`);
    for (const list of [...lists, '/api/v4/publisheddata']) {
      const rows = (await admin.get<Fields[]>(list)).body;
      assert.ok(rows.length > 0, list);
      for (const row of rows) assert.equal(row['id'], row['_id'], list);
      const one = await admin.get(`${list}/${encodeURIComponent(String(rows[0]?.['_id']))}`);
      assert.equal(one.body['id'], rows[0]?.['_id'], list);
    }
  });

  it('K8: a publication may be written before its datasets are known', async () => {
    const flat = {
      ...{ title: 't', abstract: 'a', creator: ['Ada'], publisher: 'p', publicationYear: 2026 },
      ...{ dataDescription: 'd', resourceType: 'raw', pidArray: [] },
    };
    const v3 = await app.as('user1').post('/api/v3/publisheddata', flat);
    assert.equal(v3.status, 201, JSON.stringify(v3.body));
    assert.deepEqual(v3.body['pidArray'], []);
    const body = { title: '', abstract: 'a', datasetPids: [] };
    const v4 = await app.as('user1').post('/api/v4/publisheddata', body);
    assert.equal(v4.status, 201, JSON.stringify(v4.body));
    const url = `/api/v4/publisheddata/${encodeURIComponent(String(v4.body['doi']))}`;
    assert.equal((await app.as('user1').patch(url, { datasetPids: [], title: 'later' })).status, 200);
  });

  it('K12: a count takes a filter that is a bare condition', async () => {
    await createProposal(app.as('admin'), 'bare-1');
    await createProposal(app.as('admin'), 'bare-2', { ownerGroup: 'group2' });
    const filter = { $or: [{ proposalId: 'bare-1' }, { proposalId: 'bare-2' }] };
    const count = (query: Fields) => app.as('admin').get('/api/v3/proposals/count', query);
    assert.deepEqual((await count({ filter })).body, { count: 2 });
    assert.deepEqual((await count({ filter: { where: filter } })).body, { count: 2 });
    assert.deepEqual((await count({ filter, fields: { ownerGroup: ['group2'] } })).body, { count: 1 });
    const own = await app.as('user1').get('/api/v3/proposals/count', { filter });
    assert.deepEqual(own.body, { count: 1 });
    assert.equal((await count({ filter: { $where: 'x' } })).status, 400);
  });

  it('parameters that the published SDK sends as an object are read', async () => {
    await createProposal(app.as('admin'), 'inside-1', { title: 'inside' });
    const count = (query: Fields) => app.as('admin').get('/api/v3/proposals/count', query);
    assert.deepEqual((await count({ 'filters[filter]': { proposalId: 'inside-1' } })).body, { count: 1 });
    assert.deepEqual((await count({ 'filters[fields]': { title: ['inside'] } })).body, { count: 1 });
    const facets = await app.as('admin').get<Fields[]>('/api/v4/datasets/fullfacet', {
      'filters[fields]': { ownerGroup: ['nobody'] },
      'filters[facets]': ['type'],
    });
    assert.deepEqual(facets.body[0]?.['type'], []);
  });
});
