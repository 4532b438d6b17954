import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { badFilters, createDataset, forbidden } from './support/records.js';
import { ScicatApp } from './support/scicat-app.js';

type Fields = Record<string, unknown>;
const path = '/api/v3/policies';

describe('Policies v3 (contract §1.13)', () => {
  let app: ScicatApp;
  before(async () => {
    app = await ScicatApp.start();
    for (const ownerGroup of ['p1', 'p2', 'p3']) {
      const manager = ownerGroup === 'p3' ? ['someone@example.org'] : [app.emailOf('policyKeeper')];
      const { status, body } = await app.as('policyKeeper').post(path, { ownerGroup, manager });
      assert.equal(status, 201, JSON.stringify(body));
    }
  });
  after(() => app.stop());

  const groups = (rows: Fields[]): unknown[] => rows.map((row) => row['ownerGroup']);
  const find = async (ownerGroup: string): Promise<Fields> => {
    const { body } = await app.as('admin').get<Fields[]>(path, { filter: { where: { ownerGroup } } });
    assert.equal(body.length, 1, `policies of ${ownerGroup}`);
    return body[0]!;
  };

  it('has the defaults of the contract', async () => {
    const policy = await find('p1');
    for (const [name, value] of Object.entries({
      tapeRedundancy: 'low',
      autoArchive: true,
      autoArchiveDelay: 7,
      archiveEmailNotification: false,
      archiveEmailsToBeNotified: [],
      retrieveEmailNotification: false,
      retrieveEmailsToBeNotified: [],
      embargoPeriod: 3,
      accessGroups: [],
    }))
      assert.deepEqual(policy[name], value, name);
    assert.match(String(policy['_id']), /^[0-9a-f-]{36}$/);
  });

  it('belongs to admins and POLICY_GROUPS; DELETE_GROUPS may delete and nothing else', async () => {
    const { _id } = await find('p1');
    for (const user of [app.anonymous, app.as('user1'), app.as('archiveManager')])
      for (const answer of [
        await user.post(path, { nonsense: 1 }),
        await user.get(path),
        await user.get(`${path}/count`),
        await user.get(`${path}/${String(_id)}`),
        await user.patch(`${path}/${String(_id)}`, {}),
        await user.post(`${path}/updateWhere`, {}),
      ])
        assert.deepEqual([answer.status, answer.body], [403, forbidden]);
    const created = await app.as('admin').post(path, { ownerGroup: 'gone', manager: [] });
    const id = String(created.body['_id']);
    assert.equal(created.body['id'], id);
    assert.equal((await app.as('admin').delete(`${path}/${id}`)).status, 403);
    assert.equal((await app.as('policyKeeper').delete(`${path}/${id}`)).status, 403);
    assert.equal((await app.as('archiveManager').delete(`${path}/${id}`)).status, 200);
    assert.equal((await app.as('archiveManager').delete(`${path}/${id}`)).status, 404);
    assert.equal((await app.as('admin').get(`${path}/${id}`)).text, '');
  });

  it('takes limit, skip and order at the top level of the filter, in the query or in a header', async () => {
    const where = { ownerGroup: { inq: ['p1', 'p2', 'p3'] } };
    const filter = { where, limit: 1, skip: 1, order: 'ownerGroup:desc' };
    const keeper = app.as('policyKeeper');
    assert.deepEqual(groups((await keeper.get<Fields[]>(path, { filter })).body), ['p2']);
    const header = await keeper.get<Fields[]>(path, {}, { filter: JSON.stringify(filter) });
    assert.deepEqual(groups(header.body), ['p2']);
    const both = await keeper.get(path, { filter }, { filter: '{}' });
    assert.equal(both.status, 400);
  });

  it('pages by the bare parameters of the frontend and tolerates its where and manager', async () => {
    const keeper = app.as('policyKeeper');
    const page = await keeper.get<Fields[]>(`${path}?order=ownerGroup:desc&skip=1&limit=2&where=x`);
    assert.deepEqual(groups(page.body), ['p2', 'p1']);
    assert.equal((await keeper.get(`${path}?order=&skip=x&limit=-3`)).status, 200);
    const count = await keeper.get(`${path}/count?manager=nobody@example.org`);
    assert.deepEqual([count.status, count.body], [200, { count: 3 }]);
    assert.deepEqual((await keeper.get(`${path}/count`, { where: { ownerGroup: 'p2' } })).body, { count: 1 });
  });

  it('updateWhere changes the policies of several groups with 200, the caller managing each', async () => {
    const keeper = app.as('policyKeeper');
    const done = await keeper.post(`${path}/updateWhere`, {
      ownerGroupList: 'p1, p2',
      data: { tapeRedundancy: 'medium' },
    });
    assert.deepEqual([done.status, done.body['message']], [200, 'successful policy update']);
    assert.deepEqual(
      [(await find('p1'))['tapeRedundancy'], (await find('p2'))['tapeRedundancy']],
      ['medium', 'medium'],
    );
    const refused = await keeper.post(`${path}/updateWhere`, {
      ownerGroupList: 'p1,p3',
      data: { tapeRedundancy: 'high' },
    });
    assert.deepEqual(
      [refused.status, refused.body['message']],
      [401, 'User not authorised for action based on policy'],
    );
    assert.equal((await find('p1'))['tapeRedundancy'], 'medium', 'all or none');
    const quoted = await keeper.post(`${path}/updateWhere`, {
      ownerGroupList: '"p1","without-a-policy"',
      data: { tapeRedundancy: 'low' },
    });
    assert.equal(quoted.status, 200, JSON.stringify(quoted.body));
    const made = await find('without-a-policy');
    assert.deepEqual(
      [(await find('p1'))['tapeRedundancy'], made['tapeRedundancy'], made['manager'], made['autoArchive']],
      ['low', 'low', [app.emailOf('policyKeeper')], false],
    );
    const many = Array.from({ length: 1001 }, (_, index) => `g${index}`).join(',');
    const tooMany = await keeper.post(`${path}/updateWhere`, { ownerGroupList: many, data: {} });
    assert.equal(tooMany.status, 400);
    for (const body of [
      {},
      { ownerGroupList: 'p1' },
      { ownerGroupList: 'p1', data: [] },
      { ownerGroupList: 'p1', data: { x: 1 } },
    ])
      assert.equal((await keeper.post(`${path}/updateWhere`, body)).status, 400, JSON.stringify(body));
  });

  it('T12: there is one for a new owner group, however many datasets of it arrive together', async () => {
    await Promise.all(
      Array.from({ length: 12 }, () => createDataset(app.as('ingestor'), { ownerGroup: 'crowd' })),
    );
    assert.equal(await app.collection('Policy').countDocuments({ ownerGroup: 'crowd' }), 1);
    const { _id } = await find('crowd');
    await app.as('admin').patch(`${path}/${String(_id)}`, { ownerGroup: 'renamed' });
    await createDataset(app.as('ingestor'), { ownerGroup: 'crowd' });
    assert.equal(await app.collection('Policy').countDocuments({ ownerGroup: 'crowd' }), 1);
    assert.equal(await app.collection('Policy').countDocuments({ ownerGroup: 'renamed' }), 1);
  });

  it('changes one policy', async () => {
    const { _id } = await find('p3');
    const { status, body } = await app
      .as('policyKeeper')
      .patch(`${path}/${String(_id)}`, { autoArchiveDelay: 14 });
    assert.deepEqual([status, body['autoArchiveDelay'], body['embargoPeriod']], [200, 14, 3]);
    assert.equal(
      (await app.as('admin').patch(`${path}/${String(_id)}`, { autoArchiveDelay: '14' })).status,
      400,
    );
    assert.equal((await app.as('admin').patch(`${path}/none`, {})).status, 404);
    assert.equal((await app.as('admin').post(path, { manager: [] })).status, 400, 'ownerGroup is required');
  });

  it('a new dataset makes a policy for a new group, and takes its class from an existing one', async () => {
    await app.as('policyKeeper').post(path, { ownerGroup: 'precious', tapeRedundancy: 'high' });
    const ingestor = app.as('ingestor');
    const pid = await createDataset(ingestor, {
      ownerGroup: 'precious',
      classification: 'IN=low,AV=low,CO=low',
    });
    const dataset = await app.as('admin').get(`/api/v3/datasets/${encodeURIComponent(pid)}`);
    assert.equal(dataset.body['classification'], 'IN=medium,AV=high,CO=low');
    await createDataset(ingestor, { ownerGroup: 'newcomers', ownerEmail: 'boss@example.org' });
    const policy = await find('newcomers');
    assert.deepEqual(
      [policy['manager'], policy['autoArchive'], policy['archiveEmailNotification']],
      [['boss@example.org'], false, true],
    );
  });

  it('never answers 500 to bad input', async () => {
    const admin = app.as('admin');
    for (const text of badFilters)
      for (const [url, name] of [
        [path, 'filter'],
        [`${path}/count`, 'where'],
        [path, 'limit'],
      ] as const) {
        const { status } = await admin.get(url, { [name]: text });
        assert.ok(status < 500, `${url}?${name}=${text.slice(0, 80)}: ${status}`);
      }
  });
});
