import assert from 'node:assert/strict';
import { ClaimChecks } from '#claim-check';
import type { JobSubmittedV1 } from '#contracts';
import { SystemClock } from '#kernel';
import { createLogger } from '#observability';
import { CatalogClient } from '../apps/job-assembler/src/catalog/catalog-client.js';
import type { JobAssemblerConfig } from '../apps/job-assembler/src/job-assembler.config.js';
import { JobDatasets } from '../apps/job-assembler/src/plan-job/job-datasets.js';
import { createDataset } from '../test/support/datasets.js';
import { Installation } from '../test/support/installation.js';

/**
 * What it costs job-assembler to know what a job of many datasets is about: read from the list beside its message, or asked of catalog-api, for the
 * same jobs in turns. And what the list costs whoever posts the job.
 */
const jobs = 100;
const datasetsOfJob = Number(process.env['TOLD_DATASETS'] ?? '300');

type Stored = { _id: string; catena?: { outbox: { rows: { envelope?: { type: string; data: object } }[] } } };

const installation = await Installation.create({ environment: { LOG_LEVEL: 'warn' } });
try {
  await installation.start();
  // So that nobody forgets a message before it is looked at.
  await installation.apps['job-assembler'].stop();
  const client = await installation.client('demo');
  const pids: string[] = [];
  for (let place = 0; place < datasetsOfJob; place += 1) pids.push(await createDataset(client, '/bench'));
  // Verified by all jobs at once: such a job has no dataset to itself.
  await installation.withDatabase('catalog-api', (database) =>
    database.collection('Dataset').updateMany({}, { $set: { 'datasetlifecycle.retrievable': true } }),
  );
  const posts: number[] = [];
  const ids: string[] = [];
  for (let job = 0; job < jobs; job += 1) {
    const begun = performance.now();
    const { status, body } = await client.postJob('verify', pids);
    posts.push(performance.now() - begun);
    assert.equal(status, 201, JSON.stringify(body));
    ids.push(String(body['id']));
  }
  await compare(ids, posts);
} finally {
  await installation.stop(process.env['KEEP'] !== undefined);
}

async function compare(ids: readonly string[], posts: readonly number[]): Promise<void> {
  const { accounts } = installation.settings.secrets;
  const bucket = `${installation.settings.prefix}-control`;
  const catalog = new CatalogClient({
    catalog: { url: installation.url, username: 'jobAssembler', password: accounts.jobAssembler },
  } as JobAssemblerConfig);
  const messages = await installation.withDatabase('catalog-api', async (database) => {
    const found = await database.collection<Stored>('Job').find({}).toArray();
    return new Map(found.map(({ _id, catena }) => [_id, catena?.outbox.rows[0]?.envelope?.data]));
  });
  const [told, asked, written]: [number[], number[], number[]] = [[], [], []];
  await installation.withObjectStore(async (store) => {
    const claimChecks = new ClaimChecks(store, new SystemClock(), { bucket, patience: 0 });
    const datasets = new JobDatasets(claimChecks, catalog, createLogger('bench', 'silent'));
    for (const _id of ids) {
      const { datasetList: reference, datasetCount: count } = messages.get(_id) as JobSubmittedV1;
      assert.ok(reference !== undefined);
      const lines = await timed(told, () => datasets.of({ _id, datasetList: { reference, count } }));
      await timed(asked, async () => {
        const list = await datasets.of({ _id });
        await catalog.bytesOf(
          list.map(({ pid }) => pid),
          'packedSize',
        );
      });
      await timed(written, () => claimChecks.keepLines(`bench/${_id}.ndjson`, lines));
    }
  });
  console.log(`${ids.length} jobs of ${datasetsOfJob} datasets, p50`);
  console.log(`told, and its bytes     ${median(told).toFixed(1)} ms, no request`);
  console.log(
    `asked, and its bytes    ${median(asked).toFixed(1)} ms (${(median(asked) / median(told)).toFixed(1)} times)`,
  );
  const share = (100 * median(written)) / median(posts);
  console.log(`list written            ${median(written).toFixed(1)} ms, ${share.toFixed(0)} % of a post`);
}

async function timed<Result>(samples: number[], story: () => Promise<Result>): Promise<Result> {
  const begun = performance.now();
  const result = await story();
  samples.push(performance.now() - begun);
  return result;
}

function median(samples: readonly number[]): number {
  return [...samples].sort((one, other) => one - other)[Math.floor(samples.length / 2)] ?? 0;
}
