import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { MongoConnection } from '#persistence';
import { interruptOnce } from '../support/interrupt.js';
import { badFilters, createDataset, forbidden } from './support/records.js';
import { ScicatApp } from './support/scicat-app.js';

type Fields = Record<string, unknown>;
const path = '/api/v4/attachments';

describe('Attachments v4 (contract §1.7)', () => {
  let app: ScicatApp;
  before(async () => {
    app = await ScicatApp.start();
    await create('own', { ownerGroup: 'group1' });
    await create('shared', { ownerGroup: 'group2', accessGroups: ['group1'] });
    await create('foreign', { ownerGroup: 'group2' });
    await create('public', { ownerGroup: 'group2', isPublished: true });
  });
  after(() => app.stop());

  const attachment = (more: Fields): Fields => ({
    caption: 'c',
    isPublished: false,
    ownerGroup: 'group1',
    ...more,
  });
  const create = async (aid: string, more: Fields = {}): Promise<Fields> => {
    const { status, body } = await app.as('admin').post(path, attachment({ aid, ...more }));
    assert.equal(status, 201, JSON.stringify(body));
    return body;
  };
  const aids = (rows: Fields[]): unknown[] => rows.map(({ aid }) => aid).sort();

  it('is made by members of its group and admins, and its relationships get the default relation', async () => {
    for (const answer of [
      await app.anonymous.post(path, { nonsense: 1 }),
      await app.anonymous.post(`${path}/isValid`, {}),
      await app.anonymous.patch(`${path}/own`, {}),
      await app.anonymous.put(`${path}/own`, {}),
      await app.anonymous.delete(`${path}/own`),
    ])
      assert.deepEqual([answer.status, answer.body], [403, forbidden]);
    const body = await create('tied', { relationships: [{ targetId: 'x', targetType: 'published_data' }] });
    assert.deepEqual(body['relationships'], [
      { targetId: 'x', targetType: 'published_data', relationType: 'is attached to' },
    ]);
    assert.deepEqual([body['_id'], body['id'], body['aid']], ['tied', 'tied', 'tied']);
    assert.equal(
      (await app.as('admin').post(path, { caption: 'c', ownerGroup: 'g' })).status,
      400,
      'isPublished',
    );
    const odd = attachment({ relationships: [{ targetId: 'x', targetType: 'moon' }] });
    assert.equal((await app.as('admin').post(path, odd)).status, 400);
  });

  it('of ordinary users belongs to their group, before and after a change', async () => {
    const user = app.as('user1');
    const mine = await user.post(path, attachment({ caption: 'mine' }));
    assert.equal(mine.status, 201, JSON.stringify(mine.body));
    const url = `${path}/${String(mine.body['aid'])}`;
    const given = attachment({ ownerGroup: 'group2' });
    const refused = await user.post(path, given);
    assert.deepEqual(
      [refused.status, refused.body['message']],
      [403, 'Unauthorized to create this attachment'],
    );
    assert.equal((await user.post(`${path}/isValid`, given)).status, 403);
    assert.deepEqual((await user.post(`${path}/isValid`, attachment({}))).body, { valid: true, reason: [] });
    assert.equal((await user.patch(url, { caption: 'changed' })).body['caption'], 'changed');
    assert.equal((await user.patch(url, { ownerGroup: 'group2' })).status, 403, 'given away');
    assert.equal((await app.as('user2').patch(url, { caption: 'x' })).status, 403);
    assert.equal((await app.as('user2').put(url, attachment({}))).status, 403);
    assert.equal((await app.as('user2').delete(url)).status, 403);
    assert.equal((await user.put(url, attachment({ caption: 'put' }))).body['caption'], 'put');
    const removed = await user.delete(url);
    assert.deepEqual([removed.status, removed.body['aid']], [200, mine.body['aid']]);
  });

  it('of ordinary users hangs on nothing that they may not add to, and on nothing that is not there yet', async () => {
    const pid = await createDataset(app.as('user1'));
    const foreign = await createDataset(app.as('user2'), { ownerGroup: 'group2' });
    const on = (targetType: string, targetId: string) =>
      attachment({ relationships: [{ targetType, targetId }] });
    const user = app.as('user1');
    const mine = await user.post(path, on('dataset', pid));
    assert.equal(mine.status, 201, JSON.stringify(mine.body));
    const refused = await user.post(path, on('dataset', foreign));
    assert.deepEqual(
      [refused.status, refused.body['message']],
      [403, `Unauthorized to create an attachment to dataset ${foreign}`],
    );
    const early = await user.post(path, on('proposal', 'p-to-come'));
    assert.deepEqual(
      [early.status, early.body['message']],
      [404, 'Proposal p-to-come not found for linking an attachment'],
    );
    const url = `${path}/${String(mine.body['aid'])}`;
    const moved = { relationships: [...(on('dataset', foreign)['relationships'] as Fields[])] };
    assert.equal((await user.patch(url, moved)).status, 403);
    assert.equal((await app.as('admin').patch(url, moved)).status, 200);
    const kept = await user.patch(url, { ...moved, caption: 'what hangs there already may stay' });
    assert.equal(kept.status, 200);
    const seen = await app
      .as('user2')
      .get<Fields[]>(`/api/v3/datasets/${encodeURIComponent(foreign)}/attachments`);
    assert.equal(seen.body.length, 1);
  });

  it('asks anew what it hangs on when another writer comes between', async () => {
    const foreign = await createDataset(app.as('user2'), { ownerGroup: 'group2' });
    const relationships = [{ targetType: 'dataset', targetId: foreign }];
    const { aid } = await create('contended', { ownerGroup: 'group1', relationships });
    const cut = interruptOnce(app.get(MongoConnection), 'Attachment', 'findOneAndUpdate', async () => {
      assert.equal(
        (await app.as('admin').patch(`${path}/${String(aid)}`, { relationships: [] })).status,
        200,
      );
    });
    const answer = await app.as('user1').patch(`${path}/${String(aid)}`, { relationships });
    assert.ok(cut.happened());
    assert.equal(answer.status, 403, 'the tie that it relied on was gone');
    assert.deepEqual(
      (await app.collection('Attachment').findOne({ _id: String(aid) }))?.['relationships'],
      [],
    );
  });

  it('refuses a taken aid with 409', async () => {
    assert.equal((await app.as('admin').post(path, attachment({ aid: 'own' }))).status, 409);
  });

  it('isValid answers 200 with the reasons', async () => {
    const admin = app.as('admin');
    assert.deepEqual((await admin.post(`${path}/isValid`, attachment({}))).body, { valid: true, reason: [] });
    const { status, body } = await admin.post(`${path}/isValid`, { caption: 5 });
    assert.deepEqual([status, body['valid']], [200, false]);
    const reasons = body['reason'] as Fields[];
    const reason = reasons.find(({ property }) => property === 'caption');
    assert.deepEqual(
      [reason?.['value'], typeof reason?.['target'], typeof reason?.['constraints']],
      [5, 'object', 'object'],
    );
  });

  it('is read by its groups, anybody when published, and admins', async () => {
    const where = { aid: { $in: ['own', 'shared', 'foreign', 'public'] } };
    for (const [account, visible] of [
      ['user1', ['own', 'public', 'shared']],
      ['user2', ['foreign', 'public', 'shared']],
      ['admin', ['foreign', 'own', 'public', 'shared']],
      [undefined, ['public']],
    ] as const) {
      const user = account === undefined ? app.anonymous : app.as(account);
      assert.deepEqual(aids((await user.get<Fields[]>(path, { filter: { where } })).body), visible);
      for (const aid of where.aid.$in) {
        const expected = (visible as readonly string[]).includes(aid) ? 200 : 403;
        assert.equal((await user.get(`${path}/${aid}`)).status, expected, `${account ?? 'anonymous'} ${aid}`);
      }
    }
    assert.deepEqual(aids((await app.as('admin').get<Fields[]>(`${path}/public`)).body), ['public']);
    assert.deepEqual((await app.as('user1').get(`${path}/foreign`)).body, {
      message: 'Unauthorized to this attachment',
      error: 'Forbidden',
      statusCode: 403,
    });
    assert.equal((await app.anonymous.get(`${path}/none`)).body['message'], 'Attachment: none not found');
  });

  it('checks names in a filter, knows fields and limits, and no include', async () => {
    const admin = app.as('admin');
    const picked = await admin.get<Fields[]>(path, {
      filter: {
        where: { aid: 'own' },
        fields: ['caption'],
        limits: { limit: 1, sort: { createdAt: 'asc' } },
      },
    });
    assert.deepEqual(picked.body, [{ _id: 'own', caption: 'c' }]);
    assert.equal((await admin.get(path, { filter: { where: { nonsense: 1 } } })).status, 400);
    assert.equal((await admin.get(path, { filter: { include: ['dataset'] } })).status, 400);
    const tie = { relationships: { $elemMatch: { targetId: 'x', targetType: 'published_data' } } };
    assert.deepEqual(aids((await admin.get<Fields[]>(path, { filter: { where: tie } })).body), ['tied']);
  });

  it('PATCH sets what is given; PUT replaces all but aid and creation', async () => {
    const before = await create('changing', {
      thumbnail: 'data:x',
      accessGroups: ['g'],
      instrumentGroup: 'i',
    });
    const patched = await app.as('admin').patch(`${path}/changing`, { caption: 'new' });
    assert.deepEqual([patched.body['caption'], patched.body['thumbnail']], ['new', 'data:x']);
    const put = await app.as('admin').put(`${path}/changing`, attachment({ caption: 'newest' }));
    assert.deepEqual(
      [put.body['caption'], put.body['thumbnail'], put.body['accessGroups'], put.body['instrumentGroup']],
      ['newest', undefined, [], undefined],
    );
    assert.deepEqual([put.body['createdAt'], put.body['aid']], [before['createdAt'], 'changing']);
    await app.as('admin').patch(`${path}/changing`, { thumbnail: 'data:y', instrumentGroup: 'i' });
    const merge = { 'content-type': 'application/merge-patch+json; charset=utf-8' };
    const merged = await app.as('admin').patch(`${path}/changing`, { thumbnail: null }, merge);
    assert.deepEqual([merged.body['thumbnail'], merged.body['instrumentGroup']], [undefined, 'i']);
    const odd = await create('a/b: c');
    assert.equal(
      (await app.as('admin').get(`${path}/${encodeURIComponent('a/b: c')}`)).body['aid'],
      odd['aid'],
    );
    const late = { 'if-unmodified-since': 'Wed, 21 Oct 2015 07:28:00 GMT' };
    assert.equal((await app.as('admin').patch(`${path}/changing`, { caption: 'x' }, late)).status, 412);
    assert.equal((await app.as('admin').patch(`${path}/none`, { caption: 'x' })).status, 404);
    assert.equal((await app.as('admin').patch(`${path}/none`, { caption: 5 })).status, 400);
  });

  it('is deleted by admins, DELETE_GROUPS and its group', async () => {
    await create('gone-1');
    await create('gone-3', { ownerGroup: 'group2' });
    assert.equal((await app.as('user1').delete(`${path}/gone-3`)).status, 403);
    await create('gone-2');
    assert.equal((await app.as('user1').delete(`${path}/foreign`)).status, 403);
    assert.equal((await app.as('admin').delete(`${path}/gone-1`)).status, 200);
    assert.equal((await app.as('archiveManager').delete(`${path}/gone-2`)).status, 200);
    assert.equal((await app.as('archiveManager').delete(`${path}/gone-2`)).status, 404);
  });

  it('never answers 500 to bad input', async () => {
    for (const text of badFilters) {
      const { status } = await app.as('admin').get(path, { filter: text });
      assert.ok(status < 500, `${text.slice(0, 80)}: ${status}`);
    }
    for (const body of ['{', '[]', 'null', '{"relationships":[5]}', '{"relationships":{"a":1}}'])
      for (const answer of [
        await app.as('admin').post(path, body),
        await app.as('admin').post(`${path}/isValid`, body),
        await app.as('admin').patch(`${path}/own`, body),
      ])
        assert.ok(answer.status < 500, `${body}: ${answer.status}`);
  });
});
