import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ClaimChecks } from '#claim-check';
import type { JobSubmittedV1 } from '#contracts';
import { newId, SystemClock, TransientError } from '#kernel';
import { until } from '#messaging/testing';
import { createLogger } from '#observability';
import { MongoConnection } from '#persistence';
import { ObjectStore } from '#storage';
import { JobDatasetLists } from '../../apps/catalog-api/src/jobs/job-dataset-lists.js';
import { Catalogue } from '../../apps/catalog-api/src/persistence/catalogue.js';
import type { CatalogClient } from '../../apps/job-assembler/src/catalog/catalog-client.js';
import { JobDatasets } from '../../apps/job-assembler/src/plan-job/job-datasets.js';
import { readsDuring } from '../support/count-reads.js';
import { interruptOnce } from '../support/interrupt.js';
import { rawDataset } from './support/datasets.js';
import { heldDatasets, holdingEnvironment } from './support/held-datasets.js';
import { ScicatApp } from './support/scicat-app.js';

const bucket = `control-${newId().slice(0, 8)}`;

/** Issue 14, item 1: job-assembler is told which datasets a job has, and need not ask back. */
describe('The list of the datasets of a job', () => {
  let app: ScicatApp;
  let catalogue: Catalogue;
  let lists: JobDatasetLists;
  let store: ObjectStore;

  before(async () => {
    app = await ScicatApp.start({ ...holdingEnvironment, CONTROL_BUCKET: bucket });
    [catalogue, lists, store] = [app.get(Catalogue), app.get(JobDatasetLists), app.get(ObjectStore)];
    await store.ensureBucket(bucket);
  });
  after(async () => {
    await store.remove(bucket, await keys());
    await app.stop();
  });

  const { dataset, sweepMuchLater } = heldDatasets(() => app);
  async function keys(): Promise<string[]> {
    const found: string[] = [];
    for await (const { key } of store.list(bucket, '')) found.push(key);
    return found;
  }
  const keyOf = (jobId: string): string => `job-lists/${jobId}.ndjson`;
  const post = (pids: readonly string[], headers: Record<string, string> = {}) =>
    app
      .as('admin')
      .post(
        '/api/v3/Jobs',
        { type: 'archive', jobParams: {}, datasetList: pids.map((pid) => ({ pid, files: [] })) },
        headers,
      );
  async function posted(pids: readonly string[]): Promise<string> {
    const { status, body, text } = await post(pids);
    assert.equal(status, 201, text);
    return String(body['id']);
  }
  async function messageOf(jobId: string): Promise<JobSubmittedV1> {
    const job = await catalogue.jobs.findOne({ _id: jobId });
    const row = job?.catena?.outbox.rows.find(
      ({ envelope }) => envelope?.type === 'catalog.job-submitted.v1',
    );
    assert.ok(row?.envelope !== undefined, 'the message waits for the receipt of job-assembler');
    return row.envelope.data as JobSubmittedV1;
  }
  /** As job-assembler reads it, whom nobody answers. */
  async function heard({ jobId, datasetList, datasetCount: count }: JobSubmittedV1) {
    assert.ok(datasetList !== undefined, 'the message says where the list is');
    const claimChecks = new ClaimChecks(store, new SystemClock(), { bucket, patience: 0 });
    return new JobDatasets(claimChecks, {} as CatalogClient, createLogger('spec', 'silent')).of({
      _id: jobId,
      datasetList: { reference: datasetList, count },
    });
  }

  /** Datasets whose list is too long for a message: their pids. */
  async function many(): Promise<string[]> {
    const { _id: _, ...first } = await dataset();
    const pids = Array.from({ length: 300 }, (_unused, place) => `${first.pid}-${place}`);
    await catalogue.datasets.insertMany(pids.map((pid) => ({ ...first, _id: pid, pid })));
    return pids;
  }

  it('travels in the message where it is short, in the order of the post, with what the catalogue counted', async () => {
    const counted = rawDataset({ size: 7, packedSize: 5 });
    const { body } = await app.as('admin').post('/api/v3/datasets', counted);
    const pids = [String(body['pid']), (await dataset()).pid, (await dataset()).pid].reverse();
    const before = await keys();
    const { datasets: lines = [], datasetList } = await messageOf(await posted(pids));
    assert.deepEqual([datasetList, await keys()], [undefined, before]);
    assert.deepEqual(
      lines.map(({ pid, files }) => [pid, files]),
      pids.map((pid) => [pid, []]),
    );
    const { size, packedSize } = (await catalogue.datasets.findOne({ pid: pids[2]! }))!;
    assert.deepEqual([lines[2]?.size, lines[2]?.packedSize], [size, packedSize]);
  });

  it('of many datasets lies under the id of the job, and makes the message no longer', async () => {
    const pids = await many();
    const message = await messageOf(await posted(pids));
    assert.deepEqual([message.datasets, message.datasetList?.key], [undefined, keyOf(message.jobId)]);
    assert.ok(JSON.stringify(message).length < 1000, JSON.stringify(message));
    assert.deepEqual(
      (await heard(message)).map(({ pid }) => pid),
      pids,
    );
  });

  it('is there once, however often the job is posted', async () => {
    const pids = await many();
    const before = (await keys()).length;
    const key = { 'idempotency-key': `list ${pids[0]}` };
    await Promise.all(Array.from({ length: 8 }, () => post(pids, key)));
    await until(async () => (await post(pids, key)).status === 201);
    assert.equal((await keys()).length, before + 1);
  });

  it('does not stay of a job that is refused', async () => {
    const pids = await many();
    await posted(pids);
    const before = await keys();
    const claimChecks = app.get(ClaimChecks);
    const gone: string[] = [];
    claimChecks.remove = async (removed) => {
      await ClaimChecks.prototype.remove.call(claimChecks, removed);
      gone.push(...removed);
    };
    try {
      assert.equal((await post(pids)).status, 409);
      await until(() => Promise.resolve(gone.length > 0));
      assert.ok(!before.includes(gone[0]!), gone[0]);
      assert.deepEqual(await keys(), before);
    } finally {
      delete (claimChecks as Partial<ClaimChecks>).remove;
    }
  });

  it('is left by a job that was given up between list and acceptance, and swept', async () => {
    const [given, kept] = [await many(), await posted(await many())];
    const before = await keys();
    // As a process that died there: what it had posted is given up.
    const gap = interruptOnce(
      ...([app.get(MongoConnection), 'Job', 'updateOne', sweepMuchLater] as const),
      ([filter]) => Promise.resolve('catena.storing' in (filter as object)),
    );
    assert.equal((await post(given)).status, 503);
    assert.ok(gap.happened());
    assert.equal((await keys()).length, before.length + 1, 'the list of a job that is not there');
    await lists.round();
    assert.deepEqual(await keys(), before);
    assert.ok(before.includes(keyOf(kept)));
    assert.equal((await post(given)).status, 201, 'the datasets are free');
  });

  it('is not swept while its job is being stored, whenever the sweep comes', async () => {
    const pids = await many();
    const gap = interruptOnce(
      ...([app.get(MongoConnection), 'Job', 'updateOne', () => lists.round()] as const),
      ([filter]) => Promise.resolve('catena.storing' in (filter as object)),
    );
    const id = await posted(pids);
    assert.ok(gap.happened());
    assert.deepEqual(
      (await heard(await messageOf(id))).map((line) => line.pid),
      pids,
    );
  });

  it('goes when the job is over, and not before', async () => {
    const [over, open] = [await posted(await many()), await posted(await many())];
    await catalogue.jobs.updateOne({ _id: over }, { $set: { 'catena.finished': true } });
    await lists.round();
    const left = await keys();
    assert.deepEqual([left.includes(keyOf(over)), left.includes(keyOf(open))], [false, true]);
  });

  for (const [what, keepLines] of [
    ['is away', () => Promise.reject(new TransientError('storage.unavailable', 'away'))],
    ['does not answer', () => new Promise<never>(() => undefined)],
  ] as const)
    it(`refuses no job while object storage ${what}: the message goes without it`, async () => {
      const claimChecks = app.get(ClaimChecks);
      claimChecks.keepLines = keepLines;
      try {
        const pids = await many();
        const long = await messageOf(await posted(pids));
        assert.deepEqual(
          [long.datasetList, long.datasets, long.datasetCount],
          [undefined, undefined, pids.length],
        );
        const short = await messageOf(await posted([(await dataset()).pid]));
        assert.equal(short.datasets?.length, 1);
      } finally {
        delete (claimChecks as Partial<ClaimChecks>).keepLines;
      }
    });

  it('is made from one read of the datasets, whichever version the job is posted by', async () => {
    const ownerGroup = 'group1';
    for (const [version, body] of [
      ['v3', (pid: string) => ({ datasetList: [{ pid, files: [] }] })],
      ['v4', (pid: string) => ({ ownerGroup, jobParams: { datasetList: [{ pid, files: [] }] } })],
    ] as const) {
      const { body: mine } = await app.as('admin').post('/api/v3/datasets', rawDataset({ ownerGroup }));
      const pid = String(mine['pid']);
      const reads = await readsDuring(app.get(MongoConnection), 'Dataset', async () => {
        const answer = await app.as('user1').post(`/api/${version}/jobs`, { type: 'archive', ...body(pid) });
        assert.equal(answer.status, 201, answer.text);
      });
      // The last look of the dataset's own creation may come now: its answer did not wait for it.
      const ofJob = reads.filter(({ fields }) => fields.join() !== 'updatedAt');
      assert.deepEqual(
        ofJob.map(({ filter, fields }) => [filter, fields.includes('__v')]),
        // What is decided by, and the versions that the datasets are marked on.
        [[{ _id: { $in: [pid] } }, true]],
        `reads of a post of ${version}`,
      );
    }
  });
});
