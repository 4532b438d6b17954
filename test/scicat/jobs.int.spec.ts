import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
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
  - jobType: packed
    create: { auth: '#datasetOwner', actions: [{ actionType: catena, workflow: archive }] }
    update: { auth: '#jobAdmin', actions: [] }
`;

/** Contract sections 1.8 and 4: what jobs answer. What they do is shown in test/flows. */
describe('Jobs', () => {
  let app: ScicatApp;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'catena-job-types-'));
    await writeFile(join(folder, 'jobs.yaml'), configuration);
    app = await ScicatApp.start({
      JOB_CONFIGURATION_FILE: join(folder, 'jobs.yaml'),
      DELETE_JOB_GROUPS: 'archivemanager',
    });
  });
  after(async () => {
    await app.stop();
    await rm(folder, { recursive: true });
  });

  const dataset = async (more: Fields = {}): Promise<string> => {
    const { status, body } = await app.as('admin').post('/api/v3/datasets', rawDataset(more));
    assert.equal(status, 201, JSON.stringify(body));
    return String(body['pid']);
  };
  const job = async (
    account: AccountName,
    jobParams: Fields,
    type = 'note',
    group = 'group1',
  ): Promise<Fields> => {
    const { status, body } = await app
      .as(account)
      .post('/api/v4/jobs', { type, jobParams, ownerGroup: group });
    assert.equal(status, 201, JSON.stringify(body));
    return body;
  };

  it('knows its types, and says what is wrong with a dataset list', async () => {
    const twice = [
      { pid: 'nowhere', files: [] },
      { pid: 'nowhere', files: ['a'] },
    ];
    const attempts: [Fields, string][] = [
      [{ type: 'none', jobParams: {} }, 'Invalid job type: none'],
      [{ type: 'note', jobParams: { datasetList: 'x' } }, 'Invalid dataset list'],
      [{ type: 'note', jobParams: { datasetList: [] } }, 'List of passed datasets is empty.'],
      [
        { type: 'note', jobParams: { datasetList: [{ pid: 'nowhere', files: [] }] } },
        'Datasets with pid nowhere do not exist.',
      ],
      [
        { type: 'note', jobParams: { datasetList: twice } },
        'Expected each dataset once in datasetList, found nowhere twice: name all of its files in one entry.',
      ],
    ];
    for (const [body, message] of attempts) {
      const answer = await app.as('user1').post('/api/v4/jobs', { ownerGroup: 'group1', ...body });
      assert.equal(answer.status, 400);
      assert.ok(
        String(answer.body['message']).includes(message.replace('nowhere do', 'nowhere')) ||
          answer.body['message'] === message,
        answer.text,
      );
    }
    const pid = await dataset();
    const datasetList = twice.map((entry) => ({ ...entry, pid }));
    const { status, text } = await app.as('user1').post('/api/v3/jobs', { type: 'note', datasetList });
    assert.equal(status, 400, text);
    assert.match(text, /once in datasetList/);
  });

  it('answers the two views of one job', async () => {
    const pid = await dataset();
    const { status, body } = await app.as('user1').post('/api/v3/Jobs', {
      type: 'note',
      jobParams: { username: 'user1', more: 1 },
      datasetList: [{ pid, files: [] }],
      emailJobInitiator: 'user1@example.org',
    });
    assert.equal(status, 201, JSON.stringify(body));
    assert.deepEqual(body['datasetList'], [{ pid, files: [] }]);
    assert.deepEqual(
      [body['emailJobInitiator'], body['jobStatusMessage']],
      ['user1@example.org', 'jobSubmitted'],
    );
    const v4 = await app.as('user1').get(`/api/v4/jobs/${String(body['id'])}`);
    assert.deepEqual(
      [v4.body['statusCode'], v4.body['ownerUser'], v4.body['configVersion']],
      ['jobSubmitted', 'user1', 'v1'],
    );
    assert.equal('catena' in v4.body, false, "Catena's own part stays inside");
  });

  it('searches with the names of each version, and counts', async () => {
    const mark = `m-${Math.random()}`;
    await job('user1', { mark });
    const second = await job('user1', { mark });
    await app
      .as('user1')
      .patch(`/api/v4/jobs/${String(second['id'])}`, { statusCode: 'done', statusMessage: 'Done.' });
    const v3 = async (fields: Fields, limits: Fields = {}): Promise<Fields[]> =>
      (
        await app
          .as('user1')
          .get<Fields[]>('/api/v3/Jobs/fullquery', { fields: { 'jobParams.mark': mark, ...fields }, limits })
      ).body;
    assert.equal((await v3({})).length, 2);
    assert.deepEqual(
      (await v3({ jobStatusMessage: 'done' })).map(({ id }) => id),
      [second['id']],
    );
    assert.deepEqual(
      (await v3({}, { order: 'creationTime:desc', limit: 1 })).map(({ id }) => id),
      [second['id']],
    );
    const facets = await app
      .as('user1')
      .get<Fields[]>('/api/v3/Jobs/fullfacet', { fields: { 'jobParams.mark': mark }, facets: ['type'] });
    assert.deepEqual(facets.body[0], { all: [{ totalSets: 2 }], type: [{ _id: 'note', count: 2 }] });
    const v4 = await app.as('user1').get<Fields[]>('/api/v4/jobs', {
      filter: {
        where: { 'jobParams.mark': mark },
        fields: ['statusCode'],
        limits: { sort: { createdAt: 'asc' } },
      },
    });
    assert.deepEqual(
      v4.body.map(({ statusCode }) => statusCode),
      ['jobSubmitted', 'done'],
    );
    const stranger = await app
      .as('user2')
      .get('/api/v3/Jobs/fullquery', { fields: { 'jobParams.mark': mark } });
    assert.deepEqual(stranger.body, []);
    assert.equal((await app.anonymous.get('/api/v3/Jobs/fullquery')).status, 403);
  });

  it('joins the datasets that the caller may see', async () => {
    const mine = await dataset();
    const theirs = await dataset({ ownerGroup: 'group2' });
    const made = await job(
      'admin',
      { datasetList: [mine, theirs].map((pid) => ({ pid, files: [] })) },
      'note',
      'group1',
    );
    const id = String(made['id']);
    const datasets = async (account: AccountName): Promise<unknown[]> => {
      const { body } = await app.as(account).get(`/api/v4/jobs/${id}`, { filter: { include: ['datasets'] } });
      return (body['datasets'] as Fields[]).map(({ pid }) => pid).sort();
    };
    assert.deepEqual(await datasets('user1'), [mine]);
    assert.deepEqual(await datasets('admin'), [mine, theirs].sort());
    const details = await app
      .as('user1')
      .get<Fields[]>('/api/v4/jobs/datasetDetails', { filter: { where: { id } } });
    const [detailed] = details.body[0]!['datasetDetails'] as Fields[];
    assert.deepEqual([detailed!['pid'], detailed!['origdatablocks']], [mine, []]);
    const v3 = await app
      .as('user1')
      .get<Fields[]>(`/api/v3/Jobs/datasetDetails?jobId=${id}&datasetFields=["size"]&include=["datablocks"]`);
    assert.deepEqual(
      v3.body.map(({ pid, size, datablocks }) => [pid, size, datablocks]),
      [[mine, 0, []]],
    );
    const unknown = await app.as('user1').get('/api/v4/jobs', { filter: { include: ['secrets'] } });
    assert.equal(unknown.status, 400);
  });

  it('answers unknown ids with 400, as SciCat does', async () => {
    for (const [account, method, expected] of [
      ['user1', 'GET', 'Invalid job id.'],
      ['admin', 'PATCH', 'Invalid job id.'],
      ['archiveManager', 'DELETE', "Job id none doesn't exist."],
    ] as const) {
      const sent = method === 'PATCH' ? { statusCode: 'a', statusMessage: 'b' } : undefined;
      const { status, body } = await app.as(account).send(method, '/api/v4/jobs/none', sent);
      assert.deepEqual([status, body['message']], [400, expected]);
    }
  });

  it('F14: deleting answers the job itself, and belongs to its groups alone', async () => {
    const { id } = await job('user1', {});
    assert.equal((await app.as('admin').delete(`/api/v3/Jobs/${String(id)}`)).status, 403);
    const { status, body } = await app.as('archiveManager').delete(`/api/v3/Jobs/${String(id)}`);
    assert.equal(status, 200);
    assert.equal(
      Object.keys(body).some((key) => key.startsWith('$')),
      false,
    );
    assert.equal(body['id'], id);
  });

  it('J15: takes more than a hundred datasets', async () => {
    const pids = await Promise.all(Array.from({ length: 105 }, () => dataset()));
    const made = await job('user1', { datasetList: pids.map((pid) => ({ pid, files: [] })) }, 'owned');
    assert.equal(((made['jobParams'] as Fields)['datasetList'] as unknown[]).length, 105);
  });

  it('of Catena begin at their executionTime, which is a date, not too far ahead, in v3 and v4', async () => {
    const of = async (jobParams: Fields, type = 'packed'): Promise<Fields> => {
      const pid = await dataset();
      const datasetList = [{ pid, files: [] }];
      const body = { type, ownerGroup: 'group1', jobParams: { datasetList, ...jobParams } };
      const { status, body: answer } = await app.as('admin').post('/api/v4/jobs', body);
      return { ...answer, status };
    };
    const ahead = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();
    const near = ahead(3);
    const made = await of({ executionTime: near });
    assert.equal(made['status'], 201, JSON.stringify(made));
    assert.match(String(made['statusMessage']), new RegExp(`waits for .*${near}`));
    const id = String(made['id']);
    const { body: progress } = await app.as('admin').get(`/api/v4/jobs/${id}/progress`);
    assert.deepEqual(progress['waitsFor'], [`its time: it begins at ${near}, as its executionTime asks`]);
    const stored = await app.collection('Job').findOne({ _id: id });
    const { outbox } = stored?.['catena'] as { outbox: { rows: { envelope: { data: Fields } }[] } };
    assert.equal(outbox.rows[0]?.envelope.data['notBefore'], near);

    for (const executionTime of [ahead(-1), '', null, undefined]) {
      const { status, statusMessage } = await of({ executionTime });
      assert.deepEqual([status, statusMessage], [201, 'Job submitted.'], String(executionTime));
    }
    for (const executionTime of ['tonight', '2026-02-30', ahead(400), {}, 'x']) {
      const refused = await of({ executionTime });
      assert.equal(refused['status'], 400, JSON.stringify(refused));
      assert.match(JSON.stringify(refused['message']), /executionTime/);
    }
    const datasetList = [{ pid: await dataset(), files: [] }];
    const old = { type: 'packed', ownerGroup: 'group1', datasetList, executionTime: ahead(400) };
    const v3 = await app.as('admin').post('/api/v3/jobs', { ...old, jobParams: { ownerGroup: 'group1' } });
    assert.deepEqual([v3.status, /executionTime/.test(v3.text)], [400, true], v3.text);
    const others = await of({ executionTime: ahead(400) }, 'owned');
    assert.deepEqual([others['status'], others['statusMessage']], [201, 'Job submitted.'], 'others run it');
  });
});
