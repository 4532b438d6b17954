import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pidAsName } from '#kernel';
import { until } from '#messaging/testing';
import { workerPasswordVariableOf } from '#messaging';
import { PythonWorker } from '../outside/python-worker.js';
import { WhyPages } from '../support/browser/why-pages.js';
import { datasetInSourceFolder, sampleFiles, sha256, type TestDataset } from '../support/datasets.js';
import { Installation } from '../support/installation.js';
import { Whys } from '../support/operations.js';
import type { ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

/** One share of its own, and a target that others operate, which the example in Python serves. */
describe('With an outside worker', () => {
  let place: string;
  let installation: Installation;
  let client: ScicatClient;
  let worker: PythonWorker;
  let dataset: TestDataset;
  const seen = verdict();

  before(async () => {
    place = await mkdtemp(join(tmpdir(), 'catena-flow-outside-'));
    await mkdir(join(place, 'disk'));
    const file = join(place, 'routes.yaml');
    await writeFile(
      file,
      `targets:
  - { name: disk, kind: share, options: { place: ${place}/disk } }
  - { name: tape, kind: outside, limits: { write: 2, read: 2 } }
routes:
  - { name: default, targets: [disk, tape], copies: 2 }
`,
    );
    const password = 'of-the-worker';
    installation = await Installation.create({
      console: true,
      environment: {
        ...{ DATABLOCK_TARGET_SIZE: '1GiB', ROUTES_FILE: file, LTS_ROOTS: '', REFERENCE_PATIENCE: '1s' },
        ...{ WORKER_SILENCE: '4s', WORKER_PAUSE: '300ms', WORKER_MAX_FAULTS: '3' },
        [workerPasswordVariableOf('tape')]: password,
      },
    });
    await installation.start();
    client = await installation.client('demo');
    dataset = await datasetInSourceFolder(installation, client, sampleFiles(20_000_000));
    worker = await PythonWorker.start('', { prefix: installation.settings.prefix, password });
  });
  after(async () => {
    if (seen.failed) process.stderr.write(`${worker.log}\n`);
    await worker.stop();
    await installation.stop(seen.failed);
    await rm(place, { recursive: true, force: true });
  });

  async function posted(type: string, pid: string): Promise<string> {
    const { status, body } = await client.postJob(type, [pid]);
    assert.equal(status, 201, JSON.stringify(body));
    return String(body['id']);
  }
  async function ended(id: string) {
    const job = await client.jobEnd(id, 120_000);
    assert.equal(job.statusCode, 'finishedSuccessful', job.statusMessage);
    return job;
  }
  const isRetrievable = async (pid: string): Promise<unknown> =>
    (await client.dataset(pid)).datasetlifecycle['retrievable'];
  const folderOf = ({ pid }: TestDataset): string => join(place, 'disk', pidAsName(pid));
  const tarsOf = async (one: TestDataset): Promise<string[]> =>
    (await readdir(folderOf(one), { recursive: true }).catch(() => [])).filter((name) =>
      name.endsWith('.tar'),
    );
  const isOrdered = (jobId: string): Promise<boolean> =>
    installation.withDatabase('job-assembler', async (database) => {
      const found = { jobId, state: 'released', 'outside.phase': 'ordered' };
      return (await database.collection('work_orders').countDocuments(found)) > 0;
    });

  it('a dataset is archived when its worker, killed in the middle, has read back what our archiver recorded', async () => {
    await worker.kill();
    const id = await posted('archive', dataset.pid);
    await until(() => isOrdered(id), 240_000);
    const pages = await WhyPages.of(installation);
    const { all } = await new Whys(installation, pages).says(id, 'worker.outside');
    await pages.stop();
    assert.equal(all.find(({ code }) => code === 'worker.outside')?.facts['target'], 'tape');
    assert.equal((await tarsOf(dataset)).length, 1, 'our own copy comes first');
    assert.equal(await isRetrievable(dataset.pid), false);
    await worker.startAgain();
    await until(() => Promise.resolve(worker.journal.includes('store-copy')));
    await worker.kill();
    await worker.startAgain();
    await ended(id);
    assert.equal(await isRetrievable(dataset.pid), true);
    assert.equal(worker.kept.filter((name) => name.endsWith('.tar')).length, 1, worker.kept.join());
  });

  it('both copies are verified', async () => {
    await ended(await posted('verify', dataset.pid));
    assert.match(worker.journal, /copy-verified/);
  });

  it('a dataset is retrieved from its worker when our own copy is gone', async () => {
    for (const name of await tarsOf(dataset)) await rm(join(folderOf(dataset), name));
    // The tar that its worker was given lies there for a while, and would do.
    await installation.withObjectStore(async (store) => {
      const bucket = `${installation.settings.prefix}-retrieval`;
      for await (const { key } of store.list(bucket, pidAsName(dataset.pid)))
        await store.remove(bucket, [key]);
    });
    const { jobResultObject } = await ended(await posted('retrieve', dataset.pid));
    const [result] = jobResultObject.result ?? [];
    const bytes = Buffer.from(await (await fetch(result!.url)).arrayBuffer());
    assert.equal(sha256(bytes), (result as unknown as { sha256: string }).sha256);
    assert.match(worker.journal, /copy-recalled/);
  });

  it('a job ends as cancelled though its worker is away, and the dataset stays as it was', async () => {
    const other = await datasetInSourceFolder(installation, client, sampleFiles(100_000));
    await worker.kill();
    const id = await posted('archive', other.pid);
    await until(() => isOrdered(id), 240_000);
    assert.equal((await client.call('POST', `/api/v4/jobs/${id}/cancel`)).status, 202);
    const job = await client.jobEnd(id, 120_000);
    assert.match(job.statusCode, /cancel/i, job.statusMessage);
    assert.equal(await isRetrievable(other.pid), false);
    await until(async () => (await tarsOf(other)).length === 0);
    // What it says now comes too late.
    await worker.startAgain();
    await until(() => Promise.resolve(worker.journal.includes(id)));
    assert.equal((await client.job(id)).statusCode, job.statusCode);
    assert.equal(await isRetrievable(other.pid), false);
  });
});
