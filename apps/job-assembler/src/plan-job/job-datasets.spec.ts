import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ClaimChecks } from '#claim-check';
import type { ObjectReference } from '#contracts';
import { isRetriable, ManualClock, PermanentError, TransientError } from '#kernel';
import { createLogger } from '#observability';
import { MemoryObjectStore } from '#storage/testing';
import type { CatalogClient } from '../catalog/catalog-client.js';
import { JobDatasets } from './job-datasets.js';

const bucket = 'control';
const key = 'job-lists/j.ndjson';

describe('The datasets of a job', () => {
  let store: MemoryObjectStore;
  let claimChecks: ClaimChecks;
  /** Jobs that the catalogue was asked for. */
  let asked: string[];
  let datasets: JobDatasets;
  beforeEach(async () => {
    store = new MemoryObjectStore();
    await store.ensureBucket(bucket);
    claimChecks = new ClaimChecks(store, new ManualClock(), { bucket, patience: 0 });
    asked = [];
    const job = (id: string) => {
      asked.push(id);
      return Promise.resolve({ id, jobParams: { datasetList: [{ pid: 'asked', files: [] }] } });
    };
    datasets = datasetsOf(job);
  });
  const datasetsOf = (job: (id: string) => Promise<unknown>, lists: ClaimChecks = claimChecks) =>
    new JobDatasets(lists, { job } as unknown as CatalogClient, createLogger('job-datasets.spec', 'silent'));
  const lines = (count: number) =>
    Array.from({ length: count }, (_, place) => ({ pid: `p/${place}`, files: ['a'], size: place }));
  const told = (reference: ObjectReference, count: number) =>
    datasets.of({ _id: 'j', datasetList: { reference, count } });

  it('are those of the list that the message names, in its order, and nobody is asked', async () => {
    assert.deepEqual(await told(await claimChecks.keepLines(key, lines(12)), 12), lines(12));
    assert.deepEqual(asked, []);
  });

  it('are those that the message itself lists, in its order, and neither the store nor anybody is asked', async () => {
    store.unavailable = true;
    const listed = { _id: 'j', datasetList: { lines: lines(12), count: 12 } };
    assert.deepEqual([await datasets.of(listed), asked], [lines(12), []]);
  });

  it('are refused for good from a message that lists more or fewer than it says, or what is none', async () => {
    for (const [count, some, words] of [
      [2, lines(3), /Expected 2 datasets.*found 3/],
      [4, lines(3), /Expected 4 datasets.*found 3/],
      [1, [{ pid: '', files: [] }], /something else in line 1/],
    ] as const)
      await assert.rejects(
        datasets.of({ _id: 'j', datasetList: { lines: some, count } }),
        (error: unknown) => {
          assert.ok(error instanceof PermanentError && error.code === 'assembly.dataset-list-refused');
          assert.match(error.message, words);
          return true;
        },
      );
  });

  it('may be as many as a job may have', async () => {
    const found = await told(await claimChecks.keepLines(key, lines(10_000)), 10_000);
    assert.deepEqual([found.length, found.at(-1)], [10_000, lines(10_000).at(-1)]);
  });

  it('are asked for where the message names no list', async () => {
    assert.deepEqual(await datasets.of({ _id: 'j' }), [{ pid: 'asked', files: [] }]);
    assert.deepEqual(asked, ['j']);
  });

  it('are asked for where the list is gone', async () => {
    const reference = await claimChecks.keepLines(key, lines(1));
    await store.remove(bucket, [key]);
    assert.deepEqual(await told(reference, 1), [{ pid: 'asked', files: [] }]);
  });

  for (const code of ['storage.access-denied', 'storage.bucket-not-found'])
    it(`are asked for where the list is out of reach (${code})`, async () => {
      const lists = {
        readLines: () => Promise.reject(new TransientError(code, 'not for this account')),
      } as unknown as ClaimChecks;
      const job = () => Promise.resolve({ jobParams: { datasetList: lines(1) } });
      const reference = { bucket, key, size: 1, sha256: 'a'.repeat(64) };
      const named = datasetsOf(job, lists).of({ _id: 'j', datasetList: { reference, count: 1 } });
      assert.deepEqual(await named, lines(1));
    });

  it('wait for the right to read the job where the message names no list', async () => {
    const refused = new PermanentError('catalog.api-refused', 'no', { details: { status: 403 } });
    await assert.rejects(datasetsOf(() => Promise.reject(refused)).of({ _id: 'j' }), {
      code: 'assembly.job-unreadable',
      retriable: true,
    });
    const unknown = new PermanentError('catalog.api-refused', 'no', { details: { status: 404 } });
    await assert.rejects(datasetsOf(() => Promise.reject(unknown)).of({ _id: 'j' }), unknown);
  });

  it('wait for object storage that is away', async () => {
    const reference = await claimChecks.keepLines(key, lines(1));
    store.unavailable = true;
    await assert.rejects(told(reference, 1), isRetriable);
    store.unavailable = false;
    assert.deepEqual(await told(reference, 1), lines(1));
    assert.deepEqual(asked, []);
  });

  /** What it says must name the job and what was wrong. */
  async function isRefused(reference: ObjectReference, count: number, words: RegExp): Promise<void> {
    await assert.rejects(told(reference, count), (error: unknown) => {
      assert.ok(error instanceof PermanentError);
      assert.equal(error.code, 'assembly.dataset-list-refused');
      assert.match(error.message, words);
      assert.match(error.message, /job j\b/);
      return true;
    });
    assert.deepEqual(asked, []);
  }

  it('are refused for good from a list with another checksum', async () => {
    const reference = await claimChecks.keepLines(key, lines(3));
    store.flipBit(bucket, key, 9);
    await isRefused(reference, 3, /job-lists\/j\.ndjson.*SHA-256/);
  });

  it('are refused for good from a list that is longer, or shorter, than its message says', async () => {
    const reference = await claimChecks.keepLines(key, lines(3));
    await isRefused(reference, 2, /Expected 2 datasets.*found 3/);
    await isRefused(reference, 4, /Expected 4 datasets.*found 3/);
  });

  it('are refused for good from a list that is no JSON', async () => {
    const reference = await claimChecks.keep(key, Buffer.from('{"pid":"p","files":[]}\nrubbish\n'), 'x/y');
    await assert.rejects(told(reference, 2), { code: 'storage.reference-unreadable', retriable: false });
    assert.deepEqual(asked, []);
  });

  for (const [what, line] of Object.entries({
    null: null,
    list: [],
    text: 'p',
    'pid that is none': { pid: '', files: [] },
    'dataset without files': { pid: 'p' },
    'file that is a number': { pid: 'p', files: [1] },
    'size that is none': { pid: 'p', files: [], size: -1 },
  }))
    it(`are refused for good from a list with a ${what}`, async () => {
      const reference = await claimChecks.keepLines(key, [lines(1)[0]!, line as object]);
      await isRefused(reference, 2, /something else in line 2/);
    });

  it('are refused, and not read, where there are more than a job may have', async () => {
    const reference = { bucket, key, size: 1, sha256: 'a'.repeat(64) };
    await isRefused(reference, 10_001, /at most 10000 datasets .*found 10001/);
    await isRefused({ ...reference, size: 1e9 }, 1, /found 1 in 1000000000 bytes/);
  });
});
