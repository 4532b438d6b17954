import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import jwt from 'jsonwebtoken';
import { FrontendScene, frontendFiles } from './support/frontend-scene.js';
import type { ScicatApp } from './support/scicat-app.js';

type Fields = Record<string, unknown>;

const picture = 'data:image/png;base64,AAAA';
const noLimits = { skip: 0, limit: 25, order: 'createdAt:desc' };

/** What SciCat's web frontend was recorded to send, sent again, and what each of its pages cannot do without. */
describe("The web frontend's calls", () => {
  let scene: FrontendScene;
  let app: ScicatApp;
  before(async () => {
    scene = await FrontendScene.start();
    ({ app } = scene);
  });
  after(() => scene.stop());

  const rows: FrontendScene['rows'] = (...parameters) => scene.rows(...parameters);
  const one: FrontendScene['one'] = (...parameters) => scene.one(...parameters);
  const at = (pid: string): string => scene.at(pid);
  const user = () => scene.user;

  describe('at the start', () => {
    it('find the configuration and the theme on their own origin', async () => {
      for (const [path, expected] of [
        ['/api/v3/admin/config', frontendFiles.config],
        ['/api/v3/admin/theme', frontendFiles.theme],
      ] as const) {
        const { status, body, headers } = await app.anonymous.get(path);
        assert.deepEqual([status, body], [200, expected]);
        assert.match(
          headers.get('content-type') ?? '',
          /json/,
          'anything else makes it fall back to its assets',
        );
      }
    });

    it('come from another origin with their methods and headers allowed', async () => {
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
        const { status, headers } = await app.anonymous.send('OPTIONS', '/api/v3/datasets', undefined, {
          origin: 'http://frontend.example.org',
          'access-control-request-method': method,
          'access-control-request-headers': 'authorization,content-type',
        });
        assert.equal(status, 204);
        assert.ok(
          ['*', 'http://frontend.example.org'].includes(headers.get('access-control-allow-origin') ?? ''),
        );
        assert.match(headers.get('access-control-allow-methods') ?? '', new RegExp(method));
        assert.match(headers.get('access-control-allow-headers') ?? '', /authorization.*content-type|\*/i);
      }
      const origin = { origin: 'http://frontend.example.org' };
      const refused = await app.anonymous.post(
        '/api/v3/auth/login',
        { username: 'x', password: 'y' },
        origin,
      );
      assert.equal(refused.status, 401);
      assert.ok(
        refused.headers.has('access-control-allow-origin'),
        'errors are read from the other origin too',
      );
    });
  });

  describe('of a session', () => {
    it('sign in with every field that the cookies are filled from', async () => {
      const { status, body } = await app.anonymous.post('/api/v3/auth/login', {
        username: 'user1',
        password: 'a password of the test',
      });
      assert.ok([200, 201].includes(status));
      assert.equal(
        body['id'],
        body['access_token'],
        'the cookie is filled from id, the calls from access_token',
      );
      const { iat, exp } = jwt.decode(String(body['id'])) as { iat: number; exp: number };
      assert.equal(exp - iat, body['ttl']);
      assert.ok(Math.abs(Date.parse(String(body['created'])) - Date.now()) < 60_000);
      assert.equal(body['userId'], scene.ids.user1);
      assert.equal((body['user'] as Fields)['username'], 'user1');
      const refused = await app.anonymous.post('/api/v3/auth/login', { username: 'user1', password: 'x' });
      assert.equal(refused.status, 401);
      assert.notEqual(refused.body['message'], 'SESSION_EXPIRED');
    });

    it('find the person, its identity and its settings', async () => {
      const self = await one('/api/v3/users/my/self');
      assert.deepEqual(
        [self['id'], self['username'], self['email']],
        [scene.ids.user1, 'user1', app.emailOf('user1')],
      );
      assert.equal((await one(`/api/v3/users/${scene.ids.user1}`))['id'], scene.ids.user1);
      const { profile } = (await one('/api/v3/useridentities/findOne', {
        filter: { where: { userId: scene.ids.user1 } },
      })) as { profile: Fields };
      assert.deepEqual(
        [profile['displayName'], profile['email'], profile['username']],
        ['user1', app.emailOf('user1'), 'user1'],
      );
      assert.ok((profile['accessGroups'] as string[]).includes('group1'));
      const settings = await one(`/api/v3/users/${scene.ids.user1}/settings`);
      assert.equal(typeof settings['datasetCount'], 'number');
      assert.equal(typeof settings['jobCount'], 'number');
      assert.equal(typeof settings['externalSettings'], 'object');
    });

    it('know administrators by the name of their identity', async () => {
      for (const name of ['admin', 'archiveManager', 'ingestor'] as const) {
        const { body } = await app.as(name).get('/api/v3/users/my/self');
        const identity = await app.as(name).get<{ profile: Fields }>('/api/v3/useridentities/findOne', {
          filter: { where: { userId: body['id'] } },
        });
        assert.equal(identity.body.profile['displayName'], name);
      }
    });

    it('answer 404, never null, for an identity that is not there', async () => {
      const { status } = await app
        .as('admin')
        .get('/api/v3/useridentities/findOne', { filter: { where: { userId: '65a0000000000000000000aa' } } });
      assert.equal(status, 404);
    });

    it('save page sizes and columns, and get the whole settings back', async () => {
      const path = `/api/v3/users/${scene.ids.user1}/settings`;
      const sized = await user().patch(path, { datasetCount: 100 });
      assert.deepEqual([sized.status, sized.body['datasetCount'], sized.body['jobCount']], [200, 100, 25]);
      await user().patch(`${path}/external`, { fe_dataset_table_columns: [{ name: 'pid', order: 1 }] });
      const { status, body } = await user().patch(`${path}/external`, { fe_sample_table_conditions: [] });
      assert.equal(status, 200);
      assert.deepEqual(body['externalSettings'], {
        fe_dataset_table_columns: [{ name: 'pid', order: 1 }],
        fe_sample_table_conditions: [],
      });
      assert.equal(body['datasetCount'], 100);
    });

    it('sign out', async () => {
      const login = await app.anonymous.post('/api/v3/auth/login', {
        username: 'user2',
        password: 'a password of the test',
      });
      const leaving = { authorization: `Bearer ${String(login.body['access_token'])}` };
      const { status, body } = await app.anonymous.post('/api/v3/auth/logout', undefined, leaving);
      assert.ok([200, 201].includes(status));
      assert.equal(typeof body, 'object');
    });
  });

  describe('of the list of datasets', () => {
    const find = (fields: Fields, limits: Fields = noLimits) =>
      rows('/api/v3/datasets/fullquery', { limits, fields: { mode: {}, ...fields } });
    const pids = async (fields: Fields): Promise<unknown[]> =>
      (await find(fields)).map(({ pid }) => pid).sort();

    it('show rows, newest first, and the total that the page count comes from', async () => {
      const found = await find({});
      assert.deepEqual(
        found.map(({ pid }) => pid),
        [scene.derived, scene.raw],
      );
      const facets = ['type', 'creationTime', 'creationLocation', 'ownerGroup', 'keywords'];
      const [facet] = await rows('/api/v3/datasets/fullfacet', { facets, fields: { mode: {} } });
      assert.deepEqual(facet?.['all'], [{ totalSets: 2 }]);
      assert.deepEqual(facet?.['type'], [
        { _id: 'raw', count: 1 },
        { _id: 'derived', count: 1 },
      ]);
      for (const name of facets) assert.ok(Array.isArray(facet?.[name]), name);
    });

    it('take each filter of the side panel', async () => {
      const today = new Date().toISOString();
      for (const [fields, expected] of [
        [{ text: 'whiskers' }, [scene.raw]],
        [{ keywords: ['mice'] }, [scene.raw]],
        [{ type: ['derived'] }, [scene.derived]],
        [{ ownerGroup: ['group1'] }, [scene.derived, scene.raw].sort()],
        [{ creationLocation: ['/x'] }, [scene.raw]],
        [{ pid: scene.raw }, [scene.raw]],
        [
          { creationTime: { begin: '2019-12-31T23:00:00.000Z', end: today } },
          [scene.derived, scene.raw].sort(),
        ],
        [{ creationTime: { begin: '2021-01-01T00:00:00.000Z', end: today } }, []],
        [{ isPublished: true }, []],
        [{ scientific: [{ lhs: 'temperature', relation: 'GREATER_THAN', rhs: 20, unit: 'K' }] }, [scene.raw]],
        [{ scientific: [{ lhs: 'temperature', relation: 'GREATER_THAN', rhs: 400, unit: 'K' }] }, []],
      ] as const)
        assert.deepEqual(await pids(fields), expected, JSON.stringify(fields));
    });

    it('run the conditions of the archive toggles', async () => {
      const archivable = { 'datasetlifecycle.archivable': true, 'datasetlifecycle.retrievable': false };
      const retrievable = { 'datasetlifecycle.archivable': false, 'datasetlifecycle.retrievable': true };
      const archive = (message: string) => ({ 'datasetlifecycle.archiveStatusMessage': message });
      const retrieve = (message: string) => ({ 'datasetlifecycle.retrieveStatusMessage': message });
      const working = {
        $or: [
          {
            'datasetlifecycle.retrievable': false,
            'datasetlifecycle.archivable': false,
            'datasetlifecycle.archiveStatusMessage': { $ne: 'scheduleArchiveJobFailed' },
            'datasetlifecycle.retrieveStatusMessage': { $ne: 'scheduleRetrieveJobFailed' },
          },
        ],
      };
      const systemError = {
        $or: [
          { 'datasetlifecycle.retrievable': true, 'datasetlifecycle.archivable': true },
          archive('scheduleArchiveJobFailed'),
          retrieve('scheduleRetrieveJobFailed'),
        ],
      };
      const userError = { $or: [archive('missingFilesError')] };
      const modes = { archivable, retrievable, working, systemError, userError };
      const matching = async (): Promise<string[]> => {
        const names: string[] = [];
        for (const [name, mode] of Object.entries(modes))
          if ((await find({ mode, pid: scene.derived })).length === 1) names.push(name);
        return names;
      };
      const lifecycle = async (state: Fields) => {
        const answer = await app.as('archiveManager').patch(`${at(scene.derived)}/datasetlifecycle`, state);
        assert.equal(answer.status, 200, answer.text);
      };
      await lifecycle({ archivable: true, retrievable: false });
      assert.deepEqual(await matching(), ['archivable']);
      await lifecycle({ archivable: false, retrievable: true });
      assert.deepEqual(await matching(), ['retrievable']);
      await lifecycle({ archivable: false, retrievable: false });
      assert.deepEqual(await matching(), ['working']);
      await lifecycle({ archiveStatusMessage: 'scheduleArchiveJobFailed' });
      assert.deepEqual(await matching(), ['systemError']);
      await lifecycle({ archiveStatusMessage: 'missingFilesError', archivable: true });
      assert.deepEqual(await matching(), ['archivable', 'userError']);
    });

    it('ask for the names of metadata, of instruments, and for pictures', async () => {
      const named = { where: {}, fields: ['key', 'humanReadableName'] };
      assert.ok(
        (await rows('/api/v4/metadatakeys', { filter: named })).some(({ key }) => key === 'temperature'),
      );
      const $or = ['key', 'humanReadableName'].map((name) => ({ [name]: { $regex: 'TEMP', $options: 'i' } }));
      const typed = await rows('/api/v4/metadatakeys', { filter: { ...named, where: { $or } } });
      assert.deepEqual(
        typed.map(({ key }) => key),
        ['temperature'],
      );
      const [instrument] = await rows('/api/v3/instruments', {
        filter: { limits: { skip: 0, limit: 1000 } },
      });
      assert.deepEqual([instrument?.['pid'], instrument?.['name']], ['i-1', 'Diffractometer']);
      assert.deepEqual(await one('/api/v3/instruments/count'), { count: 1 });
      assert.deepEqual(await one(`${at(scene.derived)}/thumbnail`), {});
    });

    it('show nothing to the anonymous but an empty page that they can count', async () => {
      const query = { limits: noLimits, fields: { mode: {} } };
      assert.deepEqual((await app.anonymous.get('/api/v3/datasets/fullquery', query)).body, []);
      const facets = await app.anonymous.get<Fields[]>('/api/v3/datasets/fullfacet', {
        fields: { mode: {} },
        facets: ['type'],
      });
      assert.deepEqual(facets.body, [{ all: [], type: [] }]);
    });
  });

  describe('of one dataset', () => {
    it('have every field that a tab needs', async () => {
      const dataset = await one(at(scene.raw));
      for (const [name, value] of Object.entries({
        pid: scene.raw,
        accessGroups: [],
        proposalId: 'p-1',
        sampleId: 's-1',
        instrumentId: 'i-1',
        ownerGroup: 'group1',
        type: 'raw',
      }))
        assert.deepEqual(dataset[name], value, name);
      assert.equal(typeof dataset['scientificMetadata'], 'object');
      assert.equal(typeof dataset['datasetlifecycle'], 'object');
      assert.ok(Array.isArray(dataset['history']));
      assert.equal(
        typeof (await one(at(scene.derived)))['scientificMetadata'],
        'object',
        '{} where there is none',
      );
      for (const path of ['proposals/p-1', 'samples/s-1']) {
        assert.equal((await one(`/api/v3/${path}/authorization`))['canAccess'], true);
        await one(`/api/v3/${path}`);
      }
      assert.equal((await one('/api/v3/instruments/i-1'))['pid'], 'i-1');
    });

    it('list its files, its related datasets and the logbook', async () => {
      const [block] = await rows(`${at(scene.raw)}/origdatablocks`);
      const [file] = block?.['dataFileList'] as Fields[];
      assert.deepEqual([file?.['path'], file?.['size'], typeof file?.['time']], ['a.h5', 5, 'string']);
      assert.deepEqual(await rows(`${at(scene.raw)}/datablocks`), []);
      for (const [where, expected] of [
        [{ type: 'derived', inputDatasets: scene.raw }, scene.derived],
        [{ pid: { $in: [scene.raw] } }, scene.raw],
      ] as const) {
        const limits = { skip: 0, limit: 25, order: 'creationTime:desc' };
        const found = await rows('/api/v3/datasets', { filter: { where, limits } });
        assert.deepEqual(
          found.map(({ pid }) => pid),
          [expected],
        );
        assert.deepEqual(await one('/api/v3/datasets/count', { filter: { where } }), { count: 1 });
      }
      const paging = {
        textSearch: '',
        showBotMessages: true,
        sortField: 'timestamp:desc',
        skip: 0,
        limit: 25,
      };
      assert.equal((await user().get(`${at(scene.raw)}/logbook`, { filters: paging })).status, 200);
    });

    it('change one thing at a time and read it again', async () => {
      for (const change of [
        { datasetName: 'New', description: 'words', keywords: ['a', 'b'] },
        { scientificMetadata: { temperature: { value: 20, unit: 'K' } } },
        { sharedWith: ['user2@example.org'] },
        { isPublished: true },
        { isPublished: false },
      ]) {
        const { status, text } = await user().patch(at(scene.derived), change);
        assert.equal(status, 200, text);
        const dataset = await one(at(scene.derived));
        for (const name of Object.keys(change).filter((key) => key !== 'scientificMetadata'))
          assert.deepEqual(dataset[name], change[name as keyof typeof change], name);
      }
      const { history } = (await one(at(scene.derived))) as { history: Fields[] };
      assert.ok(history.every((entry) => 'updatedAt' in entry && 'updatedBy' in entry));
      assert.ok(history.some((entry) => 'datasetName' in entry));
    });

    it('add, rename and remove pictures by their id', async () => {
      const path = `${at(scene.raw)}/attachments`;
      const added = await user().post(path, {
        thumbnail: picture,
        caption: 'a picture',
        ownerGroup: 'group1',
        accessGroups: [],
        datasetId: scene.raw,
      });
      assert.equal(added.status, 201, added.text);
      const [listed] = await rows(path);
      assert.equal(listed?.['id'], added.body['id']);
      assert.deepEqual(await one(`${at(scene.raw)}/thumbnail`), { thumbnail: picture });
      const renamed = await user().put(`${path}/${String(listed?.['id'])}`, {
        caption: 'renamed',
        ownerGroup: 'group1',
      });
      assert.deepEqual([renamed.status, renamed.body['caption']], [200, 'renamed']);
      assert.equal((await rows(path))[0]?.['thumbnail'], picture);
      assert.equal((await user().delete(`${path}/${String(listed?.['id'])}`)).status, 200);
      assert.deepEqual(await rows(path), []);
    });

    it('share a selection, one address or several', async () => {
      const filter = { where: { 'profile.email': app.emailOf('user2') } };
      const known = await app.as('admin').get('/api/v3/useridentities/isValidEmail', { filter });
      assert.equal(known.text, 'true');
      const share = (query: string) =>
        user().post(`${at(scene.derived)}/appendToArrayField?fieldName=sharedWith&${query}`);
      assert.equal((await share('data=one@example.org')).status, 201);
      assert.equal((await share('data=two@example.org&data=three@example.org')).status, 201);
      const shared = (await one(at(scene.derived)))['sharedWith'] as string[];
      for (const name of ['one', 'two', 'three']) assert.ok(shared.includes(`${name}@example.org`), name);
    });
  });
});
