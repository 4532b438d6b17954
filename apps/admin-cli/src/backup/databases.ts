import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Failure } from '#command-line';
import { isDuplicateKey } from '#persistence';
import type { Database } from '../database.js';
import type { StoredCollection, StoredDatabase } from './manifest-shape.js';
import { privateFile, privateFolder } from './private.js';
import { Batch, documentsIn, missingOf } from './stored-documents.js';

const batchSize = 500;

/** Copies a database into files, without the definitions of its indexes: apps make these when they start. */
export async function dumpDatabase(
  database: Database,
  folder: string,
  signal: AbortSignal,
): Promise<StoredDatabase> {
  const place = join('databases', database.databaseName);
  await mkdir(join(folder, place), { recursive: true, mode: privateFolder });
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
      createWriteStream(join(folder, file), { flush: true, mode: privateFile }),
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

/** How a database differs from what was copied. */
interface Lack {
  /** Documents of the copy that it does not have. */
  readonly missing: number;
  /** Collections that hold anything else, by name. */
  readonly foreign: readonly string[];
}

/** Looks at every document that is there, by its bytes: one of the copy, or something else? */
export async function lackOf(
  database: Database,
  folder: string,
  { collections }: StoredDatabase,
  signal: AbortSignal,
): Promise<Lack> {
  const foreign: string[] = [];
  let missing = 0;
  for (const { name, file } of collections) {
    const isPart = await missingOf(
      documentsIn(join(folder, file), signal),
      documentsOf(database, name),
      () => void (missing += 1),
    );
    if (!isPart) foreign.push(name);
  }
  const stored = new Set(collections.map(({ name }) => name));
  for (const name of await collectionsOf(database))
    if (!stored.has(name) && !(await isEmpty(database, name))) foreign.push(name);
  return { missing, foreign };
}

async function isEmpty(database: Database, name: string): Promise<boolean> {
  return (await database.collection(name).findOne({}, { projection: { _id: 1 } })) === null;
}

/**
 * Fills an empty database, or goes on where an earlier restore stopped. What another writer puts there meanwhile is refused
 * by its id, or found when all is compared.
 */
export async function loadDatabase(
  database: Database,
  folder: string,
  { collections }: StoredDatabase,
  signal: AbortSignal,
): Promise<void> {
  for (const { name, file } of collections) {
    const collection = database.collection(name);
    // The driver would look for an id in the map that a document may be; each has one.
    const batch = new Batch((documents) =>
      collection.insertMany(documents, { forceServerObjectId: true }).catch((error: unknown) => {
        throw isDuplicateKey(error) ? anotherWriter(`${database.databaseName}.${name}`, error) : error;
      }),
    );
    await missingOf(documentsIn(join(folder, file), signal), documentsOf(database, name), (document) =>
      batch.add(document),
    );
    await batch.flush();
  }
}

function anotherWriter(place: string, cause: unknown): Failure {
  return new Failure(
    'conflict',
    `Expected nobody to write to ${place} while it is restored, found a document there that was not a moment before. Stop all apps and run the same command again.`,
    cause,
  );
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
