import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mongo } from 'mongoose';
import { get, query, type HttpCall } from './catalog/calls.js';
import { administrator, member, type Asker } from './catalog/datasets.js';
import { jobQueries, storedJob } from './catalog/jobs.js';
import { load, type Load } from './catalog/load.js';
import { index, seed } from './catalog/seed.js';
import { Server } from './catalog/servers.js';

/**
 * Lists of many jobs: as the web frontend asks for them (sorted, newest first, with their number), and as the console does. As an
 * administrator and as a member of three groups, over 8 connections, next to the bare server for what SciCat has too. See
 * ../docs/performance.md. JOBS_BENCH_SIZES: jobs (default 100000). JOBS_BENCH_ONLY: part of a name. JOBS_BENCH_SECONDS (3).
 * Creations: `npm run bench catalog` and `large-jobs`.
 */
const sizes = (process.env['JOBS_BENCH_SIZES'] ?? '100000').split(',').map(Number);
const only = process.env['JOBS_BENCH_ONLY'] ?? '';
const seconds = Number(process.env['JOBS_BENCH_SECONDS'] ?? '3');
const connections = 8;
const rounds = 2;
const heldFrom = 5000;
const target = 'p95 ≤ 60 ms';

interface Question {
  readonly name: string;
  readonly catena: (asker: Asker, number: number, size: number) => HttpCall;
  readonly bare?: (asker: Asker, number: number) => HttpCall;
}

const rows = 25;
const mayRead = ({ groups }: Asker): object =>
  groups.includes('administrators') ? {} : { ownerGroup: { $in: groups } };
const bareFind = (asker: Asker, skip: number): HttpCall => {
  const question = {
    collection: 'Job',
    where: mayRead(asker),
    sort: { createdAt: -1, _id: -1 },
    skip,
    limit: rows,
  };
  return get(`/find?q=${encodeURIComponent(mongo.BSON.EJSON.stringify(question))}`);
};
const fullquery = (skip: number): HttpCall =>
  get(
    query('/api/v3/jobs/fullquery', { fields: {}, limits: { limit: rows, skip, order: 'createdAt:desc' } }),
  );

const questions: readonly Question[] = [
  { name: 'fullquery, first page', catena: () => fullquery(0), bare: (asker) => bareFind(asker, 0) },
  { name: 'fullquery, 100th page', catena: () => fullquery(2475), bare: (asker) => bareFind(asker, 2475) },
  {
    name: 'fullfacet, their number',
    catena: () => get(query('/api/v3/jobs/fullfacet', { fields: {}, facets: ['statusCode'] })),
  },
  {
    name: 'v4 list, newest first',
    catena: () =>
      get(query('/api/v4/jobs', { filter: { limits: { limit: rows, sort: { createdAt: 'desc' } } } })),
    bare: (asker) => bareFind(asker, 0),
  },
  ...jobQueries.map(({ name, ask }) => ({
    name: `rows, ${name}`,
    catena: (_asker: Asker, number: number, size: number) => ask(number, size, now),
  })),
];
const now = Date.now();

for (const size of sizes) await benchmark(size);

async function benchmark(size: number): Promise<void> {
  const uri = new URL(process.env['MONGODB_URI'] ?? 'mongodb://127.0.0.1:27017');
  uri.pathname = `/catalog-bench-jobs-${size}`;
  const folder = await mkdtemp(join(tmpdir(), 'catena-bench-'));
  const client = await new mongo.MongoClient(uri.href).connect();
  const servers: Server[] = [];
  try {
    await client.db().dropDatabase();
    await seed(client.db(), 'Job', size, (number) => storedJob(number, size, now));
    await index(client.db());
    const bare = await Server.bare(uri.href);
    servers.push(bare);
    const catena = await Server.catena(uri.href, folder, size < heldFrom ? 0 : 1);
    servers.push(catena);
    for (const { name, catena: ours, bare: theirs } of questions.filter((one) => one.name.includes(only)))
      for (const asker of [administrator, member]) {
        const token = await catena.signIn(asker.username);
        const mine: Load[] = [];
        const limit: Load[] = [];
        for (let round = 0; round < rounds; round += 1) {
          mine.push(await measured(catena.base, token, (number) => ours(asker, number, size)));
          if (theirs !== undefined)
            limit.push(await measured(bare.base, '', (number) => theirs(asker, number)));
        }
        const beside = limit.length === 0 ? '' : ` | bare ${text(best(limit))} | ratio ${ratio(mine, limit)}`;
        console.log(
          `${name.padEnd(26)} ${asker.username.padEnd(13)} ${text(best(mine))}${beside} (${target})`,
        );
      }
    console.log(`memory of catalog-api: ${catena.memory.now.toFixed(0)} MiB`);
  } finally {
    for (const server of servers) await server.stop();
    await client.db().dropDatabase();
    await client.close();
    await rm(folder, { recursive: true });
  }
}

function measured(base: string, token: string, call: (number: number) => HttpCall): Promise<Load> {
  return load(base, call, { seconds, connections, token });
}

function best(loads: readonly Load[]): Load {
  return loads.reduce((one, other) => (other.perSecond > one.perSecond ? other : one));
}

function ratio(ours: readonly Load[], theirs: readonly Load[]): string {
  return (best(ours).perSecond / best(theirs).perSecond).toFixed(2);
}

function text({ perSecond, p50, p95 }: Load): string {
  return `${perSecond.toFixed(perSecond < 100 ? 1 : 0).padStart(6)} /s, p50 ${p50.toFixed(1)}, p95 ${p95.toFixed(1)} ms`;
}
