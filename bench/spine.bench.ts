import assert from 'node:assert/strict';
import { connect } from 'amqplib';
import { createDataset, registerFiles } from '../test/support/datasets.js';
import { Installation } from '../test/support/installation.js';
import type { ScicatClient } from '../test/support/scicat-client.js';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * What the spine costs with full durability: from POST to a consumer of the event, and whole archive jobs (plan, pack,
 * verify, register) of one small file each. Numbers are of this machine and this run.
 */
const latencyJobs = 200;
const throughputJobs = 150;
const parallelPosts = 8;

const installation = await Installation.create({ environment: { LOG_LEVEL: 'info' } });
try {
  await installation.start();
  const client = await installation.client('demo');
  await latency(client);
  await throughput(client);
} finally {
  await installation.stop(process.env['KEEP'] !== undefined);
}

async function latency(client: ScicatClient): Promise<void> {
  const connection = await connect(installation.settings.services['RABBITMQ_URL'] ?? '');
  const channel = await connection.createChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, `${installation.settings.prefix}.catalog`, 'catalog.job-submitted.v1');
  const arrivals = new Map<string, number>();
  await channel.consume(
    queue,
    (message) => {
      if (message === null) return;
      const { subject } = JSON.parse(message.content.toString()) as { subject: string };
      arrivals.set(subject, performance.now());
    },
    { noAck: true },
  );
  const pid = await createDataset(client, '/bench');
  const answered: number[] = [];
  const arrived: number[] = [];
  for (let index = 0; index < latencyJobs + 20; index += 1) {
    const begun = performance.now();
    const { status, body } = await client.call('POST', '/api/v3/Jobs', {
      type: 'reset',
      jobParams: {},
      datasetList: [{ pid, files: [] }],
    });
    const done = performance.now();
    assert.equal(status, 201, JSON.stringify(body));
    const id = String(body['id']);
    while (!arrivals.has(id)) await new Promise((resolve) => setImmediate(resolve));
    // The first ones warm the compiler up.
    if (index < 20) continue;
    answered.push(done - begun);
    arrived.push(arrivals.get(id)! - begun);
  }
  await connection.close();
  report('POST answered', answered);
  report('POST to consumer', arrived);
}

async function throughput(client: ScicatClient): Promise<void> {
  const pids = await Promise.all(
    Array.from({ length: throughputJobs }, (_, index) => smallDataset(client, index)),
  );
  const begun = performance.now();
  const ids: string[] = [];
  const waiting = [...pids];
  await Promise.all(
    Array.from({ length: parallelPosts }, async () => {
      for (let pid = waiting.pop(); pid !== undefined; pid = waiting.pop()) {
        const { status, body } = await client.postJob('archive', [pid]);
        assert.equal(status, 201, JSON.stringify(body));
        ids.push(String(body['id']));
      }
    }),
  );
  const posted = performance.now();
  for (const id of ids) assert.equal((await client.jobEnd(id, 300_000)).statusCode, 'finishedSuccessful');
  const ended = performance.now();
  console.log(`jobs accepted             ${(throughputJobs / ((posted - begun) / 1000)).toFixed(0)} /s`);
  console.log(
    `archive jobs, whole story ${(throughputJobs / ((ended - begun) / 1000)).toFixed(1)} /s (${throughputJobs} jobs, ${((ended - begun) / 1000).toFixed(1)} s)`,
  );
}

async function smallDataset(client: ScicatClient, index: number): Promise<string> {
  const folder = join(installation.sourceFolder, `bench${index}`);
  await mkdir(folder);
  await writeFile(join(folder, 'file'), 'x'.repeat(1000));
  const pid = await createDataset(client, folder);
  await registerFiles(client, pid, [{ path: 'file', size: 1000, time: '2020-01-01T00:00:00.000Z' }]);
  return pid;
}

function report(what: string, samples: number[]): void {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1);
  console.log(
    `${what.padEnd(25)} p50 ${at(0.5)} ms, p90 ${at(0.9)} ms, p99 ${at(0.99)} ms (${samples.length} jobs)`,
  );
}
