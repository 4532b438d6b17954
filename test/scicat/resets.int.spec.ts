import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { DatasetResetPreparedV1, Envelope } from '#contracts';
import { idFromName, newId } from '#kernel';
import type { Outcome } from '#messaging';
import { MongoConnection } from '#persistence';
import { ObjectStore } from '#storage';
import { DatasetReportsConsumer } from '../../apps/catalog-api/src/apply-job-reports/dataset-reports.consumer.js';
import { DatasetClaims } from '../../apps/catalog-api/src/claims/dataset-claims.js';
import { Catalogue } from '../../apps/catalog-api/src/persistence/catalogue.js';
import { interruptOnce } from '../support/interrupt.js';
import { pathOf } from './support/datasets.js';
import { heldDatasets, holdingEnvironment } from './support/held-datasets.js';
import { ScicatApp } from './support/scicat-app.js';

const bucket = `control-${newId().slice(0, 8)}`;
const archivedWords = {
  'datasetlifecycle.archivable': false,
  'datasetlifecycle.retrievable': true,
  'datasetlifecycle.archiveStatusMessage': 'datasetOnArchiveDisk',
  'datasetlifecycle.archiveReturnMessage': {},
};

interface Part {
  readonly pid: string;
  readonly jobId: string;
}

/** The catalogue's half of a reset. */
describe('A reset in the catalogue', () => {
  let app: ScicatApp;
  let catalogue: Catalogue;
  let consumer: DatasetReportsConsumer;
  const { dataset, read, lifecycle, sweepMuchLater } = heldDatasets(() => app);

  before(async () => {
    app = await ScicatApp.start(holdingEnvironment);
    catalogue = app.get(Catalogue);
    consumer = app.get(DatasetReportsConsumer);
    await app.get(ObjectStore).ensureBucket(bucket);
  });
  after(() => app.stop());

  const mongo = (): MongoConnection => app.get(MongoConnection);
  const post = (type: string, pid: string) =>
    app.as('admin').send('POST', '/api/v3/Jobs', { type, jobParams: {}, datasetList: [{ pid, files: [] }] });
  const posted = async (type: string, pid: string): Promise<string> => {
    const { status, body, text } = await post(type, pid);
    assert.equal(status, 201, text);
    return String(body['id']);
  };
  const datablock = async (pid: string, name: string, createdBy = 'catena'): Promise<string> => {
    const archiveId = `${pid}/${newId()}/${name}.tar`;
    const { ownerGroup, accessGroups, isPublished } = await read(pid);
    await catalogue.datablocks.insertOne({
      _id: idFromName(archiveId),
      ...{
        datasetId: pid,
        archiveId,
        ownerGroup,
        accessGroups,
        isPublished,
        createdBy,
        updatedBy: createdBy,
      },
      ...{ size: 1, packedSize: 2, chkAlg: 'sha256', version: '1.0', dataFileList: [], __v: 0 },
      ...{ createdAt: new Date(), updatedAt: new Date() },
    });
    return archiveId;
  };
  /** An archived dataset, its datablocks, and the job that resets it. */
  const resetting = async (count = 2): Promise<Part & { archiveIds: string[] }> => {
    const { pid } = await dataset();
    await catalogue.datasets.updateOne({ pid }, { $set: { ...archivedWords, packedSize: 4 } });
    const archiveIds: string[] = [];
    for (let index = 0; index < count; index += 1) archiveIds.push(await datablock(pid, String(index)));
    return { pid, jobId: await posted('reset', pid), archiveIds };
  };
  const report = async (
    { pid, jobId }: Part,
    archiveIds: readonly string[],
  ): Promise<DatasetResetPreparedV1> => {
    const body = Buffer.from(archiveIds.map((archiveId) => `${JSON.stringify({ archiveId })}\n`).join(''));
    const key = `${newId()}.ndjson`;
    await app.get(ObjectStore).put(bucket, key, body, { size: body.length, contentType: 'text/plain' });
    const sha256 = createHash('sha256').update(body).digest('hex');
    const datablocks = { bucket, key, size: body.length, sha256 };
    return { jobId, pid, datablockCount: archiveIds.length, datablocks };
  };
  const handle = (data: DatasetResetPreparedV1): Promise<Outcome> =>
    consumer.resetPrepared({ data } as Envelope<DatasetResetPreparedV1>);
  const left = (pid: string): Promise<number> => catalogue.datablocks.countDocuments({ datasetId: pid });
  const told = async ({ pid, jobId }: Part): Promise<string[]> => {
    const claim = await catalogue.claims.findOne({ jobId, pid });
    return (claim?.outbox.rows ?? []).map(({ envelope }) => String(envelope?.type));
  };
  const refusedWith = async ({ pid, jobId }: Part): Promise<unknown> => {
    const claim = await catalogue.claims.findOne({ jobId, pid });
    return (claim?.outbox.rows[0]?.envelope?.data as { code?: unknown } | undefined)?.code;
  };
  const never = [true, false, 'datasetCreated'];

  it('takes the datablocks off the list, says that the dataset was never archived, and tells so once', async () => {
    const part = await resetting();
    assert.deepEqual(await lifecycle(part.pid), [false, false, 'scheduledForReset']);
    const said = await report(part, part.archiveIds);
    await handle(said);
    await handle(said);
    assert.equal(await left(part.pid), 0);
    assert.deepEqual(await lifecycle(part.pid), never);
    const { datasetlifecycle, packedSize, numberOfFilesArchived } = await read(part.pid);
    assert.deepEqual([packedSize, numberOfFilesArchived], [0, 0]);
    const fresh = (await dataset()).datasetlifecycle;
    assert.deepEqual(Object.keys(datasetlifecycle).sort(), Object.keys(fresh).sort());
    assert.deepEqual(await told(part), ['catalog.dataset-reset.v1']);
  });

  it('goes on with what it had decided when it died on the way', async () => {
    const part = await resetting();
    const said = await report(part, part.archiveIds);
    const gap = interruptOnce(
      mongo(),
      'Dataset',
      'updateOne',
      () => Promise.reject(new Error('died')),
      ([condition]) => Promise.resolve((condition as { pid?: string }).pid === part.pid),
    );
    assert.equal((await handle(said)).kind, 'retry');
    assert.ok(gap.happened());
    assert.equal(await left(part.pid), 0);
    assert.deepEqual(await lifecycle(part.pid), [false, false, 'scheduledForReset']);
    await handle(said);
    assert.deepEqual(await lifecycle(part.pid), never);
    assert.deepEqual(await told(part), ['catalog.dataset-reset.v1']);
  });

  it('needs no list of the plan any more once it has decided', async () => {
    const part = await resetting();
    const said = await report(part, part.archiveIds);
    await catalogue.claims.updateOne({ jobId: part.jobId, pid: part.pid }, { $set: { verdict: 'reset' } });
    await app.get(ObjectStore).remove(bucket, [said.datablocks.key]);
    assert.equal((await handle(said)).kind, 'done');
    assert.equal(await left(part.pid), 0);
    assert.deepEqual(await told(part), ['catalog.dataset-reset.v1']);
  });

  it('takes nothing off the list when there is a datablock that it was not planned for, or that is not ours, planned for or not', async () => {
    for (const [code, createdBy, archiveCount] of [
      ['catalog.datablocks-differ', 'catena', 1],
      ['catalog.datablocks-foreign', 'archiveManager', 2],
      ['catalog.datablocks-foreign', 'archiveManager', 3],
    ] as const) {
      const part = await resetting();
      if (createdBy !== 'catena') part.archiveIds.push(await datablock(part.pid, 'theirs', createdBy));
      const count = await left(part.pid);
      await handle(await report(part, part.archiveIds.slice(0, archiveCount)));
      assert.equal(await left(part.pid), count);
      assert.deepEqual(await told(part), ['catalog.dataset-reset-refused.v1']);
      assert.equal(await refusedWith(part), code);
      await consumer.failed({
        data: { ...part, workflow: 'reset', code, message: 'x', fault: 'system' },
      } as never);
      assert.deepEqual(await lifecycle(part.pid), [false, true, 'datasetOnArchiveDisk']);
    }
  });

  it('goes on with a reset that another delivery had decided, though it finds the list another by then', async () => {
    const part = await resetting();
    const said = await report(part, part.archiveIds);
    // The first delivery decides between this one's look at the claim and its look at the list, and dies.
    const gap = interruptOnce(mongo(), 'Datablock', 'find', async () => {
      await catalogue.claims.updateOne({ jobId: part.jobId, pid: part.pid }, { $set: { verdict: 'reset' } });
      await datablock(part.pid, 'late');
    });
    assert.equal((await handle(said)).kind, 'retry');
    assert.ok(gap.happened());
    await catalogue.datablocks.deleteOne({ archiveId: { $regex: '/late.tar$' } });
    await handle(said);
    assert.equal(await left(part.pid), 0);
    assert.deepEqual(await told(part), ['catalog.dataset-reset.v1']);
  });

  it('takes nothing off the list for a job of another kind, and nothing for one that holds the dataset no more', async () => {
    const { pid } = await dataset();
    const jobId = await posted('archive', pid);
    const archiveId = await datablock(pid, '0');
    const outcome = await handle(await report({ pid, jobId }, [archiveId]));
    assert.deepEqual([outcome.kind, await left(pid)], ['dead', 1]);
    const part = await resetting();
    await catalogue.claims.deleteMany({ jobId: part.jobId });
    await handle(await report(part, part.archiveIds));
    assert.equal(await left(part.pid), 2);
    assert.deepEqual(await told(part), ['catalog.dataset-reset-refused.v1']);
  });

  it('is refused while a job holds the dataset, of whichever kind, and keeps further jobs away', async () => {
    const archiving = await dataset();
    const holder = await posted('archive', archiving.pid);
    const refused = await post('reset', archiving.pid);
    assert.deepEqual([refused.status, refused.body['jobId']], [409, holder]);
    for (const type of ['retrieve', 'verify']) {
      const { pid } = await dataset();
      await catalogue.datasets.updateOne({ pid }, { $set: archivedWords });
      const reader = await posted(type, pid);
      const answer = await post('reset', pid);
      assert.deepEqual([answer.status, answer.body['jobId']], [409, reader], type);
      assert.deepEqual(await lifecycle(pid), [false, true, 'datasetOnArchiveDisk'], 'as it was');
    }
    const { pid, jobId } = await resetting();
    for (const type of ['archive', 'retrieve', 'verify', 'reset']) {
      const answer = await post(type, pid);
      assert.deepEqual([answer.status, answer.body['jobId']], [409, jobId], type);
    }
  });

  it('is refused when a job that reads the dataset took it between the claim and the mark', async () => {
    const { pid } = await dataset();
    await catalogue.datasets.updateOne({ pid }, { $set: archivedWords });
    let reader: string | undefined;
    interruptOnce(mongo(), 'Dataset', 'updateMany', async () => {
      reader = await posted('retrieve', pid);
    });
    const answer = await post('reset', pid);
    assert.deepEqual([answer.status, answer.body['jobId']], [409, reader], answer.text);
    assert.deepEqual(await lifecycle(pid), [false, true, 'datasetOnArchiveDisk']);
    assert.equal(await catalogue.claims.countDocuments({ pid, exclusive: pid }), 0);
  });

  it('puts back what the dataset says since the job before it ended, not what it said when it was posted', async () => {
    const { pid } = await dataset();
    // Between reading the dataset and taking hold of it, another job's end calls it archived.
    interruptOnce(mongo(), 'catena_dataset_claims', 'insertMany', async () => {
      await catalogue.datasets.updateOne({ pid }, { $set: archivedWords });
    });
    const jobId = await posted('reset', pid);
    await consumer.cancelled({ data: { jobId, pid, workflow: 'reset' } } as never);
    assert.deepEqual(await lifecycle(pid), [false, true, 'datasetOnArchiveDisk']);
  });

  it('leaves flags as they were when a crash kept its job from being accepted', async () => {
    const { pid } = await dataset();
    await catalogue.datasets.updateOne({ pid }, { $set: archivedWords });
    const jobId = newId();
    await app.collection('Job').insertOne({
      ...{ _id: jobId, id: jobId, createdAt: new Date() },
      catena: { storing: true, workflow: 'reset', finished: false, outbox: { rows: [] } },
    });
    await app.get(DatasetClaims).take(jobId, 'reset', [await read(pid)]);
    assert.deepEqual(await lifecycle(pid), [false, false, 'scheduledForReset']);
    await sweepMuchLater();
    assert.deepEqual(await lifecycle(pid), [false, true, 'datasetOnArchiveDisk']);
    assert.equal((await post('reset', pid)).status, 201);
    const path = `${pathOf(pid)}/origdatablocks`;
    const block = { size: 1, dataFileList: [{ path: 'a', size: 1, time: '2020-01-01T00:00:00.000Z' }] };
    assert.equal((await app.as('admin').post(path, block)).status, 409, 'file lists stand still meanwhile');
  });

  it('ends the writes of file lists that were announced before it, so that no file gets into a dataset that is called archived again', async () => {
    const { pid } = await dataset();
    await datablock(pid, '0');
    const block = { size: 1, dataFileList: [{ path: 'a', size: 1, time: '2020-01-01T00:00:00.000Z' }] };
    let jobId = '';
    // The look at the claims is behind it: the block is written next.
    const gap = interruptOnce(mongo(), 'OrigDatablock', 'updateOne', async () => {
      await catalogue.datasets.updateOne({ pid }, { $set: archivedWords });
      jobId = await posted('reset', pid);
      await consumer.cancelled({ data: { jobId, pid, workflow: 'reset' } } as never);
    });
    const answer = await app.as('admin').post(`${pathOf(pid)}/origdatablocks`, block);
    assert.ok(gap.happened());
    assert.equal(answer.status, 409, answer.text);
    assert.deepEqual(await lifecycle(pid), [false, true, 'datasetOnArchiveDisk']);
    assert.equal(await catalogue.origDatablocks.countDocuments({ datasetId: pid }), 0);
  });

  it('is refused for a dataset that a publication shows, and names the publication', async () => {
    const { pid } = await dataset();
    await catalogue.datasets.updateOne({ pid }, { $set: archivedWords });
    const doi = `10.1234/${newId()}`;
    const publication = { _id: doi, doi, datasetPids: [pid] };
    await app.collection('PublishedData').insertOne({ ...publication, status: 'registered' });
    const answer = await post('reset', pid);
    assert.deepEqual([answer.status, answer.body['doi']], [409, doi], answer.text);
    assert.deepEqual(await lifecycle(pid), [false, true, 'datasetOnArchiveDisk'], 'as it was');
    assert.equal(await catalogue.claims.countDocuments({ pid }), 0);
    await app.collection('PublishedData').updateOne({ _id: doi }, { $set: { status: 'private' } });
    await posted('reset', pid);
  });
});
