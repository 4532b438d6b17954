import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { deserialize, type Document } from 'bson';
import { Failure } from '#command-line';
import type { Database } from '../database.js';
import type { StoredCollection, StoredDatabase } from './manifest.js';

const batchSize = 500;
/** Of one document: what MongoDB allows, and a little. */
const maxDocumentSize = 17 * 2 ** 20;
/** Numbers stay of the kind they were; nothing becomes a JavaScript value that would be written back as another kind. */
const exact = { promoteValues: false, promoteLongs: false, promoteBuffers: false, bsonRegExp: true } as const;

/** Copies a database into files, without the definitions of its indexes: apps make these when they start. */
export async function dumpDatabase(
  database: Database,
  folder: string,
  signal: AbortSignal,
): Promise<StoredDatabase> {
  const place = join('databases', database.databaseName);
  await mkdir(join(folder, place), { recursive: true });
  const collections: StoredCollection[] = [];
  for (const name of await collectionsOf(database)) {
    const file = [place, `${String(collections.length).padStart(3, '0')}.bson`].join('/');
    const hash = createHash('sha256');
    let documents = 0;
    const counted = async function* (): AsyncGenerator<Buffer> {
      for await (const document of documentsOf(database, name)) {
        signal.throwIfAborted();
        hash.update(document);
        documents += 1;
        yield document;
      }
    };
    await pipeline(
      Readable.from(counted(), { objectMode: false }),
      createWriteStream(join(folder, file), { flush: true }),
    );
    // Apps make empty collections again by themselves.
    if (documents === 0) await rm(join(folder, file));
    else collections.push({ name, documents, file, sha256: hash.digest('hex') });
  }
  return { name: database.databaseName, collections };
}

/** Collections that differ from what was copied, by name. */
export async function differencesOf(
  database: Database,
  { collections }: StoredDatabase,
  signal: AbortSignal,
): Promise<string[]> {
  const different: string[] = [];
  const stored = new Map(collections.map((collection) => [collection.name, collection]));
  for (const name of new Set([...stored.keys(), ...(await collectionsOf(database))])) {
    const hash = createHash('sha256');
    for await (const document of documentsOf(database, name)) {
      signal.throwIfAborted();
      hash.update(document);
    }
    if (hash.digest('hex') !== (stored.get(name)?.sha256 ?? emptyDigest)) different.push(name);
  }
  return different;
}

const emptyDigest = createHash('sha256').digest('hex');

export async function isEmpty(database: Database): Promise<boolean> {
  for (const name of await collectionsOf(database))
    if ((await database.collection(name).findOne({}, { projection: { _id: 1 } })) !== null) return false;
  return true;
}

/** Fills an empty database. What another writer puts there meanwhile is refused by its id, or found when all is compared. */
export async function loadDatabase(
  database: Database,
  folder: string,
  { collections }: StoredDatabase,
  signal: AbortSignal,
): Promise<void> {
  for (const { name, file } of collections) {
    let batch: Document[] = [];
    const write = async (): Promise<void> => {
      if (batch.length > 0) await database.collection(name).insertMany(batch);
      batch = [];
    };
    for await (const document of documentsIn(join(folder, file))) {
      signal.throwIfAborted();
      batch.push(deserialize(document, exact));
      if (batch.length === batchSize) await write();
    }
    await write();
  }
}

async function collectionsOf(database: Database): Promise<string[]> {
  const found = await database.listCollections({}, { nameOnly: true }).toArray();
  return found
    .map(({ name }) => name)
    .filter((name) => !name.startsWith('system.'))
    .sort();
}

async function* documentsOf(database: Database, name: string): AsyncGenerator<Buffer> {
  const cursor = database.collection(name).find({}, { raw: true, sort: { _id: 1 }, batchSize });
  // With `raw` each document is the bytes that the database keeps.
  for await (const document of cursor) yield Buffer.from(document as unknown as Uint8Array);
}

/** The documents of a file, whose first four bytes tell how long each is. */
async function* documentsIn(file: string): AsyncGenerator<Buffer> {
  let held = Buffer.alloc(0);
  for await (const chunk of createReadStream(file, { highWaterMark: 2 ** 20 })) {
    held = Buffer.concat([held, chunk as Buffer]);
    let start = 0;
    while (held.length - start >= 4) {
      const size = held.readInt32LE(start);
      if (size < 5 || size > maxDocumentSize) throw brokenFile(file);
      if (held.length - start < size) break;
      yield held.subarray(start, start + size);
      start += size;
    }
    held = held.subarray(start);
  }
  if (held.length > 0) throw brokenFile(file);
}

function brokenFile(file: string): Failure {
  return new Failure(
    'failed',
    `Expected whole documents in ${file}, found something else. Use another backup.`,
  );
}
