import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createDataset, createProposal, createSample, forbidden } from './support/records.js';
import { ScicatApp, type AccountName } from './support/scicat-app.js';

type Fields = Record<string, unknown>;
const thumbnail = 'data:image/png;base64,AAAA';

/** Contract §1.3, §1.10 and §1.11: the same attachments below three kinds of records. */
describe('Attachments v3', () => {
  let app: ScicatApp;
  let paths: {
    readonly dataset: string;
    readonly foreign: string;
    readonly proposal: string;
    readonly sample: string;
  };
  before(async () => {
    app = await ScicatApp.start();
    const below = (pid: string) => `/api/v3/datasets/${encodeURIComponent(pid)}/attachments`;
    const dataset = await createDataset(app.as('user1'), { accessGroups: ['group2'] });
    const foreign = await createDataset(app.as('user2'), { ownerGroup: 'group2' });
    await createProposal(app.as('admin'), 'p/1');
    await createSample(app.as('user1'), { sampleId: 's/1' });
    paths = {
      dataset: below(dataset),
      foreign: below(foreign),
      proposal: '/api/v3/proposals/p%2F1/attachments',
      sample: '/api/v3/samples/s%2F1/attachments',
    };
  });
  after(() => app.stop());

  const add = async (account: AccountName, path: string, caption: string): Promise<Fields> => {
    const { status, body } = await app.as(account).post(path, { caption, thumbnail, ownerGroup: 'nonsense' });
    assert.equal(status, 201, JSON.stringify(body));
    return body;
  };
  const captions = async (path: string): Promise<unknown[]> =>
    (await app.as('user1').get<Fields[]>(path)).body.map(({ caption }) => caption);

  it('has an id, the id of its record and the group of its record; one of a proposal keeps its own', async () => {
    for (const [account, path, name, id, group] of [
      ['admin', paths.proposal, 'proposalId', 'p/1', 'nonsense'],
      ['user1', paths.sample, 'sampleId', 's/1', 'group1'],
    ] as const) {
      const body = await add(account, path, 'shape');
      assert.deepEqual(
        [
          body[name],
          body['ownerGroup'] === group,
          body['caption'],
          body['thumbnail'],
          body['aid'] === body['id'],
          body['relationships'],
        ],
        [id, true, 'shape', thumbnail, true, undefined],
      );
      assert.match(String(body['id']), /^[0-9a-f-]{36}$/);
      const removed = await app.as(account).delete(`${path}/${String(body['id'])}`);
      assert.deepEqual(
        [removed.status, removed.body['aid'], removed.body['id']],
        [200, body['id'], body['id']],
      );
    }
    const body = await add('user1', paths.dataset, 'shape');
    assert.deepEqual([body['ownerGroup'], body['accessGroups']], ['group1', ['group2']]);
    const stored = await app.collection('Attachment').findOne({ _id: String(body['id']) });
    const [tie] = stored?.['relationships'] as Fields[];
    assert.deepEqual([tie?.['targetType'], tie?.['relationType']], ['dataset', 'is attached to']);
    await app.as('user1').delete(`${paths.dataset}/${String(body['id'])}`);
  });

  it('is added to datasets by admins, privileged ingestors and the group: gate, body, record', async () => {
    const body = { caption: 'c', ownerGroup: 'group1' };
    assert.deepEqual((await app.anonymous.post(paths.dataset, { nonsense: 1 })).body, forbidden);
    assert.equal((await app.as('user1').post(paths.foreign, { nonsense: 1 })).status, 400);
    const refused = await app.as('user1').post(paths.foreign, body);
    assert.deepEqual([refused.status, refused.body['message']], [403, 'Unauthorized access']);
    assert.equal((await app.as('user1').post('/api/v3/datasets/none/attachments', body)).status, 404);
    for (const account of ['admin', 'ingestor', 'user2'] as const)
      assert.equal((await app.as(account).post(paths.foreign, body)).status, 201, account);
    assert.equal(
      (await app.as('user1').post(paths.dataset, { ownerGroup: 'group1' })).status,
      400,
      'caption',
    );
  });

  it('of a proposal is added by PROPOSAL_GROUPS, changed by those of them who own it, and read by its readers', async () => {
    const body = { caption: 'c', ownerGroup: 'group1' };
    assert.deepEqual((await app.as('user1').post(paths.proposal, body)).body, forbidden, 'its owner');
    const added = await app.as('proposalIngestor').post(paths.proposal, body);
    assert.equal(added.status, 201);
    const url = `${paths.proposal}/${String(added.body['id'])}`;
    assert.equal((await app.as('proposalIngestor').get(paths.proposal)).status, 403);
    assert.equal((await app.as('proposalIngestor').patch(url, { caption: 'x' })).status, 403);
    assert.equal((await app.as('proposalIngestor').delete(url)).status, 403);
    assert.equal((await app.as('user1').get(paths.proposal)).status, 200);
    assert.equal((await app.as('admin').delete(url)).status, 200);
  });

  it('K4: of a sample is added by SAMPLE_PRIVILEGED_GROUPS, and removed by DELETE_GROUPS', async () => {
    const { id } = await add('sampleIngestor', paths.sample, 'of another group');
    const url = `${paths.sample}/${String(id)}`;
    assert.equal((await app.as('sampleIngestor').delete(url)).status, 403);
    assert.equal((await app.as('user2').delete(url)).status, 403);
    const removed = await app.as('archiveManager').delete(url);
    assert.deepEqual([removed.status, removed.body['aid']], [200, id]);
  });

  it('is changed and removed by admins and the group only', async () => {
    const { id } = await add('user2', paths.foreign, 'mine');
    for (const account of ['user1', 'ingestor', 'archiveManager'] as const) {
      const url = `${paths.foreign}/${String(id)}`;
      assert.equal((await app.as(account).put(url, { caption: 'x', ownerGroup: 'g' })).status, 403, account);
      assert.equal((await app.as(account).delete(url)).status, 403, account);
      assert.equal((await app.as(account).delete(paths.foreign)).status, 403, account);
    }
    assert.equal((await app.as('admin').delete(`${paths.foreign}/${String(id)}`)).status, 200);
  });

  it('is seen by those who may read the record', async () => {
    assert.equal((await app.as('user2').get(paths.dataset)).status, 200, 'by an access group');
    assert.equal((await app.as('user1').get(paths.foreign)).status, 403);
    for (const url of [paths.dataset, `${paths.dataset}/count`, paths.proposal, paths.sample])
      assert.equal((await app.anonymous.get(url)).status, 403, url);
    await app.as('user1').patch('/api/v3/samples/s%2F1', { isPublished: true });
    assert.equal((await app.anonymous.get(paths.sample)).status, 200);
  });

  it('lists the newest ten first; the count knows all', async () => {
    await app.as('user1').delete(paths.dataset);
    for (let index = 0; index < 13; index += 1) await add('user1', paths.dataset, `c${index}`);
    assert.deepEqual(await captions(paths.dataset), [
      'c12',
      'c11',
      'c10',
      'c9',
      'c8',
      'c7',
      'c6',
      'c5',
      'c4',
      'c3',
    ]);
    assert.deepEqual((await app.as('user1').get(`${paths.dataset}/count`)).body, { count: 13 });
    assert.deepEqual((await app.as('user1').delete(paths.dataset)).body, { count: 13 });
    assert.deepEqual(await captions(paths.dataset), []);
  });

  it('F5: PUT changes the attachment of that id, keeps its picture and its dataset', async () => {
    const first = await add('user1', paths.dataset, 'first');
    const second = await add('user1', paths.dataset, 'second');
    const url = `${paths.dataset}/${String(second['id'])}`;
    const { status, body } = await app.as('user1').put(url, { caption: 'changed', ownerGroup: 'group2' });
    assert.equal(status, 200);
    assert.deepEqual(
      [body['id'], body['caption'], body['thumbnail'], body['datasetId'], body['ownerGroup']],
      [second['id'], 'changed', thumbnail, second['datasetId'], 'group1'],
    );
    assert.deepEqual(await captions(paths.dataset), ['changed', 'first']);
    const elsewhere = `${paths.foreign}/${String(first['id'])}`;
    const wrong = await app.as('user2').put(elsewhere, { caption: 'stolen', ownerGroup: 'group2' });
    assert.deepEqual(
      [wrong.status, wrong.body['message']],
      [404, `Attachment: ${String(first['id'])} not found`],
    );
  });

  it('F5: DELETE removes the attachment of that id', async () => {
    for (const path of [paths.dataset, paths.proposal, paths.sample]) {
      const account = path === paths.proposal ? 'admin' : 'user1';
      const older = await add(account, path, 'older');
      const newer = await add(account, path, 'newer');
      assert.equal((await app.as(account).delete(`${path}/${String(newer['id'])}`)).status, 200);
      const left = (await app.as('user1').get<Fields[]>(path)).body.map(({ id }) => id);
      assert.ok(left.includes(older['id']) && !left.includes(newer['id']), path);
      assert.equal((await app.as(account).delete(`${path}/${String(newer['id'])}`)).status, 404);
    }
    const other = await add('user2', paths.foreign, 'of another dataset');
    assert.equal((await app.as('user1').delete(`${paths.dataset}/${String(other['id'])}`)).status, 404);
  });

  it('F5: PATCH below a proposal changes the attachment of that id', async () => {
    const first = await add('admin', paths.proposal, 'first');
    const second = await add('admin', paths.proposal, 'second');
    const { body } = await app
      .as('admin')
      .patch(`${paths.proposal}/${String(second['id'])}`, { caption: 'changed' });
    assert.deepEqual(
      [body['id'], body['caption'], body['proposalId'], body['ownerGroup']],
      [second['id'], 'changed', 'p/1', 'nonsense'],
    );
    const read = (await app.as('user1').get<Fields[]>(paths.proposal)).body;
    assert.equal(read.find(({ id }) => id === first['id'])?.['caption'], 'first');
    assert.equal((await app.as('user2').patch(`${paths.proposal}/${String(first['id'])}`, {})).status, 403);
  });

  it('one of a sample is read by its id, and takes the short body of the newer SDK', async () => {
    const created = await app.as('user1').post(paths.sample, { caption: 'short' });
    assert.equal(created.status, 201);
    const url = `${paths.sample}/${String(created.body['id'])}`;
    assert.equal((await app.as('user1').get(url)).body['caption'], 'short');
    const absent = await app.as('user1').get(`${paths.sample}/none`);
    assert.deepEqual([absent.status, absent.text], [200, ''], 'as findOne: nothing is no error');
    assert.equal((await app.as('user1').post(paths.sample, { thumbnail })).status, 400);
    assert.equal((await app.as('user2').post(paths.sample, { caption: 'x' })).status, 403);
  });

  it('one that hangs on two records loses only the tie to the one it is removed from', async () => {
    const { id, datasetId } = await add('user1', paths.dataset, 'shared');
    const relationships = [
      { targetId: datasetId, targetType: 'dataset' },
      { targetId: 'p/1', targetType: 'proposal' },
    ];
    const patched = await app.as('admin').patch(`/api/v4/attachments/${String(id)}`, { relationships });
    assert.equal(patched.status, 200);
    assert.equal((await app.as('user1').delete(`${paths.dataset}/${String(id)}`)).status, 200);
    const left = (await app.as('user1').get<Fields[]>(paths.proposal)).body;
    const view = left.find((one) => one['id'] === id);
    assert.deepEqual([view?.['proposalId'], view?.['datasetId']], ['p/1', undefined]);
  });
});
