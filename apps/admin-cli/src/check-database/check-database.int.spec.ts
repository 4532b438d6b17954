import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { newId } from '#kernel';
import { createLogger } from '#observability';
import { MongoConnection } from '#persistence';
import { Failure, Output } from '#command-line';
import { checkDatabase } from './check-database.js';
import type { FindingGroup } from './findings.js';

type Fields = Record<string, unknown>;
type Document = { _id: string; [field: string]: unknown };

const rights = { ownerGroup: 'g', accessGroups: ['a'], isPublished: false };
const file = { path: 'f', size: 5 };

/** Every defect the check knows, each beside a document without it. */
const documents: Readonly<Record<string, readonly object[]>> = {
  Dataset: [
    {
      _id: 'wrong',
      pid: 'wrong',
      ...rights,
      ...{ size: 1, numberOfFiles: 1, packedSize: 0, numberOfFilesArchived: 3 },
      proposalIds: ['p1', 'p1', 'p9', null],
      sampleIds: ['s9'],
      instrumentIds: ['i9'],
      moonPhase: 'full',
    },
    {
      _id: 'right',
      pid: 'right',
      ...rights,
      ...{ size: 5, numberOfFiles: 1, packedSize: 6, numberOfFilesArchived: 1 },
      proposalIds: ['p1'],
      sampleIds: [null],
      instrumentIds: null,
    },
    { _id: 'told', pid: 'told', ...rights, size: 1000, numberOfFiles: 7, proposalIds: [] },
  ],
  OrigDatablock: [
    { _id: 'o1', datasetId: 'wrong', ...rights, size: 5, dataFileList: [file] },
    { _id: 'o2', datasetId: 'wrong', ...rights, isPublished: true, size: 5, dataFileList: [file, file] },
    { _id: 'o3', datasetId: 'right', ...rights, size: 5, dataFileList: [file] },
    { _id: 'o4', datasetId: 'gone', ...rights, size: 5, dataFileList: [file] },
  ],
  Datablock: [
    { _id: 'd1', archiveId: '1', datasetId: 'wrong', ownerGroup: 'h', packedSize: 6, dataFileList: [file] },
    { _id: 'd2', archiveId: '2', datasetId: 'right', ...rights, packedSize: 6, dataFileList: [file] },
    { _id: 'd3', archiveId: '3', datasetId: 'gone', ...rights, packedSize: 6, dataFileList: [file] },
  ],
  Attachment: [
    { _id: 'a1', relationships: [{ targetId: 'right', targetType: 'dataset' }] },
    { _id: 'a2', relationships: [{ targetId: 'gone', targetType: 'dataset' }] },
    { _id: 'a3', relationships: [{ targetId: 'right', targetType: 'proposal' }] },
  ],
  Proposal: [{ _id: 'p1', numberOfDatasets: 5 }, { _id: 'p2', numberOfDatasets: 2 }, { _id: 'p3' }],
  Job: [
    { _id: 'j1', jobParams: { datasetList: [{ pid: 'right' }, { pid: 'gone' }] } },
    { _id: 'j2', jobParams: { datasetList: 'odd' } },
    { _id: 'j3', jobParams: {} },
  ],
};

const say =
  process.env['CHECK_SAYS'] === undefined ? { json: true, quiet: true } : { json: true, quiet: false };

