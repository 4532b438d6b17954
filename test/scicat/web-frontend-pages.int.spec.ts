import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createDataset } from './support/records.js';
import { FrontendScene } from './support/frontend-scene.js';
import type { ScicatApp } from './support/scicat-app.js';

type Fields = Record<string, unknown>;

const limits = { skip: 0, limit: 25, order: 'createdAt:desc' };

/** The pages beside the datasets: calls as they were recorded, oddities included, and what each page cannot do without. */
describe("The web frontend's calls on other pages", () => {
  let scene: FrontendScene;
  let app: ScicatApp;
  before(async () => {
    scene = await FrontendScene.start();
    ({ app } = scene);
  });
  after(() => scene.stop());

  const rows: FrontendScene['rows'] = (...parameters) => scene.rows(...parameters);
  const one: FrontendScene['one'] = (...parameters) => scene.one(...parameters);
  const user = () => scene.user;
  /** Two list pages send the token in the address too. */
  const beside = () => ({ access_token: `Bearer ${user().token}` });

  describe('of published data', () => {
    const metadata = {
      creators: [{ name: 'Lovelace, Ada' }],
      publisher: { name: 'The facility' },
      publicationYear: 2026,
      resourceType: 'raw',
      landingPage: 'facility.example.org/detail/',
    };
    const path = (doi: unknown): string => `/api/v4/publisheddata/${encodeURIComponent(String(doi))}`;
    const save = async (more: Fields = {}): Promise<Fields> => {
      const { status, body, text } = await user().post('/api/v4/publisheddata', {
        title: 'Of whiskers',
        abstract: 'They are long.',
        datasetPids: [scene.raw],
        metadata,
        ...more,
      });
      assert.equal(status, 201, text);
      return body;
    };

    it('fill the form', async () => {
      const { metadataSchema, uiSchema } = await one('/api/v4/publisheddata/config');
      assert.deepEqual([typeof metadataSchema, typeof uiSchema], ['object', 'object']);
      const pids = [scene.raw, scene.derived].map((pid) => `pid=${encodeURIComponent(pid)}`).join('&');
      const form = await one(`/api/v4/publisheddata/formpopulate?${pids}`);
      assert.deepEqual(
        [typeof form['title'], typeof form['abstract'], typeof form['metadata']],
        ['string', 'string', 'object'],
        JSON.stringify(form),
      );
      const found = await rows('/api/v4/datasets', { filter: { where: { pid: { $in: [scene.raw] } } } });
      assert.deepEqual(
        found.map(({ pid }) => pid),
        [scene.raw],
      );
    });

    it('save, save again, change the list of datasets, and see it in the list', async () => {
      const { doi, status } = await save();
      assert.equal(typeof doi, 'string');
      assert.equal(status, 'private');
      assert.equal((await user().patch(path(doi), { title: 'Again', metadata })).body['title'], 'Again');
      const again = { datasetPids: [scene.raw, scene.derived] };
      assert.equal((await user().post(`${path(doi)}/resync`, again)).status, 201);
      const full = { title: 'Edited', abstract: 'A', datasetPids: [scene.raw], metadata };
      assert.equal((await user().post(`${path(doi)}/resync`, full)).status, 201);
      const detail = await one(path(doi));
      assert.deepEqual([detail['title'], detail['datasetPids']], ['Edited', [scene.raw]]);
      const listed = await rows('/api/v4/publishedData', { fields: {}, limits, ...beside() });
      assert.ok(listed.some((row) => row['doi'] === doi));
      const count = await one('/api/v4/publishedData/count', { fields: {}, limits, facets: [], ...beside() });
      assert.deepEqual(count, { count: listed.length });
      const searched = await rows('/api/v4/publishedData', {
        fields: { text: 'Edited' },
        limits,
        ...beside(),
      });
      assert.deepEqual(
        searched.map((row) => row['doi']),
        [doi],
      );
      const searchedCount = { fields: { text: 'Edited' }, limits, facets: [], ...beside() };
      assert.deepEqual(await one('/api/v4/publishedData/count', searchedCount), { count: 1 });
    });

    it('are told why a publication is refused, as a list of messages', async () => {
      const { doi } = await save({ metadata: { landingPage: 'x' } });
      for (const step of ['publish', 'register']) {
        const { status, body } = await user().post<Fields[]>(`${path(doi)}/${step}`);
        assert.equal(status, 400, step);
        assert.ok(body.length > 0 && body.every(({ message }) => typeof message === 'string'), step);
      }
    });

    it('publish, register and amend without a body; the state drives the buttons', async () => {
      const { doi } = await save();
      for (const [account, step, state] of [
        ['user1', 'publish', 'public'],
        ['user1', 'register', 'registered'],
        ['admin', 'amend', 'amended'],
        ['user1', 'register', 'registered'],
      ] as const) {
        const { status, text } = await app.as(account).post(`${path(doi)}/${step}`);
        assert.equal(status, 201, text);
        assert.equal((await one(path(doi)))['status'], state);
      }
      await app.as('user1').patch(scene.at(scene.raw), { isPublished: false });
    });
  });

  describe('of proposals, instruments and samples', () => {
    it('list proposals, each with its instruments, and their facets', async () => {
      for (const fields of [{}, { text: 'whiskers' }]) {
        const found = await rows('/api/v3/proposals/fullquery', { fields, limits });
        assert.equal(found.length, 2);
        assert.ok(
          found.every(({ instrumentIds }) => Array.isArray(instrumentIds)),
          'without it the whole list fails to render',
        );
        const facets = ['instrumentIds', 'pi_lastname', 'startTime'];
        const [facet] = await rows('/api/v3/proposals/fullfacet', { fields, facets });
        assert.deepEqual(facet?.['all'], [{ totalSets: 2 }]);
        assert.deepEqual(facet?.['instrumentIds'], [{ _id: 'i-1', count: 1 }]);
        for (const name of facets) assert.ok(Array.isArray(facet?.[name]), name);
      }
    });

    it('open a proposal and its parent after asking whether they may', async () => {
      const { parentProposalId } = await one('/api/v3/proposals/p-1');
      for (const id of ['p-1', String(parentProposalId)]) {
        assert.deepEqual(await one(`/api/v3/proposals/${id}/authorization`), { canAccess: true });
        assert.equal((await one(`/api/v3/proposals/${id}`))['proposalId'], id);
      }
      const stranger = await app.as('user2').get('/api/v3/proposals/p-1/authorization');
      assert.deepEqual([stranger.status, stranger.body], [200, { canAccess: false }]);
    });

    it('list the datasets of a proposal and of a sample, also where an id looks like a date or a number', async () => {
      const numbered = await createDataset(user(), { proposalId: '20240001', sampleId: '7' });
      for (const [where, expected] of [
        [{ proposalId: 'p-1' }, scene.raw],
        [{ sampleId: 's-1' }, scene.raw],
        [{ proposalId: '20240001' }, numbered],
        [{ sampleId: '7' }, numbered],
      ] as const) {
        const found = await rows('/api/v3/datasets', { filter: { where, limits } });
        assert.deepEqual(
          found.map(({ pid }) => pid),
          [expected],
        );
        assert.deepEqual(await one('/api/v3/datasets/count', { filter: { where } }), { count: 1 });
      }
    });

    it('find related proposals with skip null, and count them by the parameters they send', async () => {
      const filter = { where: { $or: [{ proposalId: { $in: ['p-parent'] } }, { parentProposalId: 'p-1' }] } };
      const page = { skip: null, limit: 25, order: 'createdAt:desc' };
      const related = await rows('/api/v3/proposals', { filters: { ...filter, limits: page } });
      assert.deepEqual(
        related.map(({ proposalId }) => proposalId),
        ['p-parent'],
      );
      assert.equal((await rows('/api/v3/proposals/fullquery', { fields: {}, limits: page })).length, 2);
      assert.deepEqual(await one('/api/v3/proposals/count', { fields: {}, filter }), { count: 1 });
    });

    it('change the metadata of a proposal and of an instrument as an administrator', async () => {
      const proposal = await app
        .as('admin')
        .patch('/api/v3/proposals/p-1', { metadata: { beam: { value: 1, unit: 'eV' } } });
      assert.equal(proposal.status, 200, proposal.text);
      const instrument = await app
        .as('admin')
        .patch('/api/v3/instruments/i-1', { customMetadata: { lens: 2 } });
      assert.equal(instrument.status, 200, instrument.text);
      const { pid, uniqueName, name, customMetadata } = await one('/api/v3/instruments/i-1');
      assert.deepEqual(
        [pid, uniqueName, name, customMetadata],
        ['i-1', 'i-1', 'Diffractometer', { lens: 2 }],
      );
      assert.equal((await rows('/api/v3/instruments', { filter: { limits } })).length, 1);
    });

    it('list samples, count them, and search by their characteristics', async () => {
      const sampleId = 'made-by-the-client';
      const created = await user().post('/api/v3/samples', {
        sampleId,
        owner: 'Ada',
        description: 'a crystal',
        ownerGroup: 'group1',
        sampleCharacteristics: { weight: { value: 1, unit: 'kg' } },
      });
      assert.equal(created.status, 201, created.text);
      assert.equal((await rows('/api/v3/samples/fullquery', { fields: {}, limits })).length, 2);
      assert.deepEqual(await one('/api/v3/samples/count', { fields: {} }), { count: 2 });
      const keys = await rows('/api/v3/samples/metadataKeys', { limits, fields: {} });
      assert.deepEqual(keys, ['weight']);
      const characteristics = [{ lhs: 'weight', relation: 'GREATER_THAN', rhs: 500, unit: 'g' }];
      const heavy = await rows('/api/v3/samples/fullquery', { fields: { characteristics }, limits });
      assert.deepEqual(
        heavy.map((row) => row['sampleId']),
        [sampleId],
      );
      assert.deepEqual(await one('/api/v3/samples/count', { fields: { characteristics } }), { count: 1 });
    });

    it('open a sample and change its characteristics', async () => {
      assert.equal((await one('/api/v3/samples/s-1/authorization'))['canAccess'], true);
      assert.equal((await one('/api/v3/samples/s-1'))['sampleId'], 's-1');
      assert.deepEqual(await rows('/api/v3/samples/s-1/attachments'), []);
      const sampleCharacteristics = { weight: { value: 3, unit: 'g' } };
      const { status, body } = await user().patch('/api/v3/samples/s-1', { sampleCharacteristics });
      assert.equal(status, 200);
      assert.equal(((body['sampleCharacteristics'] as Fields)['weight'] as Fields)['value'], 3);
    });
  });

  describe('of files, policies and the administrator', () => {
    it('list files, one object a row, and count them under another name', async () => {
      const page = { skip: 0, limit: 25, order: 'dataFileList.path:asc' };
      const files = await rows('/api/v3/origdatablocks/fullquery/files', { limits: page, fields: {} });
      assert.deepEqual(
        files.map((row) => [(row['dataFileList'] as Fields)['path'], row['datasetId']]),
        [
          ['a.h5', scene.raw],
          ['b.h5', scene.raw],
        ],
      );
      const [counted] = await rows('/api/v3/origdatablocks/fullfacet/files', { fields: {} });
      assert.deepEqual(counted, { all: [{ totalSets: 2 }] });
    });

    it('search files by words of their paths, and count what they found', async () => {
      const find = async (text: string): Promise<unknown[]> => {
        const found = await rows('/api/v3/origdatablocks/fullquery/files', {
          limits: { skip: 0, limit: 10 },
          fields: { text },
        });
        const [counted] = await rows('/api/v3/origdatablocks/fullfacet/files', { fields: { text } });
        const [total = { totalSets: 0 }] = counted?.['all'] as { totalSets: number }[];
        assert.equal(total.totalSets, found.length);
        return found.map((row) => (row['dataFileList'] as Fields)['path']);
      };
      assert.deepEqual((await find('h5')).sort(), ['a.h5', 'b.h5']);
      assert.deepEqual(await find('nowhere'), []);
    });

    it('list and count policies by bare parameters, and save some of them with 200', async () => {
      const admin = app.as('admin');
      const made = await admin.post('/api/v3/policies', {
        ownerGroup: 'frontend-group',
        manager: [app.emailOf('admin')],
      });
      assert.equal(made.status, 201, made.text);
      const page = await rows(
        '/api/v3/policies?order=ownerGroup:asc&skip=0&limit=25&where=%7B%7D',
        {},
        admin,
      );
      assert.ok(page.some(({ ownerGroup }) => ownerGroup === 'frontend-group'));
      const manager = encodeURIComponent(app.emailOf('admin'));
      const { count } = await one(`/api/v3/policies/count?manager=${manager}`, {}, admin);
      assert.equal(typeof count, 'number');
      const saved = await admin.post('/api/v3/policies/updateWhere', {
        data: { autoArchive: false, archiveEmailsToBeNotified: ['a@example.org'] },
        ownerGroupList: 'frontend-group',
      });
      assert.equal(saved.status, 200, saved.text);
      const filter = { ownerGroup: 'group1' };
      assert.equal(typeof (await one('/api/v3/datasets/count', { filter }, admin))['count'], 'number');
    });

    it('edit the configuration, and list the users', async () => {
      const path = '/api/v3/runtime-config/frontendConfig';
      const { data } = await one(path);
      const changed = { ...(data as Fields), siteTitle: 'Changed' };
      const { status, body } = await app.as('admin').put(path, { data: changed });
      assert.deepEqual([status, body['data']], [200, changed]);
      assert.deepEqual(await one('/api/v3/admin/config'), changed);
      const users = await rows('/api/v3/users', {}, app.as('admin'));
      assert.ok(users.some(({ username }) => username === 'user1'));
    });

    it('show logbooks, none where there is no service for them', async () => {
      assert.deepEqual(await rows('/api/v3/logbooks'), []);
      assert.equal((await user().get('/api/v3/logbooks/p-1')).status, 200);
    });
  });

  describe('of jobs', () => {
    const submit = (more: Fields) =>
      user().post('/api/v3/jobs', { emailJobInitiator: app.emailOf('user1'), ...more });
    const list = async () => {
      const pid = await createDataset(user(), { size: 10, packedSize: 8 });
      const block = { size: 10, dataFileList: [{ path: 'a', size: 10, time: '2024-01-01T00:00:00Z' }] };
      assert.equal((await user().post(`${scene.at(pid)}/origdatablocks`, block)).status, 201);
      return [{ pid, files: [] }];
    };

    it('archive and retrieve with the bodies of the buttons, and show them with v3 names', async () => {
      const datasetList = await list();
      const archive = await submit({ type: 'archive', jobParams: { username: 'user1' }, datasetList });
      assert.equal(archive.status, 201, archive.text);
      assert.match(archive.headers.get('content-type') ?? '', /json/, 'other answers count as failures');
      const stored = await createDataset(user(), { size: 10, packedSize: 8 });
      await app.as('archiveManager').patch(`${scene.at(stored)}/datasetlifecycle`, {
        archivable: false,
        retrievable: true,
        archiveStatusMessage: 'datasetOnArchiveDisk',
      });
      const jobParams = {
        username: 'user1',
        retrieveDestination: 'home',
        destinationPath: '/archive/retrieve',
      };
      const retrieve = await submit({
        type: 'retrieve',
        jobParams,
        datasetList: [{ pid: stored, files: [] }],
      });
      assert.equal(retrieve.status, 201, retrieve.text);

      const found = await rows('/api/v3/Jobs/fullquery', { fields: {}, limits, ...beside() });
      const shown = found.find(({ id }) => id === archive.body['id']);
      assert.ok(shown);
      assert.deepEqual(
        [shown['emailJobInitiator'], shown['type'], shown['datasetList'], shown['jobStatusMessage']],
        [app.emailOf('user1'), 'archive', datasetList, 'jobSubmitted'],
      );
      assert.ok(!Number.isNaN(Date.parse(String(shown['creationTime']))));
      assert.deepEqual((shown['jobParams'] as Fields)['username'], 'user1');
      assert.ok('jobResultObject' in shown);
      const [facet] = await rows('/api/v3/Jobs/fullfacet', { fields: {}, facets: [], ...beside() });
      assert.deepEqual(facet, { all: [{ totalSets: found.length }] });
      const detail = await one(`/api/v3/jobs/${String(shown['id'])}`);
      assert.equal(detail['id'], shown['id']);
    });

    it('search jobs by text', async () => {
      const { body } = await submit({
        type: 'archive',
        jobParams: { username: 'user1' },
        datasetList: await list(),
      });
      const found = await rows('/api/v3/Jobs/fullquery', {
        fields: { text: 'archive' },
        limits,
        ...beside(),
      });
      assert.ok(found.some(({ id }) => id === body['id']));
      // A part of a path is a word as well: a retrieval to /archive/retrieve is found by it, as on MongoDB.
      for (const { type, jobParams } of found)
        assert.match(JSON.stringify([type, jobParams]), /\barchive\b/i);
      const none = await rows('/api/v3/Jobs/fullquery', { fields: { text: 'archi' }, limits, ...beside() });
      assert.deepEqual(none, [], 'parts of words are none');
    });

    it('reset a dataset from the tab of the administrator', async () => {
      const { status, text } = await app.as('admin').post('/api/v3/jobs', {
        jobParams: { username: 'admin' },
        emailJobInitiator: app.emailOf('admin'),
        datasetList: await list(),
        type: 'reset',
      });
      assert.equal(status, 201, text);
    });

    it("refuse others' datasets", async () => {
      const { status } = await app.as('user2').post('/api/v3/jobs', {
        jobParams: { username: 'user2' },
        emailJobInitiator: app.emailOf('user2'),
        datasetList: await list(),
        type: 'archive',
      });
      assert.ok([400, 403].includes(status));
    });
  });
});
