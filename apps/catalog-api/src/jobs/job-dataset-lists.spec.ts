import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ClaimChecks } from '#claim-check';
import { jobSubmittedV1, maxToldListBytes, type DatasetListLine, type JobSubmittedV1 } from '#contracts';
import { ManualClock } from '#kernel';
import { createLogger } from '#observability';
import { eventRow, legacyRow, type OutboxRow } from '#outbox';
import { memoryCollection } from '#persistence/testing';
import { MemoryObjectStore } from '#storage/testing';
import type { Catalogue } from '../persistence/catalogue.js';
import type { JobRecord } from '../persistence/records.js';
import { JobDatasetLists } from './job-dataset-lists.js';
import type { JobDataset } from './job-datasets.js';

const bucket = 'control';

describe('Lists of datasets of jobs', () => {
  let store: MemoryObjectStore;
  let claimChecks: ClaimChecks;
  let jobs: ReturnType<typeof memoryCollection<JobRecord>>;
  let lists: JobDatasetLists;
  beforeEach(async () => {
    store = new MemoryObjectStore();
    await store.ensureBucket(bucket);
    claimChecks = new ClaimChecks(store, new ManualClock(), { bucket, patience: 0 });
    jobs = memoryCollection<JobRecord>();
    lists = new JobDatasetLists(
      ...([{ jobs } as unknown as Catalogue, claimChecks, createLogger('lists.spec', 'silent')] as const),
    );
  });

  const jobOf = (pids: readonly string[]): JobRecord =>
    ({ _id: 'j', jobParams: { datasetList: pids.map((pid) => ({ pid, files: ['f'] })) } }) as never;
  const submitted = (datasetCount: number): OutboxRow =>
    eventRow(
      jobSubmittedV1,
      { jobId: 'j', jobType: 'archive', workflow: 'archive', datasetCount },
      new Date(0),
    );
  const keys = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const { key } of store.list(bucket, '')) found.push(key);
    return found;
  };

  it('of ten thousand datasets make no message longer, and keep the order of the job', async () => {
    const pids = Array.from({ length: 10_000 }, (_, place) => `p/${place}`);
    const datasets = pids.toReversed().map((pid) => ({ pid, size: 3, packedSize: 4 }) as JobDataset);
    const rows = [submitted(pids.length), legacyRow({ exchange: 'x', key: 'k', body: '{}' }, new Date(0))];
    const [row, legacy] = await lists.toldIn(rows, jobOf(pids), datasets);
    const { datasetList } = row!.envelope!.data as JobSubmittedV1;
    assert.ok(JSON.stringify(row).length < 1500, JSON.stringify(row));
    assert.deepEqual([row!.id, legacy], [rows[0]!.id, rows[1]]);
    assert.deepEqual(
      await claimChecks.readLines<DatasetListLine>(datasetList!),
      pids.map((pid) => ({ pid, files: ['f'], size: 3, packedSize: 4 })),
    );
  });

  /** What the message says itself. */
  async function inMessage(job: JobRecord, datasets: readonly JobDataset[]) {
    const [row] = await lists.toldIn([submitted(datasets.length)], job, datasets);
    return row!.envelope!.data as JobSubmittedV1;
  }

  it('travel in the message where they are short, and no object is written', async () => {
    store.unavailable = true;
    const pids = ['p/2', 'p/1'];
    const datasets = [{ pid: 'p/1', size: 3 }, { pid: 'p/2' }] as JobDataset[];
    const { datasets: told, datasetList } = await inMessage(jobOf(pids), datasets);
    store.unavailable = false;
    assert.deepEqual(told, [
      { pid: 'p/2', files: ['f'] },
      { pid: 'p/1', files: ['f'], size: 3 },
    ]);
    assert.deepEqual([datasetList, await keys()], [undefined, []]);
  });

  it('are short up to 8 KiB of NDJSON, whatever they are long by', async () => {
    const bytesOf = (names: readonly string[]) =>
      Buffer.byteLength(`${JSON.stringify({ pid: 'p', files: names })}\n`);
    // Two bytes each: characters are not what counts.
    const names = ['é'.repeat(2000), 'x'.repeat(maxToldListBytes - bytesOf(['é'.repeat(2000), '']))];
    const jobWith = (files: readonly string[]) =>
      ({ _id: 'j', jobParams: { datasetList: [{ pid: 'p', files }] } }) as unknown as JobRecord;
    assert.equal(bytesOf(names), maxToldListBytes);
    const fits = await inMessage(jobWith(names), [{ pid: 'p' } as JobDataset]);
    assert.deepEqual([fits.datasets?.[0]?.files, await keys()], [names, []]);
    const longer = await inMessage(jobWith([...names.slice(0, 1), `${names[1]!}x`]), [
      { pid: 'p' } as JobDataset,
    ]);
    assert.deepEqual([longer.datasets, longer.datasetList?.key], [undefined, 'job-lists/j.ndjson']);
  });

  it('of a job that is given up go, and where none was written nothing is asked for', async () => {
    const { remove } = store;
    let asked = 0;
    store.remove = (...given) => ((asked += 1), remove.apply(store, given));
    for (const [pids, removals] of [
      [['p'], 0],
      [Array.from({ length: 1000 }, (_, place) => `p/${place}`), 1],
    ] as const) {
      const told = await lists.toldIn([submitted(pids.length)], jobOf(pids), []);
      await lists.forget('j', told);
      assert.deepEqual([asked, await keys()], [removals, []]);
    }
  });

  it('say how many bytes the named files have, where a job names some', async () => {
    const datasets = [{ pid: 'p', size: 3000, packedSize: 4000, namedBytes: 5 } as JobDataset];
    const { datasets: told } = await inMessage(jobOf(['p']), datasets);
    assert.deepEqual(told, [{ pid: 'p', files: ['f'], size: 5, packedSize: 5 }]);
  });

  it('say only such bytes as are some', async () => {
    const sizes = [{ size: 'much' }, { size: -1, packedSize: 1.5 }, { size: null }, { size: 0 }];
    const pids = sizes.map((_, place) => `p/${place}`);
    const datasets = sizes.map((size, place) => ({ pid: pids[place]!, ...size }) as unknown as JobDataset);
    const { datasets: told } = await inMessage(jobOf(pids), datasets);
    assert.deepEqual(
      told!.map(({ size, packedSize }) => [size, packedSize]),
      [
        [undefined, undefined],
        [undefined, undefined],
        [undefined, undefined],
        [0, undefined],
      ],
    );
  });

  it('go when their job is over or is none, however many there are, and nothing else goes', async () => {
    for (let place = 0; place < 1500; place += 1)
      await claimChecks.keepLines(`job-lists/${place}.ndjson`, []);
    for (const key of ['job-lists/open.ndjson', 'job-lists/storing.ndjson', 'plans/0/0/0.ndjson'])
      await claimChecks.keepLines(key, []);
    await jobs.insertMany([
      { _id: '7', catena: { finished: true } },
      { _id: 'open', catena: { finished: false } },
      { _id: 'storing', catena: { finished: false, storing: true } },
    ] as unknown as JobRecord[]);
    await lists.round();
    assert.deepEqual(await keys(), [
      'job-lists/open.ndjson',
      'job-lists/storing.ndjson',
      'plans/0/0/0.ndjson',
    ]);
  });

  it('stay where the database does not answer', async () => {
    await claimChecks.keepLines('job-lists/j.ndjson', []);
    jobs.find = () => {
      throw new Error('no answer');
    };
    await assert.rejects(lists.round(), /no answer/);
    assert.deepEqual(await keys(), ['job-lists/j.ndjson']);
  });
});
