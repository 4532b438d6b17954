import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { MongoConnection } from '#persistence';
import type { DatablockLine, DatasetArchivedV1, Envelope, ObjectReference } from '#contracts';
import { manifestToJson } from '#datablock';
import { newId, pidAsName } from '#kernel';
import type { Outcome } from '#messaging';
import { ObjectStore } from '#storage';
import { DatasetReportsConsumer } from '../../apps/catalog-api/src/apply-job-reports/dataset-reports.consumer.js';
import { DatasetClaims } from '../../apps/catalog-api/src/claims/dataset-claims.js';
import { Catalogue } from '../../apps/catalog-api/src/persistence/catalogue.js';
import { interruptOnce } from '../support/interrupt.js';
import { pathOf, rawDataset } from './support/datasets.js';
import { ScicatApp } from './support/scicat-app.js';

type File = readonly [path: string, size: number];
type Fields = Record<string, unknown>;

const bucket = `control-${newId().slice(0, 8)}`;
const listed = (files: readonly File[]): Fields => ({
  size: files.reduce((sum, [, size]) => sum + size, 0),
  dataFileList: files.map(([path, size]) => ({ path, size, time: '2020-01-01T00:00:00.000Z' })),
});

/** The last look before a dataset is called archived. */
describe('Registering datablocks', () => {
  let app: ScicatApp;
  let catalogue: Catalogue;
  let store: ObjectStore;
  let consumer: DatasetReportsConsumer;

  before(async () => {
    app = await ScicatApp.start({ JOB_CONFIGURATION_FILE: 'examples/job-configuration.yaml' });
    catalogue = app.get(Catalogue);
    store = app.get(ObjectStore);
    consumer = app.get(DatasetReportsConsumer);
    await store.ensureBucket(bucket);
  });
  after(() => app.stop());

  async function put(key: string, text: string): Promise<ObjectReference> {
    const body = Buffer.from(text);
    await store.put(bucket, key, body, { size: body.length, contentType: 'text/plain' });
    return { bucket, key, size: body.length, sha256: createHash('sha256').update(body).digest('hex') };
  }
  /** A dataset with these blocks of files, and the job that archives it. */
  async function archiving(...blocks: readonly (readonly File[])[]): Promise<{ pid: string; jobId: string }> {
    const { body } = await app.as('admin').post('/api/v3/datasets', rawDataset({}));
    const pid = String(body['pid']);
    for (const files of blocks)
      assert.equal((await app.as('admin').post(`${pathOf(pid)}/origdatablocks`, listed(files))).status, 201);
    const job = await app
      .as('admin')
      .send('POST', '/api/v3/Jobs', { type: 'archive', jobParams: {}, datasetList: [{ pid, files: [] }] });
    assert.equal(job.status, 201, job.text);
    return { pid, jobId: String(job.body['id']) };
  }
  /** What job-assembler reports when these datablocks are on long-term storage. */
  async function report(
    { pid, jobId }: { pid: string; jobId: string },
    ...tapes: readonly (readonly File[])[]
  ): Promise<DatasetArchivedV1> {
    const lines: DatablockLine[] = [];
    for (const [index, files] of tapes.entries()) {
      const archiveId = `${pid}/${jobId}/${index}.tar`;
      const members = [...files]
        .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
        .map(([path, size]) => ({
          path,
          size,
          permissions: 0o644,
          modifiedAt: new Date(0),
          sha256: '0'.repeat(64),
          offset: 0,
        }));
      const manifest = await put(`${archiveId}.manifest`, manifestToJson({ identity: {}, members }));
      lines.push({ archiveId, size: 1, packedSize: 2, sha256: '0'.repeat(64), manifest });
    }
    const datablocks = await put(
      `${jobId}.ndjson`,
      lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
    );
    return { jobId, pid, datablockCount: lines.length, packedSize: 2 * lines.length, datablocks };
  }
  const archived = (data: DatasetArchivedV1) =>
    consumer.archived({ data } as unknown as Envelope<DatasetArchivedV1>);
  async function kindOf(outcome: Promise<Outcome>): Promise<unknown[]> {
    const { kind, ...more } = await outcome;
    return [kind, ...('code' in more ? [more.code] : [])];
  }
  /** The message about it, of those that wait to be sent or for a receipt. */
  async function wordOn({
    pid,
    jobId,
  }: {
    pid: string;
    jobId: string;
  }): Promise<[string, Fields] | undefined> {
    const claim = await catalogue.claims.findOne({ jobId, pid });
    const rows = claim?.outbox.rows ?? [];
    assert.ok(rows.length < 2, 'one decision, one message');
    const [row] = rows;
    return row?.envelope === undefined
      ? undefined
      : [row.envelope.type.replace(/^.*catalog[.]/, 'catalog.'), row.envelope.data as Fields];
  }
  async function assertRegistered(of: { pid: string; jobId: string }, files: number): Promise<void> {
    const word = await wordOn(of);
    assert.match(String(word?.[0]), /dataset-registered/, JSON.stringify(word));
    const { body } = await app.as('admin').get(pathOf(of.pid));
    assert.equal((body['datasetlifecycle'] as Fields)['retrievable'], true);
    assert.equal(body['numberOfFilesArchived'], files);
  }
  async function assertRefused(of: { pid: string; jobId: string }, code: string): Promise<string> {
    const word = await wordOn(of);
    assert.match(String(word?.[0]), /dataset-registration-refused/, JSON.stringify(word));
    assert.equal(word?.[1]['code'], code);
    const { body } = await app.as('admin').get(pathOf(of.pid));
    assert.equal((body['datasetlifecycle'] as Fields)['retrievable'], false);
    assert.equal(await catalogue.datablocks.countDocuments({ datasetId: of.pid }), 0);
    return String(word?.[1]['message']);
  }
  /** Past every refusal: as another program writes that knows nothing of claims. */
  const writeUnasked = (pid: string, files: readonly File[]) =>
    app.collection('OrigDatablock').insertOne({ _id: newId(), datasetId: pid, ...listed(files) });

  it('calls a dataset archived whose files are all on long-term storage, however they are cut and named', async () => {
    const of = await archiving(
      [
        ['a', 1],
        ['/data/run/7/b/c', 2],
      ],
      [['ü \\ "d"', 3]],
    );
    const data = await report(
      of,
      [
        ['ü \\ "d"', 3],
        ['a', 1],
      ],
      [['b/c', 2]],
    );
    await archived(data);
    await assertRegistered(of, 3);
    await archived(data);
    assert.equal(await catalogue.datablocks.countDocuments({ datasetId: of.pid }), 2);
  });

  for (const [what, change, message] of [
    [
      'a file that was added',
      (pid: string) => writeUnasked(pid, [['late', 5]]),
      /1 listed and not archived [(]"late"[)], 0 archived and not listed/,
    ],
    [
      'many files that were added',
      (pid: string) =>
        writeUnasked(
          pid,
          Array.from({ length: 9 }, (_, index) => [`late ${index}`, 5] as const),
        ),
      /9 listed and not archived [(]"late 0", "late 1", "late 2", "late 3", "late 4", …[)]/,
    ],
    [
      'a file of another size',
      (pid: string) =>
        app.collection('OrigDatablock').updateOne({ datasetId: pid }, { $set: { 'dataFileList.0.size': 7 } }),
      /1 listed and not archived [(]"a"[)], 1 archived and not listed with this size [(]"a"[)]/,
    ],
    [
      'a file that was taken out',
      (pid: string) => app.collection('OrigDatablock').deleteOne({ datasetId: pid }),
      /0 listed and not archived, 2 archived and not listed with this size [(]"a", "b"[)]/,
    ],
    [
      'a file that is listed twice',
      (pid: string) => writeUnasked(pid, [['b', 2]]),
      /1 listed and not archived [(]"b"[)]/,
    ],
  ] as const)
    it(`refuses ${what} since the job was planned, and registers nothing`, async () => {
      const tape: File[] = [
        ['a', 1],
        ['b', 2],
      ];
      const of = await archiving(tape);
      const data = await report(of, tape);
      await change(of.pid);
      await archived(data);
      assert.match(await assertRefused(of, 'catalog.file-list-differs'), message);
    });

  it('compares all blocks of a long list', async () => {
    const blocks = Array.from({ length: 11 }, (_, index): File[] => [[`f${index}`, index]]);
    const of = await archiving(...blocks);
    await archived(await report(of, blocks.flat()));
    await assertRegistered(of, 11);
    const short = await archiving(...blocks);
    await archived(await report(short, blocks.flat().slice(0, 10)));
    assert.match(await assertRefused(short, 'catalog.file-list-differs'), /"f10"/);
  });

  it('looks again, and decides nothing, when blocks come and go while it reads', async () => {
    const of = await archiving([['a', 1]]);
    const data = await report(of, [['a', 1]]);
    const gap = interruptOnce(app.get(MongoConnection), 'OrigDatablock', 'countDocuments', async () => {
      await writeUnasked(of.pid, [['late', 5]]);
    });
    assert.deepEqual(await kindOf(archived(data)), ['retry', 'persistence.rows-moving']);
    assert.ok(gap.happened());
    assert.equal(await wordOn(of), undefined);
    await archived(data);
    await assertRefused(of, 'catalog.file-list-differs');
  });

  it('decides once: the second of two looks that came to different ends changes nothing', async () => {
    const first = await archiving([['a', 1]]);
    const data = await report(first, [['a', 1]]);
    // It found everything in order, and slept; another process finds a difference.
    const gap = interruptOnce(app.get(MongoConnection), 'catena_dataset_claims', 'updateOne', async () => {
      await writeUnasked(first.pid, [['late', 5]]);
      await archived(data);
    });
    await archived(data);
    assert.ok(gap.happened());
    await assertRefused(first, 'catalog.file-list-differs');

    const second = await archiving([['a', 1]]);
    const other = await report(second, [['a', 1]]);
    const { insertedId } = await writeUnasked(second.pid, [['late', 5]]);
    // The other way round: refused by the one that slept, registered by the one that did not.
    const back = interruptOnce(app.get(MongoConnection), 'catena_dataset_claims', 'updateOne', async () => {
      await app.collection('OrigDatablock').deleteOne({ _id: insertedId });
      interruptOnce(app.get(MongoConnection), 'Datablock', 'updateOne', () =>
        Promise.reject(new Error('the process dies')),
      );
      assert.equal((await archived(other)).kind, 'retry');
    });
    assert.deepEqual(await kindOf(archived(other)), ['retry', 'catalog.registration-decided']);
    assert.ok(back.happened());
    assert.equal((await archived(other)).kind, 'done');
    await assertRegistered(second, 1);
  });

  it('goes on with what it had decided, though the list is another by then', async () => {
    const of = await archiving([['a', 1]]);
    const data = await report(of, [['a', 1]]);
    const gap = interruptOnce(app.get(MongoConnection), 'Datablock', 'updateOne', () =>
      Promise.reject(new Error('the process dies')),
    );
    assert.equal((await archived(data)).kind, 'retry');
    assert.ok(gap.happened());
    await writeUnasked(of.pid, [['late', 5]]);
    await archived(data);
    await assertRegistered(of, 1);
  });

  it('leaves the flags to the next job when it slept until its own was over', async () => {
    const of = await archiving([['a', 1]]);
    const data = await report(of, [['a', 1]]);
    const gap = interruptOnce(
      app.get(MongoConnection),
      'Dataset',
      'updateOne',
      async () => {
        await app.get(DatasetClaims).undo(of.jobId);
        const job = { type: 'archive', jobParams: {}, datasetList: [{ pid: of.pid, files: [] }] };
        assert.equal((await app.as('admin').send('POST', '/api/v3/Jobs', job)).status, 201);
      },
      ([filter]) => Promise.resolve((filter as Fields)['pid'] === of.pid),
    );
    await archived(data);
    assert.ok(gap.happened());
    const { body } = await app.as('admin').get(pathOf(of.pid));
    const { retrievable, archiveStatusMessage } = body['datasetlifecycle'] as Fields;
    assert.deepEqual([retrievable, archiveStatusMessage], [false, 'scheduledForArchiving']);
  });

  it('refuses for good when the job holds the dataset no more, says so once, and parks nothing', async () => {
    const of = await archiving([['a', 1]]);
    const data = await report(of, [['a', 1]]);
    await catalogue.claims.deleteMany({ jobId: of.jobId });
    assert.equal((await archived(data)).kind, 'done');
    assert.equal((await archived(data)).kind, 'done');
    assert.match(await assertRefused(of, 'catalog.claim-missing'), /Expected a hold of job/);
  });

  it('has nothing to say about a job that is over', async () => {
    const of = await archiving([['a', 1]]);
    const data = await report(of, [['a', 1]]);
    await catalogue.claims.deleteMany({ jobId: of.jobId });
    await catalogue.jobs.updateOne({ _id: of.jobId }, { $set: { 'catena.finished': true } });
    await archived(data);
    assert.equal(await catalogue.claims.countDocuments({ jobId: of.jobId }), 0);
  });

  it('refuses, and ends the job, when a datablock of somebody else has the name', async () => {
    const of = await archiving([['a', 1]]);
    const { body } = await app.as('admin').post('/api/v3/datasets', rawDataset({}));
    const thief = String(body['pid']);
    const archiveId = `${of.pid}/${of.jobId}/0.tar`;
    await catalogue.datablocks.insertOne({
      ...{
        _id: 'taken',
        datasetId: thief,
        archiveId,
        size: 1,
        packedSize: 1,
        version: '1',
        dataFileList: [],
      },
      ...{
        ownerGroup: 'thieves',
        accessGroups: [],
        isPublished: false,
        createdBy: 'thief',
        updatedBy: 'thief',
      },
      ...{ createdAt: new Date(), updatedAt: new Date(), __v: 0 },
    });
    assert.deepEqual(await kindOf(archived(await report(of, [['a', 1]]))), ['done']);
    const [type, data] = (await wordOn(of)) ?? [];
    assert.match(String(type), /registration-refused/);
    assert.equal(data?.['code'], 'catalog.archive-id-taken');
  });

  it('keeps the names that Catena makes for the datasets they are made of', async () => {
    const of = await archiving([['a', 1]]);
    const { body } = await app.as('admin').post('/api/v3/datasets', rawDataset({}));
    const block = {
      size: 1,
      packedSize: 1,
      version: '1',
      dataFileList: [{ path: 'a', size: 1, time: '2020-01-01T00:00:00Z' }],
    };
    const post = async (pid: string, archiveId: string): Promise<number> =>
      (await app.as('admin').post(`${pathOf(pid)}/datablocks`, { ...block, archiveId })).status;
    const other = String(body['pid']);
    assert.equal(await post(other, `${pidAsName(of.pid)}/${of.jobId}/00000.tar`), 409);
    assert.equal(await post(other, `${pidAsName(other)}/of-its-own/00000.tar`), 201);
    assert.equal(await post(other, `/archive/of/others/${newId()}.tar`), 201);
    assert.equal(await post(other, newId()), 201);
  });

  it('lets no owner rewrite the archive state of what is archived, nor of what is being archived', async () => {
    const of = await archiving([['a', 1]]);
    await catalogue.datasets.updateOne({ pid: of.pid }, { $set: { ownerGroup: 'group1' } });
    const owner = app.as('user1');
    const writes: (readonly [string, string, Fields])[] = [
      ['PATCH', `/api/v3/datasets/${encodeURIComponent(of.pid)}/datasetlifecycle`, { retrievable: false }],
      ['PATCH', `/api/v3/datasets/${encodeURIComponent(of.pid)}`, { datasetlifecycle: { archivable: true } }],
      ['PATCH', `/api/v4/datasets/${encodeURIComponent(of.pid)}`, { sourceFolder: '/elsewhere' }],
    ];
    const flip = (fields: Fields): Fields =>
      JSON.parse(
        JSON.stringify(fields).replace(/true|false/, (word) => (word === 'true' ? 'false' : 'true')),
      ) as Fields;
    const answers = async (): Promise<number[]> => {
      const statuses: number[] = [];
      for (const [method, path, fields] of writes)
        for (const body of [fields, flip(fields)])
          statuses.push((await owner.send(method, path, body)).status);
      return statuses;
    };
    assert.ok((await answers()).includes(409), 'while a job holds it');
    assert.deepEqual(await kindOf(archived(await report(of, [['a', 1]]))), ['done']);
    const { datasetlifecycle } = (await catalogue.datasets.findOne({ pid: of.pid }))!;
    assert.ok((await answers()).includes(409), 'after it was archived');
    const after = (await catalogue.datasets.findOne({ pid: of.pid }))!;
    assert.deepEqual(
      [after.datasetlifecycle.archivable, after.datasetlifecycle.retrievable, after.sourceFolder],
      [datasetlifecycle.archivable, datasetlifecycle.retrievable, rawDataset({})['sourceFolder']],
    );
    const manager = await app
      .as('archiveManager')
      .send('PATCH', `/api/v3/datasets/${encodeURIComponent(of.pid)}/datasetlifecycle`, {
        retrievable: false,
      });
    assert.equal(manager.status, 200, manager.text);
  });
});
