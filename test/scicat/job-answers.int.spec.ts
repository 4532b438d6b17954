import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { MongoConnection } from '#persistence';
import { interruptOnce } from '../support/interrupt.js';
import { rawDataset } from './support/datasets.js';
import { ScicatApp, type AccountName } from './support/scicat-app.js';

type Fields = Record<string, unknown>;

const configuration = `
configVersion: v1
jobs:
  - jobType: note
    create: { auth: '#authenticated', actions: [] }
    update: { auth: '#jobOwnerUser', actions: [] }
  - jobType: owned
    create: { auth: '#datasetOwner', actions: [] }
    update: { auth: '#jobAdmin', actions: [] }
  - jobType: seen
    create: { auth: '#datasetAccess', actions: [] }
    update: { auth: '#jobAdmin', actions: [] }
  - jobType: checked
    create:
      auth: '#authenticated'
      actions:
        - actionType: validate
          request:
            contactEmail: { type: string }
            'jobParams.datasetList[*].pid': { type: string }
            jobParams.kind: { enum: [a, b] }
    update: { auth: '#jobOwnerUser', actions: [] }
  - jobType: anybody
    create: { auth: '#all', actions: [] }
    update: { auth: '#all', actions: [] }
`;
const mergePatch = { 'content-type': 'application/merge-patch+json' };

