import assert from 'node:assert/strict';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDataset, registerFiles } from '../test/support/datasets.js';
import { Installation } from '../test/support/installation.js';
import type { ScicatClient } from '../test/support/scicat-client.js';

/**
 * What one job over many datasets costs, and what it costs everybody else: archive jobs of 100, 1 000 and 10 000 datasets are
 * posted, planned and cancelled, while another group posts small archive jobs one after the other. Linear is what counts.
 */
const sizes = (process.env['LARGE_JOBS'] ?? '100,1000,10000').split(',').map(Number);
const quietJobs = 10;

type Stored = { _id: string; [field: string]: unknown };
interface Looked {
  readonly statusCode: string;
  readonly statusMessage: string;
  readonly catena?: { readonly progress?: { readonly datasetsTotal?: number } };
}

const installation = await Installation.create({
  environment: { LOG_LEVEL: 'warn', ORPHAN_CLAIM_AGE: '60s', ASSEMBLER_LEASE: '60s' },
});
try {
  await installation.start();
  const large = await installation.client('demo');
  const small = await installation.client('stranger');
  const first = await oneFileDataset(large, 'large', 'demo-group');
  const pids = await copies(
    first,
    sizes.reduce((sum, size) => sum + size, 0),
  );
  const others = await copies(await oneFileDataset(small, 'small', 'strangers'), 2000);

  const alone: number[] = [];
  for (let job = 0; job < quietJobs; job += 1) alone.push(await wholeJob(small, others.pop()!));
  report('small job alone, whole story', alone);

  let from = 0;
  for (const size of sizes) {
    const list = pids.slice(from, (from += size));
    await largeJob(large, list, small, others);
  }
} finally {
  await installation.stop(process.env['KEEP'] !== undefined);
}

async function largeJob(large: ScicatClient, list: string[], small: ScicatClient, others: string[]) {
  console.log(`-- a job of ${list.length} datasets`);
  const begun = performance.now();
  const { status, body } = await large.postJob('archive', list);
  assert.equal(status, 201, JSON.stringify(body).slice(0, 500));
  const id = String(body['id']);
  console.log(`   POST answered after                 ${seconds(begun)}`);

  const posted = performance.now();
  const beside: number[] = [];
  let over = false;
  const neighbour = (async () => {
    while (!over) beside.push(await wholeJob(small, others.pop()!));
  })();
  let word = '';
  const until = performance.now() + 60_000;
  while (performance.now() < until) {
    const job = (await large.job(id)) as unknown as Looked;
    if (`${job.statusCode} ${job.statusMessage}` !== word) {
      word = `${job.statusCode} ${job.statusMessage}`;
      console.log(`   ${seconds(posted).padStart(8)} ${word}`);
    }
    if (job.statusCode.startsWith('finished')) break;
    await sleep(500);
  }
  console.log(`   orders after a minute               ${JSON.stringify(await orders(id))}`);

  const cancelled = performance.now();
  const answer = await large.call('POST', `/api/v4/jobs/${id}/cancel`, {});
  console.log(`   cancel answered ${answer.status} after              ${seconds(cancelled)}`);
  const end = await large.jobEnd(id, 600_000);
  console.log(`   ended as ${end.statusCode} after            ${seconds(cancelled)}: ${end.statusMessage}`);
  over = true;
  await neighbour;
  report('   small jobs beside it', beside);
}

function orders(jobId: string): Promise<unknown> {
  return installation.withDatabase('job-assembler', async (database) => {
    const states = await database
      .collection<Stored>('work_orders')
      .aggregate([{ $match: { jobId } }, { $group: { _id: '$state', n: { $sum: 1 } } }])
      .toArray();
    return Object.fromEntries(states.map(({ _id, n }) => [String(_id), Number(n)]));
  });
}

async function wholeJob(client: ScicatClient, pid: string): Promise<number> {
  const begun = performance.now();
  const { status, body } = await client.postJob('archive', [pid]);
  assert.equal(status, 201, JSON.stringify(body));
  const { statusCode, statusMessage } = await client.jobEnd(String(body['id']), 300_000);
  assert.equal(statusCode, 'finishedSuccessful', statusMessage);
  return performance.now() - begun;
}

async function oneFileDataset(client: ScicatClient, name: string, ownerGroup: string): Promise<string> {
  const folder = join(dirname(installation.sourceFolder), ownerGroup, name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'file'), 'x'.repeat(1000));
  const pid = await createDataset(client, folder, { ownerGroup });
  const time = (await stat(join(folder, 'file'))).mtime.toISOString();
  await registerFiles(client, pid, [{ path: 'file', size: 1000, time }]);
  return pid;
}

/** Datasets like a given one, with the same files, written past the API: making them is not what is measured. */
function copies(of: string, count: number): Promise<string[]> {
  return installation.withDatabase('catalog-api', async (database) => {
    const dataset = await database.collection<Stored>('Dataset').findOne({ _id: of });
    const block = await database.collection<Stored>('OrigDatablock').findOne({ datasetId: of });
    assert.ok(dataset !== null && block !== null);
    const pids = Array.from({ length: count }, (_, index) => `${of}-${String(index).padStart(5, '0')}`);
    for (let at = 0; at < count; at += 1000) {
      const some = pids.slice(at, at + 1000);
      await database
        .collection<Stored>('Dataset')
        .insertMany(some.map((pid) => ({ ...dataset, _id: pid, pid })));
      await database
        .collection<Stored>('OrigDatablock')
        .insertMany(some.map((pid) => ({ ...block, _id: `block-${pid}`, datasetId: pid })));
    }
    return pids;
  });
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(2)} s`;
}

function report(what: string, samples: number[]): void {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number): string =>
    ((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) / 1000).toFixed(2);
  console.log(`${what}: p50 ${at(0.5)} s, p90 ${at(0.9)} s, max ${at(1)} s (${samples.length} jobs)`);
}