describe('catena-admin check-database', () => {
  const uri = new URL(process.env['MONGODB_URI'] ?? assert.fail('MONGODB_URI must name a database server'));
  uri.pathname = `/check-database-${newId().slice(0, 8)}`;
  const mongo = new MongoConnection({ uri: uri.href, appName: 'test' }, createLogger('test', 'silent'));
  let byKind: (kind: string) => string[];
  let groups: FindingGroup[];
  let outcome: string;

  async function run(apply: boolean): Promise<void> {
    const controller = new AbortController();
    const result = await checkDatabase(
      {
        environment: {},
        output: new Output(say),
        signal: controller.signal,
      },
      uri.href,
      { apply },
    );
    ({ outcome } = result);
    groups = (result.document as { findings: FindingGroup[] }).findings;
    byKind = (kind) =>
      groups
        .filter((group) => group.kind === kind)
        .map(({ collection, subject, documents: count }) => `${collection} ${subject}: ${count}`)
        .sort();
  }

  const contents = async (): Promise<unknown> => {
    const names = (await mongo.connection.db!.listCollections().toArray()).map(({ name }) => name).sort();
    return Promise.all(
      names.map(async (name) => [
        name,
        await mongo.connection.collection(name).find().sort({ _id: 1 }).toArray(),
        (await mongo.connection.collection(name).indexes()).length,
      ]),
    );
  };

  const one = async (collection: string, _id: string): Promise<Fields> =>
    (await mongo.connection.collection<Document>(collection).findOne({ _id })) ?? {};

  before(async () => {
    await mongo.whenReady();
    for (const [collection, list] of Object.entries(documents))
      await mongo.connection.collection(collection).insertMany([...list]);
    const { insertedId } = await mongo.connection.collection('User').insertOne({ username: 'ada' });
    await mongo.connection
      .collection('UserIdentity')
      .insertMany([{ userId: insertedId }, { userId: String(insertedId) }, { userId: 'nobody' }]);
  });
  after(async () => {
    await mongo.connection.dropDatabase();
    await mongo.close();
  });

  it('finds every defect, and writes nothing', async () => {
    const before = await contents();
    await run(false);
    assert.equal(outcome, 'failed');
    assert.deepEqual(byKind('unknown field'), ['Dataset "moonPhase": 1']);
    assert.deepEqual(byKind('broken reference'), [
      'Attachment relationships.targetId without Dataset: 1',
      'Attachment relationships.targetId without Proposal: 1',
      'Datablock datasetId without Dataset: 1',
      'Dataset instrumentIds without Instrument: 1',
      'Dataset proposalIds without Proposal: 1',
      'Dataset sampleIds without Sample: 1',
      'Job jobParams.datasetList.pid without Dataset: 1',
      'OrigDatablock datasetId without Dataset: 1',
      'UserIdentity userId without User: 1',
    ]);
    assert.deepEqual(byKind('wrong total'), [
      'Dataset numberOfFiles: 1',
      'Dataset numberOfFilesArchived: 1',
      'Dataset packedSize: 1',
      'Dataset size: 1',
      'Proposal numberOfDatasets: 2',
    ]);
    assert.deepEqual(byKind('rights of a block'), [
      "Datablock other than its dataset's: 1",
      "OrigDatablock other than its dataset's: 1",
    ]);
    assert.ok(byKind('missing index').includes('Dataset catena_age: 1'));
    assert.deepEqual(await contents(), before);
  });

  it('names an example of each, with what was found and what was expected', () => {
    const size = groups.find(({ subject }) => subject === 'size');
    assert.deepEqual(size?.examples, [{ id: 'wrong', detail: '1 instead of 10' }]);
    const proposals = groups.find(({ subject }) => subject.startsWith('proposalIds'));
    assert.deepEqual(proposals?.examples, [{ id: 'wrong', detail: 'names "p9", which is not there' }]);
  });

  it('repairs with --apply what follows from other documents, and only that', async () => {
    await run(true);
    assert.equal(outcome, 'failed', 'broken references are for people');
    assert.ok(
      groups.every(({ kind, documents: count, repaired }) => /ref|field/.test(kind) || count === repaired),
    );
    const { size, numberOfFiles, packedSize, numberOfFilesArchived, moonPhase } = await one(
      'Dataset',
      'wrong',
    );
    assert.deepEqual(
      { size, numberOfFiles, packedSize, numberOfFilesArchived, moonPhase },
      { size: 10, numberOfFiles: 3, packedSize: 6, numberOfFilesArchived: 1, moonPhase: 'full' },
    );
    assert.deepEqual(await one('Dataset', 'told'), documents['Dataset']?.[2]);
    assert.deepEqual(await one('OrigDatablock', 'o3'), documents['OrigDatablock']?.[2]);
    assert.deepEqual(await one('OrigDatablock', 'o4'), documents['OrigDatablock']?.[3]);
    assert.equal((await one('OrigDatablock', 'o2'))['isPublished'], false);
    const { ownerGroup, accessGroups, isPublished } = await one('Datablock', 'd1');
    assert.deepEqual({ ownerGroup, accessGroups, isPublished }, rights);
    assert.deepEqual(
      await Promise.all(
        ['p1', 'p2', 'p3'].map(async (id) => (await one('Proposal', id))['numberOfDatasets']),
      ),
      [2, 0, undefined],
    );
  });

  it('has nothing left to repair the second time', async () => {
    const before = await contents();
    await run(true);
    for (const kind of ['wrong total', 'rights of a block', 'missing index'])
      assert.deepEqual(byKind(kind), []);
    assert.deepEqual(await contents(), before);
  });

  it('ends well once the broken references are gone', async () => {
    for (const name of ['Attachment', 'Job', 'UserIdentity', 'OrigDatablock', 'Datablock'])
      await mongo.connection.collection(name).deleteMany({});
    await mongo.connection
      .collection<Document>('Dataset')
      .updateMany({}, { $set: { proposalIds: ['p1'], sampleIds: [], instrumentIds: [] } });
    await run(true);
    await run(false);
    assert.equal(outcome, 'done');
  });

  it('says what is wrong with an address', async () => {
    const context = {
      environment: {},
      output: new Output(say),
      signal: new AbortController().signal,
    };
    for (const address of [undefined, 'nonsense', 'mongodb://127.0.0.1', 'mongodb://127.0.0.1:9/scicat'])
      await assert.rejects(
        checkDatabase(context, address, {}),
        (error) => error instanceof Failure && error.outcome === 'usage',
      );
  });
});