describe('Jobs, as archive systems and scripts of SciCat know them', () => {
  let app: ScicatApp;
  let folder: string;
  let pid: string;
  let foreign: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'catena-job-answers-'));
    await writeFile(join(folder, 'jobs.yaml'), configuration);
    app = await ScicatApp.start({
      JOB_CONFIGURATION_FILE: join(folder, 'jobs.yaml'),
      CREATE_JOB_PRIVILEGED_GROUPS: 'ingestor',
    });
    pid = await dataset('group1');
    foreign = await dataset('group2');
    const block = {
      archiveId: `archive-${pid}`,
      size: 7,
      packedSize: 8,
      chkAlg: 'sha1',
      version: '1',
      dataFileList: [{ path: 'a', size: 7, time: '2020-01-01T00:00:00.000Z', chk: 'x' }],
    };
    const path = `/api/v3/datasets/${encodeURIComponent(pid)}/datablocks`;
    const { status, text } = await app.as('admin').post(path, block);
    assert.equal(status, 201, text);
  });
  after(async () => {
    await app.stop();
    await rm(folder, { recursive: true });
  });

  const dataset = async (ownerGroup: string): Promise<string> => {
    const { status, body } = await app
      .as('admin')
      .post('/api/v3/datasets', rawDataset({ ownerGroup, accessGroups: [], isPublished: false }));
    assert.equal(status, 201, JSON.stringify(body));
    return String(body['pid']);
  };
  const listOf = (...pids: string[]): object[] => pids.map((one) => ({ pid: one, files: [] }));
  const made = async (body: Fields, account: AccountName = 'user1'): Promise<Fields> => {
    const answer = await app.as(account).post('/api/v4/jobs', body);
    assert.equal(answer.status, 201, answer.text);
    return answer.body;
  };
  const noted = (more: Fields = {}): Promise<Fields> =>
    made({ type: 'note', ownerGroup: 'group1', jobParams: { datasetList: listOf(pid), ...more } });
  const details = async (id: unknown, query: Fields, account: AccountName = 'user1'): Promise<Fields[]> => {
    const answer = await app
      .as(account)
      .get<Fields[]>('/api/v3/Jobs/datasetDetails', { jobId: String(id), ...query });
    assert.equal(answer.status, 200, answer.text);
    return answer.body;
  };

  it('shows of the datasets of a job the fields that an archive system names', async () => {
    const { id } = await noted();
    const datasetFields = { pid: true, ownerGroup: true, datasetlifecycle: true, owner: false };
    const [found] = await details(id, { datasetFields });
    assert.deepEqual(Object.keys(found!).sort(), ['datasetlifecycle', 'ownerGroup', 'pid']);
    assert.equal((found!['datasetlifecycle'] as Fields)['archivable'], true);
    assert.deepEqual(await details(id, { datasetFields: { ownerGroup: true } }), [{ ownerGroup: 'group1' }]);
    assert.equal((await details(id, {}))[0]!['pid'], pid);
  });

  it('shows datablocks inside each of these datasets, with the fields named for them', async () => {
    const { id } = await noted();
    const datasetFields = { pid: true };
    const whole = { _id: true, archiveId: true, size: true };
    for (const include of [{ relation: 'datablocks' }, [{ relation: 'datablocks' }], 'datablocks'])
      assert.deepEqual(
        await details(id, { datasetFields, include, includeFields: { archiveId: true, size: true } }),
        [{ pid, datablocks: [{ archiveId: `archive-${pid}`, size: 7 }] }],
      );
    const [named] = await details(id, {
      datasetFields,
      include: { relation: 'datablocks' },
      includeFields: whole,
    });
    assert.equal(typeof (named!['datablocks'] as Fields[])[0]!['_id'], 'string');
    const [every] = await details(id, { include: { relation: 'datablocks' } });
    assert.equal(every!['ownerGroup'], 'group1');
    assert.equal((every!['datablocks'] as Fields[])[0]!['datasetId'], pid);
  });

  it('shows to nobody datasets, or datablocks, that are not theirs', async () => {
    const { id } = await made(
      { type: 'note', ownerGroup: 'group1', jobParams: { datasetList: listOf(pid, foreign) } },
      'admin',
    );
    const query = { datasetFields: { pid: true }, include: { relation: 'datablocks' } };
    assert.deepEqual(
      (await details(id, query)).map((one) => one['pid']),
      [pid],
    );
    const stranger = await app
      .as('user2')
      .get('/api/v3/Jobs/datasetDetails', { jobId: String(id), ...query });
    assert.equal(stranger.status, 403);
    for (const refused of [{ include: '{' }, { datasetFields: { $where: true } }]) {
      const answer = await app
        .as('user1')
        .get('/api/v3/Jobs/datasetDetails', { jobId: String(id), ...refused });
      assert.equal(answer.status, 400, answer.text);
    }
  });

  it('shows the fields of joined datasets that a v4 filter names', async () => {
    const { id } = await noted();
    const ask = async (path: string, filter: Fields): Promise<unknown> =>
      (await app.as('user1').get(path, { filter })).body;
    const joined = { include: ['datasets'], fields: ['id', 'type', 'datasets.pid'] };
    const expected = { id, type: 'note', datasets: [{ pid }] };
    assert.deepEqual(await ask('/api/v4/jobs', { where: { id }, ...joined }), [expected]);
    assert.deepEqual(await ask(`/api/v4/jobs/${String(id)}`, joined), expected);
    assert.deepEqual(
      await ask('/api/v4/jobs/datasetDetails', {
        where: { id },
        fields: ['id', 'datasetDetails.pid', 'datasetDetails.datablocks.size'],
      }),
      [{ id, datasetDetails: [{ pid, datablocks: [{ size: 7 }] }] }],
    );
    assert.deepEqual(
      await ask('/api/v4/jobs', {
        where: { id },
        include: ['datasets'],
        fields: ['jobParams', 'datasets.pid'],
      }),
      [{ jobParams: { datasetList: listOf(pid) }, datasets: [{ pid }] }],
    );
    assert.deepEqual(await ask('/api/v4/jobs', { where: { id }, fields: ['statusCode'] }), [
      { statusCode: 'jobSubmitted' },
    ]);
    const refused = await app.as('user1').get('/api/v4/jobs', { filter: { where: { 'datasets.pid': pid } } });
    assert.equal(refused.status, 400);
  });

  it('shows of v3 jobs the fields asked for, by their v3 names', async () => {
    const { id } = await noted({ mark: 'v3 fields' });
    const { body } = await app
      .as('user1')
      .get<Fields[]>('/api/v3/Jobs', { filter: { fields: ['id', 'jobStatusMessage', 'jobParams.mark'] } });
    const found = body.find((one) => one['id'] === id);
    assert.deepEqual(found, { id, jobStatusMessage: 'jobSubmitted', jobParams: { mark: 'v3 fields' } });
  });

  it('lists jobs in the order in which they came, where nobody asks for another', async () => {
    const mark = `order-${Math.random()}`;
    const ids: unknown[] = [];
    for (let count = 0; count < 4; count += 1) ids.push((await noted({ mark }))['id']);
    // The last one that was changed would come first, or last, in the order of most databases.
    await app.as('user1').patch(`/api/v4/jobs/${String(ids[1])}`, { statusCode: 'a', statusMessage: 'b' });
    const v4 = await app
      .as('user1')
      .get<Fields[]>('/api/v4/jobs', { filter: { where: { 'jobParams.mark': mark } } });
    const v3 = await app
      .as('user1')
      .get<Fields[]>('/api/v3/Jobs/fullquery', { fields: { 'jobParams.mark': mark } });
    for (const { body } of [v4, v3])
      assert.deepEqual(
        body.map(({ id }) => id),
        ids,
      );
  });

  it('stores the parameters of a v3 job as they were given, the user name too', async () => {
    const jobParams = { username: 'user1', ownerGroup: 'group1', deep: { a: [1] } };
    const { status, body, text } = await app
      .as('user1')
      .post('/api/v3/Jobs', { type: 'note', jobParams, datasetList: listOf(pid) });
    assert.equal(status, 201, text);
    const stored = await app.collection('Job').findOne({ _id: String(body['id']) });
    assert.deepEqual(stored!['jobParams'], { datasetList: listOf(pid), ...jobParams });
    const without = await app.as('user1').post('/api/v3/Jobs', { type: 'note', datasetList: listOf(pid) });
    const other = await app.collection('Job').findOne({ _id: String(without.body['id']) });
    assert.deepEqual(other!['jobParams'], { datasetList: listOf(pid) });
  });

  it("lets a user's own rights count for a job that somebody privileged posts for them", async () => {
    const attempt = async (account: AccountName, body: Fields): Promise<number> =>
      (await app.as(account).post('/api/v4/jobs', body)).status;
    const on = (one: string): Fields => ({ jobParams: { datasetList: listOf(one) } });
    for (const type of ['owned', 'seen']) {
      assert.equal(await attempt('ingestor', { type, ownerUser: 'user1', ...on(pid) }), 201, type);
      assert.equal(await attempt('ingestor', { type, ownerUser: 'user1', ...on(foreign) }), 403, type);
      const both = { type, ownerUser: 'user1', ownerGroup: 'group2', ...on(foreign) };
      assert.equal(await attempt('ingestor', both), 403, `${type}: the user is not in that group`);
      assert.equal(await attempt('ingestor', { type, ownerUser: 'nobody', ...on(pid) }), 403, type);
    }
    const v3 = await app.as('ingestor').post('/api/v3/Jobs', {
      type: 'seen',
      jobParams: { username: 'user1' },
      datasetList: listOf(pid),
    });
    assert.equal(v3.status, 201, v3.text);
    const stored = await app.collection('Job').findOne({ _id: String(v3.body['id']) });
    assert.deepEqual([stored!['ownerUser'], stored!['ownerGroup']], ['user1', 'group1']);
  });

  it('merges a merge patch deeply into the result, in both versions', async () => {
    for (const version of ['v3', 'v4']) {
      const { id } = await noted();
      const path = `/api/${version}/Jobs/${String(id)}`;
      const status = version === 'v3' ? { jobStatusMessage: 'a' } : { statusCode: 'a', statusMessage: 'b' };
      const send = (jobResultObject: Fields, headers = {}) =>
        app.as('user1').patch(path, { ...status, jobResultObject }, headers);
      await send({ kept: { one: 1, two: 2 }, gone: true });
      const { body } = await send({ kept: { two: 3 }, gone: null, more: [1] }, mergePatch);
      assert.deepEqual(body['jobResultObject'], { kept: { one: 1, two: 3 }, more: [1] }, version);
      const replaced = await send({ only: 1 });
      assert.deepEqual(replaced.body['jobResultObject'], { only: 1 });
    }
  });

  it('leaves the status that another worker set meanwhile, where a v3 change has none', async () => {
    for (const headers of [{}, mergePatch]) {
      const { id } = await noted();
      const path = `/api/v3/jobs/${String(id)}`;
      const gap = interruptOnce(app.get(MongoConnection), 'Job', 'findOneAndUpdate', async () => {
        const ended = await app.as('user1').patch(path, { jobStatusMessage: 'finishedSuccessful' });
        assert.equal(ended.status, 200, ended.text);
      });
      const { status, text } = await app.as('user1').patch(path, { jobResultObject: { a: 1 } }, headers);
      assert.equal(status, 200, text);
      assert.ok(gap.happened());
      const { body } = await app.as('user1').get(path);
      assert.deepEqual([body['jobStatusMessage'], body['jobResultObject']], ['finishedSuccessful', { a: 1 }]);
    }
  });

  it('loses no part of results that many workers merge at once', async () => {
    const { id } = await noted();
    const parts = Array.from({ length: 8 }, (_, index) => `part${index}`);
    const answers = await Promise.all(
      parts.map((part) =>
        app
          .as('user1')
          .patch(
            `/api/v4/jobs/${String(id)}`,
            { statusCode: 'a', statusMessage: 'b', jobResultObject: { parts: { [part]: part } } },
            mergePatch,
          ),
      ),
    );
    assert.deepEqual(
      answers.map(({ status }) => status),
      parts.map(() => 200),
    );
    const { body } = await app.as('user1').get(`/api/v4/jobs/${String(id)}`);
    assert.deepEqual(
      (body['jobResultObject'] as Fields)['parts'],
      Object.fromEntries(parts.map((part) => [part, part])),
    );
  });

  it('lets the actions of a job type see the same request in both versions', async () => {
    const jobParams = { kind: 'a' };
    const v3 = { type: 'checked', jobParams, datasetList: listOf(pid) };
    const v4 = {
      type: 'checked',
      ownerGroup: 'group1',
      contactEmail: 'user1@example.org',
      jobParams: { ...jobParams, datasetList: listOf(pid) },
    };
    for (const [version, body] of [
      ['v3', v3],
      ['v4', v4],
    ] as const) {
      const path = `/api/${version}/jobs`;
      const answer = await app.as('user1').post(path, body);
      assert.equal(answer.status, 201, `${version}: ${answer.text}`);
      const wrong = { ...body, jobParams: { ...body.jobParams, kind: 'c' } };
      const refused = await app.as('user1').post(path, wrong);
      assert.deepEqual(
        [refused.status, refused.body['message']],
        [400, "Invalid request. Invalid value for 'jobParams.kind'"],
      );
    }
  });

  it("takes the PUT of a whole job from workers of Catamel's time for a PATCH", async () => {
    const { id } = await noted({ mark: 'put' });
    const whole = (await app.as('user1').get(`/api/v3/jobs/${String(id)}`)).body;
    const { status, body, text } = await app.as('user1').put(`/api/v3/Jobs/${String(id)}`, {
      ...whole,
      jobStatusMessage: 'finishedSuccessful',
      jobResultObject: { done: true },
      whatever: 1,
    });
    assert.equal(status, 200, text);
    assert.deepEqual(
      [body['jobStatusMessage'], body['jobResultObject'], (body['jobParams'] as Fields)['mark']],
      ['finishedSuccessful', { done: true }, 'put'],
    );
    assert.equal((await app.as('user2').put(`/api/v3/Jobs/${String(id)}`, {})).status, 403);
    assert.equal((await app.as('admin').put('/api/v3/Jobs/none', {})).status, 400);
  });

  it("refuses what is wrong with SciCat's words", async () => {
    const said = async (
      version: string,
      account: AccountName | undefined,
      body: Fields,
    ): Promise<unknown[]> => {
      const client = account === undefined ? app.anonymous : app.as(account);
      const answer = await client.post(`/api/${version}/jobs`, body);
      return [answer.status, answer.body['message']];
    };
    const v4 = (datasetList: unknown): Fields => ({
      type: 'note',
      ownerGroup: 'group1',
      jobParams: { datasetList },
    });
    const incomplete = 'Dataset list is expected to contain sets of pid and files.';
    for (const [list, words] of [
      [[{ pid }], incomplete],
      [[{ files: [] }], incomplete],
      [[{ pid, files: [], more: 1 }], incomplete],
      [['text'], incomplete],
      [[{ pid: 1, files: [] }], "In datasetList each 'pid' field should be a string."],
      [[{ pid, files: 'a' }], "In datasetList each 'files' field should be an array."],
      [listOf('no/one', 'no/two'), 'Datasets with pid no/one,no/two do not exist.'],
    ] as const)
      assert.deepEqual(await said('v4', 'user1', v4(list)), [400, words]);
    const other = { type: 'note', ownerGroup: 'group2', jobParams: {} };
    const notInGroup = 'Invalid new job. User needs to belong to job owner group.';
    const withoutGroup = 'Invalid new job. Owner group should be specified.';
    assert.deepEqual(await said('v4', 'user1', other), [400, notInGroup]);
    assert.deepEqual(await said('v4', 'user1', { ...other, ownerGroup: undefined }), [400, withoutGroup]);
    const v3 = (type: unknown): Fields => ({ type, datasetList: listOf(foreign) });
    assert.deepEqual(await said('v3', 'user1', v3('owned')), [400, notInGroup]);
    assert.deepEqual(await said('v3', 'user1', v3('seen')), [400, withoutGroup]);
    assert.deepEqual(await said('v3', 'user1', v3(undefined)), [400, 'Invalid job type: undefined']);
    const [status, words] = await said('v3', 'user1', {
      ...v3('note'),
      datasetList: listOf(pid),
      emailJobInitiator: 'no',
    });
    assert.deepEqual([status, words], [400, ['contactEmail must be an email']]);
    assert.deepEqual(
      await said('v4', undefined, { type: 'owned', jobParams: { datasetList: listOf(pid) } }),
      [401, 'User not authenticated'],
    );
  });
});
