import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { describedControllers } from '../../apps/catalog-api/src/catalog-api.module.js';
import { newId } from '#kernel';
import { until } from '#messaging/testing';
import { ObjectStore } from '#storage';
import { openApiDocument } from '../../apps/catalog-api/src/openapi/document.js';
import { rawDataset } from '../scicat/support/datasets.js';
import { ScicatApp } from '../scicat/support/scicat-app.js';
import type { ScicatUser } from '../scicat/support/scicat-user.js';
import { Listeners, type Heard } from './listeners.js';
import { LoopBlocks } from './loop-blocks.js';
import { Chance } from './random.js';
import { RequestGenerator, type FuzzRequest } from './requests.js';

/** `npm run fuzz` sends 20 000; FUZZ_SEED repeats a run. */
const requests = Number(process.env['FUZZ_REQUESTS'] ?? 3000);
const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_121);
const atOnce = 8;
const bucket = `fuzz-${newId().slice(0, 8)}`;
const patience = 20_000;
/** In every record of the group that nobody in this test belongs to. */
const secret = 'belongs-to-a-foreign-group';
/** Streams never end by themselves: they have clients of their own. */
const streams = /(Events|Stream)(V3|V4)$/;
const landingZone = /^landingZone/;
const maxLinks = 1000;
const limits = { streamsPerPerson: 10, uploadsPerPerson: 20 };

describe(`${requests} requests after the OpenAPI document (seed ${seed})`, () => {
  let app: ScicatApp;
  let ids: string[];
  let pids: string[];
  let listeners: Listeners;

  before(async () => {
    app = await ScicatApp.start({
      SIGN_IN_LIMIT: '1000000',
      REGISTER_DOI_URI: '',
      LANDING_ZONE_BUCKET: bucket,
      LANDING_ZONE_UPLOADS_PER_PERSON: String(limits.uploadsPerPerson),
      EVENT_STREAMS_PER_PERSON: String(limits.streamsPerPerson),
    });
    await app.get(ObjectStore).ensureBucket(bucket);
    ({ ids, pids } = await fill(app));
    listeners = new Listeners(app.base, new Chance(seed));
    // Readiness is asked for, too: it tells the truth while queues are being declared.
    await until(async () => (await app.anonymous.get('/api/v4/health/ready')).status === 200, 60_000);
  });
  after(async () => {
    listeners.leave();
    for await (const { key, uploadId } of app.get(ObjectStore).pendingUploads(bucket, ''))
      await app.get(ObjectStore).abortUpload(bucket, key, uploadId);
    await app.stop();
  });

  /** Streams are opened as browsers and the command line do; the way by tickets takes a fresh one. */
  const answerTo = async (user: ScicatUser, request: FuzzRequest): Promise<Heard> => {
    if (!streams.test(request.operation))
      return user.send(request.method, request.path, request.body, request.headers);
    if (!request.operation.startsWith('sse')) return listeners.listen(request.path, user.token);
    const { body } = await user.post('/api/v3/events/ticket');
    return listeners.listen(`/api/v3/events/stream?ticket=${String(body['ticket'])}`, undefined);
  };

  it('get no 5xx, hang nothing, and show no row of a foreign group', async () => {
    const document = openApiDocument(describedControllers, 'fuzz');
    const chance = new Chance(seed);
    const generator = new RequestGenerator(document, chance, ids, [
      { operations: streams, ids: ['own-job'] },
      { operations: landingZone, ids: pids },
    ]);
    const roles: [string, ScicatUser][] = [
      ['anonymous', app.anonymous],
      ['user1', app.as('user1')],
      ['user2', app.as('user2')],
      ['admin', app.as('admin')],
    ];
    const failures: string[] = [];
    const [heard, landed] = [new Map<number, number>(), new Map<number, number>()];
    const blocks = await LoopBlocks.begin(app.as('user1'));
    const statuses = new Map<number, number>();
    const judge = async (role: string, user: ScicatUser, request: FuzzRequest): Promise<void> => {
      const said = `${role} ${request.method} ${request.path.slice(0, 600)} ${request.body?.slice(0, 600) ?? ''}`;
      try {
        const { status, text } = await withPatience(answerTo(user, request));
        if (landingZone.test(request.operation)) landed.set(status, (landed.get(status) ?? 0) + 1);
        if (streams.test(request.operation)) heard.set(status, (heard.get(status) ?? 0) + 1);
        const links = text.match(/X-Amz-Signature/g)?.length ?? 0;
        if (links > maxLinks) failures.push(`${links} links: ${said}`);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (status >= 500) failures.push(`${status} ${said}: ${text.slice(0, 200)}`);
        if (role !== 'admin' && text.includes(secret)) failures.push(`foreign row: ${said}`);
      } catch (error) {
        failures.push(`${(error as Error).message}: ${said}`);
      }
    };
    for (let sent = 0; sent < requests && failures.length < 10; sent += atOnce) {
      const batch = Array.from({ length: atOnce }, () => ({
        request: generator.next(),
        role: chance.pick(roles),
      }));
      await Promise.all(
        batch
          .filter(({ request, role: [name] }) => isFair(name, request))
          .map(({ request, role: [name, user] }) => judge(name, user, request)),
      );
    }
    assert.deepEqual(failures, [], failures.join('\n'));
    const told = (counts: Map<number, number>): string =>
      JSON.stringify(Object.fromEntries([...counts].sort()));
    console.log(`statuses: ${told(statuses)}; event streams: ${told(heard)}; landing zone: ${told(landed)}`);
    console.log(blocks.end());
    for (const [what, counts] of [
      ['event streams', heard],
      ['the landing zone', landed],
    ] as const)
      assert.ok((counts.get(200) ?? 0) > 0, `${what}: nothing succeeded, so nothing was tested`);
    const { body } = await app.as('admin').get('/api/v3/events/connections');
    const people = roles.length - 1;
    assert.ok(Number(body['connections']) <= people * limits.streamsPerPerson, 'streams');
    const uploads = await app.collection('catena_landing_uploads').countDocuments({});
    assert.ok(uploads <= people * limits.uploadsPerPerson, `${uploads} uploads`);
    assert.ok(
      (statuses.get(200) ?? 0) > requests / 20,
      'a good part of the requests must succeed, or nothing is tested',
    );
    assert.equal((await app.anonymous.get('/api/v3/health/live')).status, 200);
  });
});

