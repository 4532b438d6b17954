import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ScicatApp } from './support/scicat-app.js';

type Fields = Record<string, unknown>;

/** A slip in a name must never widen an answer: clients archive and delete what they found. */
describe('A slip in a v4 filter', () => {
  let app: ScicatApp;

  before(async () => {
    app = await ScicatApp.start();
  });
  after(() => app.stop());

  const filtered = [
    ...['/datasets', '/datasets/count', '/datasets/findOne'],
    ...['/datasets/public', '/datasets/public/count', '/datasets/public/findOne'],
    ...['/origdatablocks', '/origdatablocks/files', '/origdatablocks/files/count', '/origdatablocks/public'],
    ...['/origdatablocks/public/files', '/origdatablocks/public/files/count'],
    ...['/attachments', '/attachments/public', '/jobs', '/jobs/fullquery', '/jobs/datasetDetails'],
    ...['/publisheddata', '/publisheddata/count', '/metadatakeys'],
  ];
  const slips: readonly [string, Fields][] = [
    ['customField', { customField: 1 }],
    ['ownerGroup', { ownerGroup: 'group1' }],
    ['limits.limt', { limits: { limt: 1 } }],
    ['where', { where: 'ownerGroup=group1' }],
    ['where', { where: null }],
    ['where', { where: [{ createdBy: 'x' }] }],
    ['fields', { fields: 'createdBy' }],
    ['limits', { limits: 5 }],
    ['nonsense', { limits: { sort: { nonsense: 'asc' } } }],
  ];

  it('is answered with 400 that names it, by everything that takes a filter', async () => {
    for (const path of filtered)
      for (const [name, filter] of slips) {
        const { status, body } = await app.as('admin').get(`/api/v4${path}`, { filter });
        const seen = `${path} ${JSON.stringify(filter)}: ${status} ${JSON.stringify(body)}`;
        assert.equal(status, 400, seen);
        assert.ok(String(body['message']).includes(name), seen);
      }
  });

  it('is told by its whole path, and counts know nothing but a condition', async () => {
    const paths: [string, Fields, string][] = [
      ['/datasets', { where: { bad: { $eq: 1 } } }, 'where.bad.$eq'],
      ['/datasets', { wheree: { pid: 'x' } }, 'wheree.pid'],
      ['/datasets', { where: { $or: [{ bad: 1 }] } }, 'where.$or.bad'],
      ['/datasets/count', { where: {}, limits: { limit: 1 } }, 'limits.limit'],
      ['/datasets/count', { fields: ['pid'] }, 'fields'],
      ['/datasets/public/count', { include: ['proposals'] }, 'include'],
    ];
    for (const [path, filter, name] of paths) {
      const { status, body } = await app.as('user1').get(`/api/v4${path}`, { filter });
      assert.deepEqual(
        [status, body['message']],
        [400, `Property ${name} should not exist in the filter object`],
        path,
      );
    }
    const shown = await app.as('user1').get('/api/v4/datasets', { filter: { fields: ['nonsense'] } });
    assert.equal(shown.status, 200, 'a name that nobody knows shows less, never more');
  });

  it('is found inside an include as well', async () => {
    const nested: readonly [string, Fields][] = [
      ['include.scop', { relation: 'origdatablocks', scop: {} }],
      ['include.scope.include', { relation: 'origdatablocks', scope: { include: ['x'] } }],
      ['include.scope.limit', { relation: 'origdatablocks', scope: { limit: 1 } }],
      ['include.scope.limits.limt', { relation: 'origdatablocks', scope: { limits: { limt: 1 } } }],
    ];
    for (const path of ['/datasets', '/datasets/findOne'])
      for (const [name, include] of nested) {
        const { status, body } = await app.as('user1').get(`/api/v4${path}`, { filter: { include } });
        assert.equal(status, 400, `${path} ${JSON.stringify(include)}`);
        assert.ok(String(body['message']).includes(name), String(body['message']));
      }
  });

  it('is found in the fields and limits of searches', async () => {
    const searches = [
      ...['/datasets/fullfacet', '/datasets/metadataKeys', '/datasets/public/fullfacet'],
      ...['/datasets/public/metadataKeys', '/jobs/fullfacet', '/origdatablocks/fullfacet'],
      ...['/origdatablocks/fullfacet/files', '/origdatablocks/public/fullfacet'],
      ...['/origdatablocks/public/fullfacet/files', '/publisheddata', '/publisheddata/count'],
    ];
    for (const path of searches) {
      const { status, body } = await app.as('admin').get(`/api/v4${path}`, { fields: { customField: null } });
      assert.equal(status, 400, path);
      assert.match(String(body['message']), /customField/);
      assert.equal((await app.as('admin').get(`/api/v4${path}`, { fields: {} })).status, 200, path);
    }
    const limits = { limt: 1 };
    const { status, body } = await app.as('admin').get('/api/v4/publisheddata', { limits });
    assert.deepEqual([status, /limits\.limt/.test(String(body['message']))], [400, true]);
  });

  it('does not touch what real clients send: v3 tolerates it, as SciCat does', async () => {
    const bare = { filter: { ownerGroup: 'group1' } };
    assert.equal((await app.as('user1').get('/api/v3/datasets/count', bare)).status, 200);
    const text = await app.as('user1').get('/api/v3/datasets', { filter: { where: 'pid=x' } });
    assert.equal(text.status, 400, 'a condition that is no object is no condition');
    const v4 = {
      filter: { limits: { limit: 1, skip: 0, order: 'createdAt:asc' }, include: null, fields: [] },
    };
    assert.equal((await app.as('user1').get('/api/v4/datasets', v4)).status, 200);
  });
});
