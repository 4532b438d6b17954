import assert from 'node:assert/strict';
import { connect } from 'amqplib';
import { BesideScicat, type BesideOptions } from '../test/support/beside/beside-scicat.js';
import { CountingProxy } from '../test/support/beside/counting-proxy.js';
import { datasetInSourceFolder } from '../test/support/datasets.js';
import { Installation } from '../test/support/installation.js';
import type { ScicatClient } from '../test/support/scicat-client.js';

/**
 * What it costs that SciCat stays: from POST at SciCat to the first work order for the archiver, by each way in which the bridge hears
 * of a job, and beside it the same with catalog-api itself. One job of one small dataset at a time. And which calls of SciCat a job takes.
 */
const jobs = Number(process.env['BRIDGE_BENCH_JOBS'] ?? '100');
const warmUp = 10;
/** Of the bridge, in production. */
const pollInterval = 20_000;

interface Measured {
  readonly samples: readonly number[];
  readonly calls: ReadonlyMap<string, number>;
}

const direct = await withCatalogApi();
report('catalog-api itself', direct.samples, direct.samples);
const never = { SCICAT_POLL_INTERVAL: '24h' };
const feed = await byWayIn({ tells: ['rabbitmq'], bridge: never });
report('bridge, feed', feed.samples, direct.samples);

console.log('calls of SciCat by the bridge, of each archive job to its end, told by feed:');
for (const [call, count] of [...feed.calls].sort(([one], [other]) => (one < other ? -1 : 1)))
  console.log(`  ${(count / (jobs + warmUp)).toFixed(2).padStart(6)}  ${call}`);

const door = await byWayIn({ tells: ['url'], bridge: never });
report('bridge, url action', door.samples, direct.samples);
const poll = await byWayIn({ tells: [], bridge: { SCICAT_POLL_INTERVAL: '1s' } });
report('bridge, poll of 1 s', poll.samples, direct.samples);
const [half, all] = [at(feed.samples, 0.5) + pollInterval / 2, at(feed.samples, 0.99) + pollInterval];
console.log(
  `a poll of ${pollInterval / 1000} s, reckoned: p50 ${half.toFixed(0)} ms, p99 ${all.toFixed(0)} ms (a job waits for up to one interval)`,
);

async function byWayIn(options: BesideOptions): Promise<Measured> {
  const proxy = await CountingProxy.start();
  const bridge = { ...options.bridge, SCICAT_URL: proxy.url };
  const beside = await BesideScicat.create({ ...options, bridge });
  proxy.target = beside.scicat.url;
  try {
    await beside.start();
    const samples = await measured(beside.catena, await beside.client());
    return { samples, calls: proxy.calls };
  } finally {
    await beside.stop(process.env['KEEP'] !== undefined);
    await proxy.stop();
  }
}

async function withCatalogApi(): Promise<Measured> {
  const installation = await Installation.create();
  try {
    await installation.start();
    const samples = await measured(installation, await installation.client('demo'));
    return { samples, calls: new Map() };
  } finally {
    await installation.stop(process.env['KEEP'] !== undefined);
  }
}

/** @returns milliseconds of each job */
async function measured(catena: Installation, client: ScicatClient): Promise<number[]> {
  const { settings } = catena;
  const connection = await connect(settings.services['RABBITMQ_URL'] ?? '');
  const channel = await connection.createChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, `${settings.prefix}.archival`, 'archival.archive-datablock.v1');
  const arrivals = new Map<string, number>();
  await channel.consume(
    queue,
    (message) => {
      if (message === null) return;
      const { data } = JSON.parse(message.content.toString()) as { data: { pid: string } };
      if (!arrivals.has(data.pid)) arrivals.set(data.pid, performance.now());
    },
    { noAck: true },
  );
  const pids: string[] = [];
  const files = [{ path: 'file', content: Buffer.alloc(1000, 'x') }];
  for (let index = 0; index < jobs + warmUp; index += 1)
    pids.push((await datasetInSourceFolder(catena, client, files)).pid);
  const samples: number[] = [];
  for (const pid of pids) {
    const begun = performance.now();
    const { status, body } = await client.postJob('archive', [pid]);
    assert.equal(status, 201, JSON.stringify(body));
    while (!arrivals.has(pid)) await new Promise((resolve) => setTimeout(resolve, 1));
    samples.push(arrivals.get(pid)! - begun);
    // Nothing of this job beside the next one.
    const { statusCode, statusMessage } = await client.jobEnd(String(body['id']));
    assert.equal(statusCode, 'finishedSuccessful', statusMessage);
  }
  await connection.close();
  return samples.slice(warmUp);
}

function at(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

function report(what: string, samples: readonly number[], beside: readonly number[]): void {
  const [p50, p99] = [at(samples, 0.5), at(samples, 0.99)];
  const ratios = [p50 / at(beside, 0.5), p99 / at(beside, 0.99)].map((ratio) => ratio.toFixed(1));
  console.log(
    `${what.padEnd(22)} p50 ${p50.toFixed(0)} ms (${ratios[0]}), p99 ${p99.toFixed(0)} ms (${ratios[1]}), ${samples.length} jobs`,
  );
}
