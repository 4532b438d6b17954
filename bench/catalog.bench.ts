import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { mongo } from 'mongoose';
import { catalogueIndexes } from '#scicat-database';
import { asker, storedDataset } from './catalog/datasets.js';
import { jobQueries, storedJob } from './catalog/jobs.js';
import { load, send, type Load } from './catalog/load.js';
import { operations, type Operation } from './catalog/queries.js';

/**
 * catalog-api on large collections, next to a bare Fastify and driver that asks the database the same: what the product
 * adds. Lists of jobs (`jobs/rows`) are measured against their budget instead, see ../docs/performance.md. Sizes: CATALOG_BENCH_SIZES (default 100000). CATALOG_BENCH_ONLY: part of an operation's name.
 */
const sizes = (process.env['CATALOG_BENCH_SIZES'] ?? '100000').split(',').map(Number);
const only = process.env['CATALOG_BENCH_ONLY'] ?? '';
const seconds = Number(process.env['CATALOG_BENCH_SECONDS'] ?? '3');
const connections = 8;
const rounds = 2;
const program = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

for (const size of sizes) await benchmark(size);

async function benchmark(size: number): Promise<void> {
  const uri = new URL(process.env['MONGODB_URI'] ?? 'mongodb://127.0.0.1:27017');
  uri.pathname = `/catalog-bench-${size}`;
  const folder = await mkdtemp(join(tmpdir(), 'catena-bench-'));
  const client = await new mongo.MongoClient(uri.href).connect();
  const servers: ChildProcess[] = [];
  try {
    await client.db().dropDatabase();
    const selected = operations.filter(({ name }) => name.includes(only));
    const rows = jobQueries.filter(({ name }) => `jobs/rows ${name}`.includes(only));
    const now = Date.now();
    if (selected.length > 0) await seed(client.db(), 'Dataset', size, storedDataset);
    if (rows.length > 0) await seed(client.db(), 'Job', size, (index) => storedJob(index, size, now));
    await index(client.db(), size);
    const bare = await startBare(uri.href, servers);
    const { base: catena, token } = await startCatena(uri.href, folder, servers);
    for (const operation of selected) await compare(operation, size, { catena, bare, token });
    for (const { name, ask } of rows) {
      const options = { seconds, connections, token };
      const found: Load[] = [];
      for (let round = 0; round < rounds; round += 1)
        found.push(await load(catena, (index) => ask(index, size, now), options));
      console.log(`${`jobs/rows ${name}`.padEnd(26)} ${text(best(found))}`);
    }
  } finally {
    for (const server of servers) await stop(server);
    await client.db().dropDatabase();
    await client.close();
    await rm(folder, { recursive: true });
  }
}

async function seed(
  database: mongo.Db,
  collection: string,
  size: number,
  stored: (index: number) => { _id: string },
): Promise<void> {
  const batch = 1000;
  const begun = performance.now();
  const records = database.collection<{ _id: string }>(collection);
  for (let index = 0; index < size; index += batch)
    await records.insertMany(
      Array.from({ length: Math.min(batch, size - index) }, (_, place) => stored(index + place)),
      { ordered: false },
    );
  console.log(`${size} of ${collection}: inserted in ${((performance.now() - begun) / 1000).toFixed(0)} s`);
}

async function index(database: mongo.Db, size: number): Promise<void> {
  const begun = performance.now();
  for (const { collection, keys, name, options } of catalogueIndexes)
    await database.collection(collection).createIndex(keys, { name, ...options });
  console.log(`${size}: indexed in ${((performance.now() - begun) / 1000).toFixed(0)} s`);
}

/** Takes turns, because the machine is not ours alone; the best round of each counts. */
async function compare(
  { name, catena, bare }: Operation,
  size: number,
  servers: { readonly catena: string; readonly bare: string; readonly token: string },
): Promise<void> {
  const options = { seconds, connections, token: servers.token };
  const ours: Load[] = [];
  const limit: Load[] = [];
  for (let round = 0; round < rounds; round += 1) {
    ours.push(await load(servers.catena, (index) => catena(index, size), options));
    limit.push(await load(servers.bare, (index) => bare(index, size), options));
  }
  const [mine, theirs] = [best(ours), best(limit)];
  console.log(
    `${name.padEnd(20)} ${text(mine)} | bare ${text(theirs)} | ratio ${(mine.perSecond / theirs.perSecond).toFixed(2)}`,
  );
}

function best(loads: readonly Load[]): Load {
  return loads.reduce((one, other) => (other.perSecond > one.perSecond ? other : one));
}

function text({ perSecond, p50, p99 }: Load): string {
  return `${perSecond.toFixed(perSecond < 100 ? 1 : 0).padStart(6)} /s, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`;
}

async function startBare(uri: string, servers: ChildProcess[]): Promise<string> {
  const server = spawn(process.execPath, [program('./catalog/bare-server.js')], {
    env: { ...process.env, MONGODB_URI: uri, NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  servers.push(server);
  const [line] = (await once(server.stdout, 'data')) as [Buffer];
  return line.toString().trim();
}

async function startCatena(
  uri: string,
  folder: string,
  servers: ChildProcess[],
): Promise<{ base: string; token: string }> {
  const accounts = join(folder, 'accounts.json');
  const { username, email, password, groups } = asker;
  await writeFile(accounts, JSON.stringify([{ username, email, password, role: groups, global: false }]));
  const port = await freePort();
  const options = (process.env['CATALOG_BENCH_NODE_OPTIONS'] ?? '').split(' ').filter((one) => one !== '');
  const server = spawn(process.execPath, [...options, program('../apps/catalog-api/src/main.js')], {
    env: {
      ...process.env,
      MONGODB_URI: uri,
      CATENA_PREFIX: `catalog-bench-${port}`,
      PORT: String(port),
      JWT_SECRET: 'a secret of the measurement',
      FUNCTIONAL_ACCOUNTS_FILE: accounts,
      CREATE_DATASET_GROUPS: '#all',
      // Of all jobs, as an operator sees them.
      OPERATIONS_VIEWER_GROUPS: 'group7',
      JOB_CONFIGURATION_FILE: program('../../examples/job-configuration.yaml'),
      PID_PREFIX: '20.500.12345',
      LOG_LEVEL: 'error',
      REQUEST_LIMIT_PER_CALLER: '0',
      NODE_ENV: 'production',
    },
    stdio: 'inherit',
  });
  servers.push(server);
  const base = `http://127.0.0.1:${port}`;
  const agent = new Agent();
  const call = { method: 'POST', path: '/api/v3/auth/login', body: { username, password } } as const;
  for (let attempt = 0; ; attempt += 1) {
    try {
      const { access_token: token } = JSON.parse(await send(agent, base, call)) as { access_token: string };
      return { base, token };
    } catch (error) {
      if (attempt === 100) throw error;
      await sleep(200);
    }
  }
}

async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const probe = createServer();
    const free = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!free) continue;
    const address = probe.address() as AddressInfo;
    probe.close();
    await once(probe, 'close');
    return address.port;
  }
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  await ended;
}
