import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { connect as openSocket } from 'node:net';
import { resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connect, type ChannelModel } from 'amqplib';
import { jobSubmittedV1 } from '#contracts';
import { Naming } from '#messaging';
import { until } from '#messaging/testing';
import { rawDataset, v4Dataset } from './support/datasets.js';
import { ScicatApp } from './support/scicat-app.js';
import type { Answer } from './support/scicat-user.js';

type Fields = Record<string, unknown>;

const json = (value: unknown): string => JSON.stringify(value);
const many = 500;
/** Programs that work side by side. */
const programs = 20;
/** Milliseconds for the last message on a machine that does much else. */
const patience = 120_000;
/** One of so many posts is cut off before its answer is read. */
const cutEach = 5;

/** Issue 12, shown by 2: what runs at beamlines without a person in front of it, one story each. */
describe('Scripts at a beamline', () => {
  const prefix = `scripts-${randomUUID().slice(0, 8)}`;
  let app: ScicatApp;
  let broker: ChannelModel;
  /** Ids of messages that were sent, of each job. */
  const messages = new Map<string, Set<string>>();

  before(async () => {
    broker = await connect(process.env['RABBITMQ_URL'] ?? '');
    const channel = await broker.createChannel();
    const exchange = new Naming(prefix).exchangeOf(jobSubmittedV1.type);
    await channel.assertExchange(exchange, 'topic', { durable: true });
    const { queue } = await channel.assertQueue('', { exclusive: true });
    await channel.bindQueue(queue, exchange, jobSubmittedV1.type);
    await channel.consume(
      queue,
      (message) => {
        const { jobId } = (JSON.parse(String(message?.content)) as { data: { jobId: string } }).data;
        messages.set(jobId, (messages.get(jobId) ?? new Set()).add(String(message?.properties.messageId)));
      },
      { noAck: true },
    );
    app = await ScicatApp.start({
      CATENA_PREFIX: prefix,
      JOB_CONFIGURATION_FILE: resolve('examples/job-configuration.yaml'),
      CREATE_DATASET_WITH_PID_GROUPS: 'group1',
    });
  });
  after(async () => {
    await app.stop();
    await broker.close();
  });

  /** Sends a whole request and hangs up, as a client does whose time is out. */
  const cutOff = (path: string, body: Fields, headers: Record<string, string>): Promise<void> =>
    new Promise((done, failed) => {
      const text = json(body);
      const lines = Object.entries({
        Host: new URL(app.base).host,
        Authorization: `Bearer ${app.as('user1').token!}`,
        'Content-Type': 'application/json',
        'Content-Length': String(Buffer.byteLength(text)),
        ...headers,
      }).map(([name, value]) => `${name}: ${value}\r\n`);
      const socket = openSocket(Number(new URL(app.base).port), '127.0.0.1', () =>
        socket.write(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n${text}`, () => {
          socket.destroy();
          done();
        }),
      );
      socket.on('error', failed);
    });
  /** Posts again while the answer says so: the first post may be on its way still. */
  const insist = async (
    path: string,
    body: Fields,
    headers: Record<string, string> = {},
  ): Promise<Answer<Fields>> => {
    for (;;) {
      const answer = await app.as('user1').post(path, body, headers);
      if (answer.status !== 503) return answer;
      assert.ok(Number(answer.headers.get('retry-after')) >= 1, answer.text);
    }
  };

  it(`register ${many} datasets and archive them at once, hang up on some posts and post them again: nothing is lost, nothing doubled, every job has its message`, async () => {
    const ownerGroup = 'group1';
    const jobs = new Map<string, string>();
    const work = async (index: number): Promise<void> => {
      const version = index % 2 === 0 ? 'v3' : 'v4';
      const isCut = index % cutEach === 0;
      const pid = `20.500.12345/run-${index}`;
      const more = { pid, ownerGroup, datasetName: `run ${index}`, sourceFolder: `/data/run/${index}` };
      const dataset = version === 'v3' ? rawDataset(more) : v4Dataset(more);
      if (isCut) await cutOff(`/api/${version}/datasets`, dataset, {});
      const made = await insist(`/api/${version}/datasets`, dataset);
      // What SciCat says when the first post had arrived.
      if (isCut && made.status === 409) assert.match(made.text, /already exists/);
      else assert.equal(made.status, 201, made.text);

      const job =
        version === 'v3'
          ? { type: 'archive', jobParams: {}, datasetList: [{ pid, files: [] }] }
          : { type: 'archive', ownerGroup, jobParams: { datasetList: [{ pid, files: [] }] } };
      const key = { 'Idempotency-Key': `run ${index}` };
      if (isCut) await cutOff(`/api/${version}/jobs`, job, key);
      const posted = await insist(`/api/${version}/jobs`, job, key);
      assert.equal(posted.status, 201, posted.text);
      jobs.set(String(posted.body['id']), pid);
    };
    const waiting = Array.from({ length: many }, (_, index) => index);
    await Promise.all(
      Array.from({ length: programs }, async () => {
        for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) await work(index);
      }),
    );

    const pids = await app.collection('Dataset').distinct('pid');
    assert.equal(pids.length, many);
    assert.equal(await app.collection('Dataset').countDocuments({}), many);
    const stored = await app
      .collection('Job')
      .find({}, { projection: { jobParams: 1 } })
      .toArray();
    assert.deepEqual(stored.map(({ _id }) => _id).sort(), [...jobs.keys()].sort());
    assert.equal(new Set(jobs.values()).size, many);
    for (const { _id, jobParams } of stored) {
      const { datasetList } = jobParams as { datasetList: { pid: string }[] };
      assert.deepEqual(
        datasetList.map(({ pid }) => pid),
        [jobs.get(_id)],
      );
    }
    // One policy for the group, however many of its datasets came together.
    assert.equal(await app.collection('Policy').countDocuments({ ownerGroup }), 1);

    await until(() => messages.size >= many, patience);
    assert.deepEqual([...messages.keys()].sort(), [...jobs.keys()].sort());
    for (const [jobId, ids] of messages) assert.equal(ids.size, 1, jobId);
  });

  /** `[src]` of the reference on messaging, 1.6: v3 paths in any case, a bare token in the query, v3's bodies. */
  it('are scicat-cli: it ingests, archives, waits, and asks for the files back', async () => {
    const login = await app.anonymous.post('/api/v3/auth/login', {
      username: 'user1',
      password: 'a password of the test',
    });
    assert.equal(login.status, 201);
    const token = String(login.body['access_token']);
    const user = app.as('user1');
    const bare = (path: string): string => `/api/v3/${path}?access_token=${token}`;
    const self = await user.get('/api/v3/users/my/self');
    const identity = await user.get(`/api/v3/users/${String(self.body['id'])}/userIdentity`);
    const { accessGroups } = identity.body['profile'] as { accessGroups: string[] };
    assert.deepEqual(accessGroups, ['group1']);

    const dataset = rawDataset({
      ownerGroup: accessGroups[0],
      datasetName: 'from the command line',
      datasetlifecycle: {
        isOnCentralDisk: false,
        archivable: false,
        archiveStatusMessage: 'filesNotYetAvailable',
      },
    });
    const valid = await user.post('/api/v3/datasets/isValid', dataset);
    assert.deepEqual([valid.status, valid.body['valid']], [200, true], valid.text);
    const made = await user.post('/api/v3/Datasets', dataset);
    assert.equal(made.status, 201, made.text);
    const pid = String(made.body['pid']);
    const file = {
      path: 'a/b c.dat',
      size: 5,
      time: '2024-05-01T10:15:00Z',
      uid: 'ada',
      gid: 'x',
      perm: '0644',
    };
    const block = { datasetId: pid, ownerGroup: 'group1', size: 5, dataFileList: [file] };
    const listed = await app.anonymous.post(bare('OrigDatablocks'), block);
    assert.equal(listed.status, 201, listed.text);

    const find = (archivable: boolean) =>
      user.get<Fields[]>('/api/v3/datasets', {
        filter: {
          where: { pid: { inq: [pid] }, size: { gt: 0 }, 'datasetlifecycle.archivable': archivable },
          fields: { pid: 1, size: 1, ownerGroup: 1 },
        },
      });
    assert.deepEqual((await find(true)).body, []);
    const job = {
      type: 'archive',
      jobParams: { tapeCopies: 'one', username: 'user1', ownerGroup: 'group1' },
      jobStatusMessage: 'jobSubmitted',
      datasetList: [{ pid, files: [] }],
      emailJobInitiator: 'user1@example.org',
      executionTime: null,
    };
    const early = await user.post('/api/v3/jobs', job);
    assert.equal(early.status, 409, early.text);
    // The copy is done: its files may be archived.
    const lifecycle = { archivable: true, isOnCentralDisk: true, archiveStatusMessage: 'datasetCreated' };
    const copied = await user.patch(`/api/v3/datasets/${encodeURIComponent(pid)}`, {
      datasetlifecycle: lifecycle,
    });
    assert.equal(copied.status, 200, copied.text);
    const [found] = (await find(true)).body;
    assert.deepEqual([found?.['pid'], found?.['size'], found?.['ownerGroup']], [pid, 5, 'group1']);

    const archive = await user.post('/api/v3/jobs', job);
    assert.equal(archive.status, 201, archive.text);
    const id = String(archive.body['id']);
    await until(() => messages.has(id), patience);
    // Its loop ends at a word it knows; both versions' words are there.
    const { body: seen } = await user.get(`/api/v3/Jobs/${id}`);
    assert.deepEqual(
      [seen['jobStatusMessage'], seen['emailJobInitiator']],
      ['jobSubmitted', 'user1@example.org'],
    );

    // Nothing to retrieve yet: a sentence that names the dataset and the job, and no second job.
    const retrieve = {
      type: 'retrieve',
      creationTime: '2024-05-01T10:15:00Z',
      jobParams: { destinationPath: '/archive/retrieve', username: 'user1' },
      jobStatusMessage: 'jobSubmitted',
      datasetList: [{ pid, files: [] }],
      emailJobInitiator: 'user1@example.org',
    };
    const refused = await app.anonymous.post(bare('Jobs'), retrieve);
    assert.deepEqual([refused.status, refused.text.includes(pid)], [409, true], refused.text);
    const ofDataset = { 'jobParams.datasetList.pid': pid };
    assert.equal(await app.collection('Job').countDocuments(ofDataset), 1);

    for (const [path, query] of [
      [
        'proposals',
        { filters: { where: { ownerGroup: { inq: accessGroups } }, fields: { proposalId: true } } },
      ],
      ['Datablocks', { filter: { where: { datasetId: pid }, fields: { id: 1, size: 1 } } }],
    ] as const) {
      const answer = await user.get<Fields[]>(`/api/v3/${path}`, query);
      assert.deepEqual([answer.status, answer.body], [200, []], path);
    }
  });
});
