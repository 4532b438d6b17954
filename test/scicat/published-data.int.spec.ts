import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { PublicationDatasets } from '../../apps/catalog-api/src/published-data/publication-datasets.js';
import { pathOf, rawDataset } from './support/datasets.js';
import { ScicatApp, type AccountName } from './support/scicat-app.js';
import type { ScicatUser } from './support/scicat-user.js';

type Fields = Record<string, unknown>;

const metadata = {
  creators: [{ name: 'Lovelace, Ada' }],
  publisher: { name: 'The facility' },
  publicationYear: 2026,
  resourceType: 'raw',
};

/** Contract sections 1.9 and 5: records and states of publications. */
describe('Published data', () => {
  let app: ScicatApp;

  before(async () => {
    app = await ScicatApp.start({ DOI_PREFIX: '10.5072/', PUBLICATION_PUBLISHER: 'The facility' });
  });
  after(() => app.stop());

  const dataset = async (more: Fields = {}): Promise<string> => {
    const { status, body } = await app.as('admin').post('/api/v3/datasets', rawDataset(more));
    assert.equal(status, 201, JSON.stringify(body));
    return String(body['pid']);
  };
  const create = async (account: AccountName, more: Fields = {}): Promise<string> => {
    const datasetPids = (more['datasetPids'] as string[] | undefined) ?? [await dataset()];
    const body = { title: 'T', abstract: 'A', metadata, ...more, datasetPids };
    const answer = await app.as(account).post('/api/v4/publisheddata', body);
    assert.equal(answer.status, 201, answer.text);
    return String(answer.body['doi']);
  };
  const path = (doi: string, version = 'v4'): string =>
    `/api/${version}/publisheddata/${encodeURIComponent(doi)}`;
  const state = async (doi: string): Promise<unknown> =>
    (await app.as('admin').get(path(doi))).body['status'];

  it('goes from private over public and registered to amended and back', async () => {
    const pid = await dataset();
    const doi = await create('user1', { datasetPids: [pid] });
    assert.match(doi, /^10\.5072\/[0-9a-f-]{36}$/);
    assert.equal(await state(doi), 'private');
    for (const [account, step, expected, next] of [
      ['user1', 'publish', 201, 'public'],
      ['user1', 'publish', 400, 'public'],
      ['user1', 'register', 201, 'registered'],
      ['user1', 'amend', 403, 'registered'],
      ['admin', 'amend', 201, 'amended'],
      ['user1', 'register', 201, 'registered'],
    ] as const) {
      const { status, text } = await app.as(account).post(`${path(doi)}/${step}`);
      assert.equal(status, expected, `${step}: ${text}`);
      assert.equal(await state(doi), next);
    }
    const { body } = await app.anonymous.get(pathOf(pid));
    assert.equal(body['isPublished'], true);
  });

  it('P1, P3: a refused dataset leaves no half publication', async () => {
    const mine = await dataset();
    const theirs = await dataset({ ownerGroup: 'group2' });
    const doi = await create('user1', { datasetPids: [mine, theirs] });
    for (const step of ['publish', 'register']) {
      assert.equal((await app.as('user1').post(`${path(doi)}/${step}`)).status, 403);
      assert.equal(await state(doi), 'private');
      assert.equal((await app.as('user1').get(pathOf(mine))).body['isPublished'], false);
    }
  });

  it('P1: a step refused at the last moment leaves no dataset public that was not so', async () => {
    const datasets = app.get(PublicationDatasets);
    const show = datasets.show.bind(datasets);
    for (const step of ['publish', 'register']) {
      const [closed, shown, other] = [await dataset(), await dataset(), await dataset()];
      const dataFileList = [{ path: 'f', size: 1, time: '2026-01-01T00:00:00.000Z' }];
      const block = { datasetId: closed, size: 1, chkAlg: 'sha256', dataFileList };
      assert.equal((await app.as('admin').post('/api/v3/origdatablocks', block)).status, 201);
      const published = async (pid: string): Promise<unknown> =>
        (await app.as('admin').get(pathOf(pid))).body['isPublished'];
      await app.collection('Dataset').updateOne({ _id: shown }, { $set: { isPublished: true } });
      const doi = await create('user1', { datasetPids: [closed, shown, other] });
      datasets.show = async (...all) => {
        const opened = await show(...all);
        // Between that and the step: the record changes, and another publication shows one of its datasets.
        const theirs = await create('user1', { datasetPids: [other] });
        const records = app.collection('PublishedData');
        await records.updateOne({ _id: theirs }, { $set: { status: 'public' } });
        await records.updateOne({ _id: doi }, { $set: { title: 'meanwhile', updatedAt: new Date() } });
        return opened;
      };
      try {
        assert.equal((await app.as('user1').post(`${path(doi)}/${step}`)).status, 409);
      } finally {
        datasets.show = show;
      }
      assert.equal(await state(doi), 'private');
      assert.deepEqual(
        [await published(closed), await published(shown), await published(other)],
        [false, true, true],
        step,
      );
      const found = await app.collection('OrigDatablock').findOne({ datasetId: closed });
      assert.equal(found?.['isPublished'], false);
    }
  });

  it('P2: publishing does not touch the archive state', async () => {
    const pid = await dataset();
    await app.as('admin').patch(`${pathOf(pid)}/datasetlifecycle`, {
      archivable: false,
      retrievable: true,
      archiveStatusMessage: 'datasetOnArchiveDisk',
    });
    const doi = await create('user1', { datasetPids: [pid] });
    assert.equal((await app.as('user1').post(`${path(doi)}/register`)).status, 201);
    const { body } = await app.as('user1').get(`${pathOf(pid)}/datasetlifecycle`);
    assert.deepEqual(
      [body['archivable'], body['retrievable'], body['archiveStatusMessage']],
      [false, true, 'datasetOnArchiveDisk'],
    );
  });

  it('P5: the state cannot be set by creating or changing a record', async () => {
    const pid = await dataset();
    const body = { title: 'T', abstract: 'A', datasetPids: [pid], status: 'registered' };
    assert.equal((await app.as('user1').post('/api/v4/publisheddata', body)).status, 400);
    const doi = await create('user1');
    assert.equal((await app.as('user1').patch(path(doi), { status: 'registered' })).status, 400);
    assert.equal(
      (await app.as('user1').patch(path(doi), { status: 'private', title: 'echoed' })).status,
      200,
    );
    assert.equal(await state(doi), 'private');
  });

  it('answers missing metadata with a list of messages the web frontend can show', async () => {
    const doi = await create('user1', { metadata: {} });
    const { status, body } = await app.as('user1').post<{ message: string }[]>(`${path(doi)}/publish`);
    assert.equal(status, 400);
    assert.ok(body.length >= 2 && body.every(({ message }) => typeof message === 'string'));
    assert.ok(body.some(({ message }) => message.includes('creators')));
  });

  it('P12: counts files and bytes of its datasets', async () => {
    const pids = [await dataset({ size: 5, numberOfFiles: 1 }), await dataset({ size: 7, numberOfFiles: 2 })];
    const { body } = await app.as('user1').get(path(await create('user1', { datasetPids: pids })));
    assert.deepEqual([body['sizeOfArchive'], body['numberOfFiles']], [12, 3]);
  });

  it('shows drafts to their creator and administrators only', async () => {
    const doi = await create('user1');
    const shown = async (user = app.anonymous): Promise<number> => (await user.get(path(doi))).status;
    assert.deepEqual(
      [
        await shown(),
        await shown(app.as('user2')),
        await shown(app.as('user1')),
        await shown(app.as('admin')),
      ],
      [404, 404, 200, 200],
    );
    await app.as('user1').post(`${path(doi)}/publish`);
    assert.deepEqual([await shown(), await shown(app.as('user2'))], [200, 200]);
    const listed = await app.anonymous.get<Fields[]>('/api/v4/publisheddata', { filter: { where: { doi } } });
    assert.deepEqual(listed.body, [], 'by its name only: lists show the public what is registered');
    await app.as('user1').post(`${path(doi)}/register`);
    assert.equal(await shown(), 200);
  });

  it('of others answer by their state first, in words that scripts know', async () => {
    const doi = await create('user1');
    const refusal = async (user: ScicatUser, method: string, suffix: string, body?: object) => {
      const answer = await user.send(method, `${path(doi)}${suffix}`, body);
      return [answer.status, answer.body as unknown];
    };
    const [other, admin] = [app.as('user2'), app.as('admin')];
    assert.deepEqual(await refusal(other, 'POST', '/amend'), [
      403,
      'Only admin users can amend published data.',
    ]);
    assert.equal((await other.patch(path(doi), { title: 'x' })).status, 404, 'a draft of another is none');
    await app.as('user1').post(`${path(doi)}/publish`);
    const resync = 'Published data can only be resynced if it is in private state.';
    assert.deepEqual(await refusal(other, 'PATCH', '', { title: 'x' }), [400, resync]);
    assert.deepEqual(await refusal(other, 'POST', '/resync', { title: 'x' }), [400, resync]);
    assert.deepEqual(await refusal(other, 'POST', '/publish'), [
      400,
      'Published data can only be published if it is in private state.',
    ]);
    const removal = 'Published data can only be removed if it is in private state.';
    assert.deepEqual(await refusal(app.as('archiveManager'), 'DELETE', ''), [400, removal]);
    await app.as('user1').post(`${path(doi)}/register`);
    const updated = `Published data with id ${doi} is already registered or amended. It cannot be updated.`;
    assert.deepEqual(await refusal(admin, 'PATCH', '', { title: 'x' }), [400, updated]);
    const none = await admin.patch(path('10.5072/none'), { title: 'x' });
    assert.deepEqual(
      [none.status, none.body['message']],
      [404, 'Published data with id 10.5072/none not found.'],
    );
    const flat = await admin.get(path('10.5072/none', 'v3'));
    assert.equal(flat.body['message'], "No PublishedData with the id '10.5072/none' exists");
  });

  it('of others are removed by DELETE_GROUPS while they are private', async () => {
    for (const version of ['v3', 'v4'] as const) {
      const doi = await create('user1');
      assert.equal((await app.anonymous.delete(path(doi, version))).status, version === 'v3' ? 403 : 401);
      assert.equal((await app.as('user1').delete(path(doi, version))).status, 403);
      const removed = await app.as('archiveManager').delete(path(doi, version));
      assert.deepEqual([removed.status, removed.body['doi']], [200, doi]);
    }
    assert.equal((await app.anonymous.post('/api/v4/publisheddata', {})).status, 403);
    assert.equal((await app.anonymous.get('/api/v4/publisheddata/formpopulate')).status, 403);
  });

  it('v4 lists take the words of v3 in a filter, limits beside it, and come in the order of their making', async () => {
    const titles = ['w1', 'w2', 'w3'];
    for (const title of titles) await create('user1', { title });
    const list = async (query: Fields) =>
      (await app.as('user1').get<Fields[]>('/api/v4/publisheddata', query)).body.map((row) => row['title']);
    const filter = { where: { title: { inq: titles } } };
    assert.deepEqual(await list({ filter }), titles);
    assert.deepEqual(await list({ filter, limits: { limit: 1, skip: 1 } }), ['w2']);
    assert.deepEqual(await list({ filter: { ...filter, limits: { limit: 1, order: 'title:desc' } } }), [
      'w3',
    ]);
    assert.deepEqual(await list({ filter: { ...filter, limits: { sort: { title: 'desc' }, limit: 2 } } }), [
      'w3',
      'w2',
    ]);
    const recent = { createdAt: { gte: new Date(Date.now() - 3_600_000).toISOString() } };
    assert.deepEqual(await list({ filter: { where: { ...filter.where, ...recent } } }), titles);
    const bad = await app.as('user1').get('/api/v4/publisheddata', { filter: { where: { nonsense: 1 } } });
    assert.equal(bad.status, 400);
    const flat = (query: Fields) => app.as('user1').get<Fields[]>('/api/v3/publisheddata', query);
    const page = await flat({ filter, limits: { skip: 2, limit: 1 } });
    assert.deepEqual(
      page.body.map((row) => row['title']),
      ['w3'],
    );
  });

  it('P10: a condition of the client is combined with the rights, for lists and counts alike', async () => {
    const title = `t-${Math.random()}`;
    await create('user1', { title });
    const filter = { where: { $or: [{ title }, { title: 'x' }] } };
    assert.deepEqual((await app.as('user2').get('/api/v4/publisheddata', { filter })).body, []);
    assert.deepEqual((await app.as('user2').get('/api/v4/publisheddata/count', { filter })).body, {
      count: 0,
    });
    assert.deepEqual((await app.as('admin').get('/api/v4/publisheddata/count', { filter })).body, {
      count: 1,
    });
    const asFrontend = await app
      .as('user1')
      .get<Fields[]>('/api/v4/publishedData', { fields: { title }, limits: { skip: 0, limit: 5 } });
    assert.equal(asFrontend.body.length, 1);
  });

  it('F3: v3 asks for ownership, and a title alone does not wipe the metadata', async () => {
    const flat = {
      title: 'T',
      abstract: 'A',
      creator: ['Ada'],
      publisher: 'P',
      publicationYear: 2020,
      dataDescription: 'D',
      resourceType: 'raw',
      pidArray: [await dataset()],
    };
    const { status, body } = await app.as('user1').post('/api/v3/PublishedData', flat);
    assert.equal(status, 201, JSON.stringify(body));
    const doi = String(body['doi']);
    assert.deepEqual(
      [body['status'], body['creator'], body['pidArray']],
      ['pending_registration', ['Ada'], flat.pidArray],
    );
    for (const [method, suffix, sent] of [
      ['PATCH', '', { title: 'X' }],
      ['POST', '/register', undefined],
      ['POST', '/resync', { title: 'X' }],
    ] as const)
      assert.equal(
        (await app.as('user2').send(method, `${path(doi, 'v3')}${suffix}`, sent)).status,
        404,
        suffix,
      );
    const patched = await app.as('user1').patch(path(doi, 'v3'), { title: 'New' });
    assert.deepEqual(
      [patched.body['title'], patched.body['creator'], patched.body['publisher']],
      ['New', ['Ada'], 'P'],
    );
    const registered = await app.as('user1').post(`${path(doi, 'v3')}/register`);
    assert.deepEqual([registered.status, registered.body['doi']], [200, doi]);
    assert.equal((await app.anonymous.get(path(doi, 'v3'))).body['status'], 'registered');
  });

  it('P7: what is registered cannot be deleted or changed', async () => {
    const doi = await create('archiveManager', {
      datasetPids: [await dataset({ ownerGroup: 'archivemanager' })],
    });
    assert.equal((await app.as('user1').delete(path(doi))).status, 403);
    assert.equal((await app.as('archiveManager').post(`${path(doi)}/register`)).status, 201);
    for (const version of ['v3', 'v4'])
      assert.equal((await app.as('archiveManager').delete(path(doi, version))).status, 400);
    assert.equal((await app.as('admin').patch(path(doi), { title: 'X' })).status, 400);
    const draft = await create('archiveManager');
    assert.equal((await app.as('archiveManager').delete(path(draft))).status, 200);
    assert.equal((await app.as('admin').get(path(draft))).status, 404);
  });

  it('fills a form from datasets the caller may read, and only from those', async () => {
    const mine = await dataset({ description: 'words' });
    const theirs = await dataset({ ownerGroup: 'group2', description: 'secret' });
    const form = await app
      .as('user1')
      .get(
        `/api/v4/publisheddata/formpopulate?pid=${encodeURIComponent(mine)}&pid=${encodeURIComponent(theirs)}`,
      );
    assert.deepEqual([form.body['resourceType'], form.body['abstract']], ['raw', 'words']);
    assert.deepEqual((form.body['metadata'] as Fields)['publisher'], { name: 'The facility' });
    const closed = await app
      .as('user1')
      .get(`/api/v4/publisheddata/formpopulate?pid=${encodeURIComponent(theirs)}`);
    assert.deepEqual(closed.body, {});
    const config = await app.anonymous.get('/api/v4/publisheddata/config');
    assert.ok('metadataSchema' in config.body && 'uiSchema' in config.body);
  });
});
