import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { badFilters, forbidden } from './support/records.js';
import { ScicatApp } from './support/scicat-app.js';

type Fields = Record<string, unknown>;
const path = '/api/v3/instruments';

describe('Instruments v3 (contract §1.12)', () => {
  let app: ScicatApp;
  let pid: string;
  before(async () => {
    app = await ScicatApp.start({ PID_PREFIX: 'scicat_testing' });
    const { status, body } = await app
      .as('admin')
      .post(path, { uniqueName: 'PSI-1', name: 'Beamline 1', customMetadata: { 'a.b': 1, $c: null } });
    assert.equal(status, 201, JSON.stringify(body));
    pid = String(body['pid']);
  });
  after(() => app.stop());

  it('makes a pid of the prefix and a UUID without a separator, or takes the one of the newer SDK', async () => {
    assert.match(pid, /^scicat_testing[0-9a-f-]{36}$/);
    const { body } = await app.as('admin').post(path, { pid: 'my/pid', uniqueName: 'two', name: 'Two' });
    assert.deepEqual(
      [body['pid'], body['_id'], body['id'], body['customMetadata']],
      ['my/pid', 'my/pid', 'my/pid', {}],
    );
  });

  it('has SI values of what was measured', async () => {
    const customMetadata = { length: { value: 5, unit: 'mm' } };
    const { body } = await app.as('admin').post(path, { uniqueName: 'si', name: 'Si', customMetadata });
    assert.deepEqual(body['customMetadata'], {
      length: { value: 5, unit: 'mm', valueSI: 0.005, unitSI: 'm' },
    });
    const changed = await app
      .as('admin')
      .patch(`${path}/${encodeURIComponent(String(body['pid']))}`, { customMetadata });
    assert.deepEqual(changed.body['customMetadata'], body['customMetadata']);
  });

  it('is created and changed by admins, deleted by DELETE_GROUPS alone', async () => {
    for (const user of [app.anonymous, app.as('user1'), app.as('archiveManager')]) {
      assert.deepEqual((await user.post(path, { nonsense: 1 })).body, forbidden);
      assert.deepEqual((await user.patch(`${path}/${pid}`, { nonsense: 1 })).body, forbidden);
    }
    await app.as('admin').post(path, { pid: 'gone', uniqueName: 'gone', name: 'Gone' });
    assert.equal((await app.as('admin').delete(`${path}/gone`)).status, 403);
    assert.equal((await app.as('archiveManager').delete(`${path}/gone`)).status, 200);
    const again = await app.as('archiveManager').delete(`${path}/gone`);
    assert.deepEqual([again.status, String(again.body['message']).includes('{"pid":"gone"}')], [404, true]);
  });

  it('refuses a unique name that is taken with 409', async () => {
    const { status, body } = await app.as('admin').post(path, { uniqueName: 'PSI-1', name: 'Other' });
    assert.deepEqual([status, body['message']], [409, 'Instrument with the same unique name already exists']);
    assert.equal((await app.as('admin').post(path, { uniqueName: 'nameless' })).status, 400);
  });

  it('is read by everybody; an unknown id answers 200 with an empty body', async () => {
    const { status, body } = await app.anonymous.get(`${path}/${pid}`);
    assert.deepEqual(
      [status, body['uniqueName'], body['name'], body['customMetadata']],
      [200, 'PSI-1', 'Beamline 1', { 'a.b': 1, $c: null }],
    );
    const unknown = await app.anonymous.get(`${path}/none`);
    assert.deepEqual([unknown.status, unknown.text, unknown.headers.get('content-type')], [200, '', null]);
  });

  it('lists, counts and finds one by a LoopBack filter; text that looks like a date stays text', async () => {
    const filter = { where: { uniqueName: 'PSI-1' }, limits: { skip: 0, limit: 1000 } };
    const list = await app.anonymous.get<Fields[]>(path, { filter });
    assert.deepEqual(
      list.body.map(({ pid: id }) => id),
      [pid],
    );
    assert.deepEqual((await app.anonymous.get(`${path}/count`, { filter })).body, { count: 1 });
    assert.equal((await app.anonymous.get(`${path}/findOne`, { filter })).body['pid'], pid);
    const none = await app.anonymous.get(`${path}/findOne`, { filter: { where: { name: 'x' } } });
    assert.deepEqual([none.status, none.text], [200, '']);
    const byOrder = await app.anonymous.get<Fields[]>(path, {
      filter: { limits: { order: 'uniqueName:asc', limit: 1 } },
    });
    assert.equal(byOrder.body[0]?.['uniqueName'], 'PSI-1');
  });

  it('changes name and metadata, never the unique name', async () => {
    const changed = await app.as('admin').patch(`${path}/${pid}`, { customMetadata: { d: 2 } });
    assert.deepEqual([changed.body['customMetadata'], changed.body['name']], [{ d: 2 }, 'Beamline 1']);
    assert.equal((await app.as('admin').patch(`${path}/${pid}`, { uniqueName: 'x' })).status, 400);
    const unknown = await app.as('admin').patch(`${path}/none`, { name: 'x' });
    assert.deepEqual([unknown.status, unknown.body['message']], [404, 'Instrument not found']);
    const late = { 'if-unmodified-since': 'Wed, 21 Oct 2015 07:28:00 GMT' };
    assert.equal((await app.as('admin').patch(`${path}/${pid}`, { name: 'x' }, late)).status, 412);
  });

  it('never answers 500 to bad input', async () => {
    for (const text of badFilters)
      for (const url of [path, `${path}/count`, `${path}/findOne`]) {
        const { status } = await app.anonymous.get(url, { filter: text });
        assert.ok(status < 500, `${url}?filter=${text.slice(0, 80)}: ${status}`);
      }
    assert.ok((await app.anonymous.get(`${path}?filter[where]=x&filter=y`)).status < 500);
  });
});
