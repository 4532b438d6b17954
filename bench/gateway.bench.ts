import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize, type Document } from 'bson';
import { mongo } from 'mongoose';
import { Pool } from 'pg';
import { startStack } from '../tools/local-stack/src/index.js';

/** The gateway against the same work as plain SQL calls of the engine, in the same run on the same data. */
const CLIENTS = 8;
const SECONDS = 5;
const DOCUMENTS = 1000;

/** Makes every operation's key its own. */
let counter = 0;

interface Operation {
  readonly name: string;
  readonly throughGateway: (n: number) => Promise<unknown>;
  readonly inSql: (n: number) => Promise<unknown>;
}

const dataDirectory = await mkdtemp(join(tmpdir(), 'catena-bench-'));
const log = (line: string): void => console.error(line);
const stack = await startStack({ dataDirectory, services: ['mongodb'], log, environment: process.env });
try {
  await compare(stack.environment['MONGODB_URI'] as string, join(dataDirectory, 'postgres/run'));
} finally {
  await stack.stop();
  await rm(dataDirectory, { recursive: true, force: true });
}

async function compare(uri: string, socketDirectory: string): Promise<void> {
  const client = new mongo.MongoClient(uri, { maxPoolSize: CLIENTS });
  const pool = new Pool({
    host: socketDirectory,
    user: 'catena',
    database: 'postgres',
    max: CLIENTS,
    options: '-c plan_cache_mode=force_custom_plan -c jit=off',
  });
  const collection = client.db('bench').collection<{ _id: number; n: number; text: string }>('documents');
  const text = 'x'.repeat(200);
  await collection.insertMany(Array.from({ length: DOCUMENTS }, (_, n) => ({ _id: n, n: 0, text })));

  /** One call of the engine, its answer decoded as a driver would. */
  const sql = async (name: string, call: string, command: Document): Promise<Document | undefined> => {
    const values = ['bench', Buffer.from(serialize(command))];
    const statement = `SELECT documentdb_core.bson_to_bytea(${call})::bytea AS reply`;
    const { rows } = await pool.query<{ reply: Buffer }>({ name, text: statement, values });
    return rows[0] === undefined ? undefined : deserialize(rows[0].reply);
  };
  const writing = (call: string): string => `(SELECT p_result FROM documentdb_api.${call}($1, $2::bytea))`;
  const reading = '(SELECT cursorpage FROM documentdb_api.find_cursor_first_page($1, $2::bytea))';

  const operations: Operation[] = [
    {
      name: 'insertOne',
      throughGateway: (n) => collection.insertOne({ _id: 1_000_000 + n, n, text }),
      inSql: (n) =>
        sql('i', writing('insert'), { insert: 'documents', documents: [{ _id: 9_000_000 + n, n, text }] }),
    },
    {
      name: 'findOne by _id',
      throughGateway: (n) => collection.findOne({ _id: n % DOCUMENTS }),
      inSql: (n) =>
        sql('f', reading, { find: 'documents', filter: { _id: n % DOCUMENTS }, limit: 1, singleBatch: true }),
    },
    {
      name: 'findOneAndUpdate',
      throughGateway: (n) => collection.findOneAndUpdate({ _id: n % DOCUMENTS }, { $inc: { n: 1 } }),
      inSql: (n) =>
        sql('m', writing('find_and_modify'), {
          findAndModify: 'documents',
          query: { _id: n % DOCUMENTS },
          update: { $inc: { n: 1 } },
        }),
    },
    {
      name: 'find 1000 documents',
      throughGateway: () =>
        collection
          .find({ _id: { $lt: DOCUMENTS } })
          .batchSize(DOCUMENTS + 1)
          .toArray(),
      inSql: () =>
        sql('f', reading, {
          find: 'documents',
          filter: { _id: { $lt: DOCUMENTS } },
          batchSize: DOCUMENTS + 1,
        }),
    },
  ];
  console.log('operation             clients  gateway/s      SQL/s  ratio');
  for (const { name, throughGateway, inSql } of operations) {
    for (const clients of [1, CLIENTS]) {
      const gateway = await rate(clients, throughGateway);
      const direct = await rate(clients, inSql);
      const columns = [gateway.toFixed(0).padStart(10), direct.toFixed(0).padStart(10)];
      console.log(
        `${name.padEnd(21)} ${String(clients).padStart(7)} ${columns.join(' ')} ${(gateway / direct).toFixed(2).padStart(6)}`,
      );
    }
  }
  await client.close();
  await pool.end();
}

/** Operations per second of so many clients, each doing one after the other. */
async function rate(clients: number, operation: (n: number) => Promise<unknown>): Promise<number> {
  for (let warm = 0; warm < 50; warm++) await operation((counter += 1));
  const began = performance.now();
  const end = began + SECONDS * 1000;
  let done = 0;
  const client = async (): Promise<void> => {
    while (performance.now() < end) {
      await operation((counter += 1));
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return done / ((performance.now() - began) / 1000);
}