/** An administrator may give foreign records away, or sign himself out: then others would rightly see or lose something. */
function isFair(role: string, { method, operation, path, body }: FuzzRequest): boolean {
  if (/logout/i.test(operation)) return false;
  if (role !== 'admin' || method === 'GET') return true;
  return !/password|jwt|updateWhere/i.test(operation) && !/\bf-[A-Z]/.test(`${path} ${body ?? ''}`);
}

function withPatience<Result>(running: Promise<Result>): Promise<Result> {
  return Promise.race([
    running,
    new Promise<Result>((_, reject) => {
      setTimeout(() => reject(new Error(`no answer in ${patience} ms`)), patience).unref();
    }),
  ]);
}

/** Records of two groups, and of a foreign one in every collection; the answer is the ids that requests may try. */
async function fill(app: ScicatApp): Promise<{ ids: string[]; pids: string[] }> {
  const ids: string[] = ['own-job'];
  const pids: string[] = [];
  await app.collection('Job').insertOne({
    ...{ _id: 'own-job', id: 'own-job', type: 'x', statusCode: 'inProgress', statusMessage: 'x' },
    ...{ ownerUser: 'user1', ownerGroup: 'group1', jobParams: {}, updatedAt: new Date() },
  });
  for (const ownerGroup of ['group1', 'group2']) {
    const { body } = await app
      .as('admin')
      .post(
        '/api/v3/datasets',
        rawDataset({ ownerGroup, scientificMetadata: { x: { value: 1, unit: 'm' } } }),
      );
    const pid = String(body['pid']);
    const block = {
      datasetId: pid,
      size: 1,
      dataFileList: [{ path: 'a', size: 1, time: '2020-01-01T00:00:00Z' }],
    };
    const added = await app.as('admin').post('/api/v3/origdatablocks', block);
    ids.push(pid, String(added.body['_id']));
    pids.push(pid);
  }
  const foreign = {
    ownerGroup: 'foreign',
    accessGroups: [],
    isPublished: false,
    createdBy: 'stranger',
    createdAt: new Date(),
    updatedAt: new Date(),
  };
  const records: [string, string, object][] = [
    [
      'Dataset',
      'pid',
      {
        type: 'raw',
        datasetName: secret,
        scientificMetadata: { [secret]: { value: 1, unit: 'm' } },
        datasetlifecycle: {},
      },
    ],
    [
      'OrigDatablock',
      'id',
      { datasetId: 'f-Dataset', dataFileList: [{ path: secret, size: 1, time: new Date() }], size: 1 },
    ],
    [
      'Datablock',
      'id',
      {
        datasetId: 'f-Dataset',
        archiveId: secret,
        dataFileList: [{ path: secret, size: 1 }],
        size: 1,
        packedSize: 1,
      },
    ],
    [
      'Attachment',
      'aid',
      { caption: secret, relationships: [{ targetId: 'f-Dataset', targetType: 'dataset' }] },
    ],
    ['Proposal', 'proposalId', { title: secret, email: 'x@y.org' }],
    ['Sample', 'sampleId', { description: secret, sampleCharacteristics: { [secret]: 1 } }],
    ['Job', 'id', { type: 'x', jobParams: { secret }, jobResultObject: {}, statusCode: 'x' }],
    [
      'PublishedData',
      'doi',
      { title: secret, abstract: secret, datasetPids: ['f-Dataset'], status: 'private', metadata: {} },
    ],
    [
      'MetadataKeys',
      'id',
      { key: secret, humanReadableName: secret, userGroups: ['foreign'], sourceType: 'dataset' },
    ],
  ];
  for (const [collection, key, fields] of records) {
    const _id = `f-${collection}`;
    await app.collection(collection).insertOne({ _id, [key]: _id, ...foreign, ...fields });
    ids.push(_id);
  }
  return { ids, pids };
}
