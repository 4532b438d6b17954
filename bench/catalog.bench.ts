import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mongo } from 'mongoose';
import { administrator, member, storedDataset, type Asker } from './catalog/datasets.js';
import { load, type Load } from './catalog/load.js';
import { operations, type Operation } from './catalog/operations.js';
import { index, seed } from './catalog/seed.js';
import { Server } from './catalog/servers.js';

/**
 * catalog-api on large collections, next to a bare Fastify and driver that asks the database the same: what the product
 * adds, and what it saves. Both are asked in turns, warm (the first calls run code that is compiled later, and there is more of ours); the
 * better round of each counts. See ../docs/performance.md.
 *
 * CATALOG_BENCH_SIZES: datasets (default 100000). CATALOG_BENCH_ONLY: part of an operation's name. CATALOG_BENCH_SECONDS: of each
 * round (default 3). CATALOG_BENCH_WARM: seconds for which each program is asked before (default 3). MONGODB_URI: any database with its protocol; what is there of the name `catalog-bench-…` is dropped.
 */
const sizes = (process.env['CATALOG_BENCH_SIZES'] ?? '100000').split(',').map(Number);
const only = process.env['CATALOG_BENCH_ONLY'] ?? '';
const seconds = Number(process.env['CATALOG_BENCH_SECONDS'] ?? '3');
const warm = Number(process.env['CATALOG_BENCH_WARM'] ?? '3');
const connections = 8;
const rounds = 2;
/** catalog-api holds no smaller collection in memory. */
const heldFrom = 5000;

for (const size of sizes) await benchmark(size);

async function benchmark(size: number): Promise<void> {
  const uri = new URL(process.env['MONGODB_URI'] ?? 'mongodb://127.0.0.1:27017');
  uri.pathname = `/catalog-bench-${size}`;
  const folder = await mkdtemp(join(tmpdir(), 'catena-bench-'));
  const client = await new mongo.MongoClient(uri.href).connect();
  const servers: Server[] = [];
  try {
    await client.db().dropDatabase();
    await seed(client.db(), 'Dataset', size, storedDataset);
    await index(client.db());
    const bare = await Server.bare(uri.href);
    servers.push(bare);
    const catena = await Server.catena(uri.href, folder, size < heldFrom ? 0 : 1);
    servers.push(catena);
    for (const operation of operations.filter(({ name }) => name.includes(only)))
      for (const asker of operation.forOne ? [operation.forOne] : [administrator, member])
        await compare(operation, asker, size, { catena, bare });
    const { now, most } = catena.memory;
    console.log(`memory of catalog-api: ${now.toFixed(0)} MiB, ${most.toFixed(0)} at most (target: < 400)`);
  } finally {
    for (const server of servers) await server.stop();
    await client.db().dropDatabase();
    await client.close();
    await rm(folder, { recursive: true });
  }
}

async function compare(
  operation: Operation,
  asker: Asker,
  size: number,
  { catena, bare }: { readonly catena: Server; readonly bare: Server },
): Promise<void> {
  const token = await catena.signIn(asker.username);
  const [ours, theirs]: [Measured[], Measured[]] = [[], []];
  if (warm > 0) {
    await measure(catena, token, (number) => operation.catena(asker, number, size), warm);
    await measure(bare, '', (number) => operation.bare(asker, number, size), warm);
  }
  for (let round = 0; round < rounds; round += 1) {
    ours.push(await measure(catena, token, (number) => operation.catena(asker, number, size)));
    theirs.push(await measure(bare, '', (number) => operation.bare(asker, number, size)));
  }
  const [mine, limit] = [best(ours), best(theirs)];
  const ratio = (mine.perSecond / limit.perSecond).toFixed(2);
  const who = operation.forOne ? '' : asker.username;
  console.log(
    `${operation.name.padEnd(23)} ${who.padEnd(13)} ${text(mine)} | bare ${text(limit)} | ratio ${ratio} (${operation.target})`,
  );
}

type Measured = Load & { readonly processor: number };

async function measure(
  server: Server,
  token: string,
  call: Parameters<typeof load>[1],
  lasts = seconds,
): Promise<Measured> {
  const before = server.processorTime;
  const found = await load(server.base, call, { seconds: lasts, connections, token });
  return { ...found, processor: (server.processorTime - before) / found.calls };
}

function best(loads: readonly Measured[]): Measured {
  return loads.reduce((one, other) => (other.perSecond > one.perSecond ? other : one));
}

/** Rate, times, and the processor time of the server itself for one call. */
function text({ perSecond, p50, p95, processor }: Measured): string {
  const rate = perSecond.toFixed(perSecond < 100 ? 1 : 0).padStart(6);
  return `${rate} /s, p50 ${p50.toFixed(1)}, p95 ${p95.toFixed(1)}, ${processor.toFixed(1)} ms`;
}
