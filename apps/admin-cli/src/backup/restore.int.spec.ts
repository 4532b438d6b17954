import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { serialize } from 'bson';
import { newId } from '#kernel';
import { Output, type CommandResult } from '#command-line';
import { createLogger } from '#observability';
import { MongoConnection } from '#persistence';
import type { Database } from '../database.js';
import { backup } from './backup.js';
import { differencesOf, loadDatabase } from './databases.js';
import type { Manifest } from './manifest-shape.js';
import { restore } from './restore.js';

type Named = { _id: string; [field: string]: unknown };

const { signal } = new AbortController();
const many = 1200;

/** A process that is gone after so many documents. */
function dyingAfter(documents: number): AbortSignal {
  let left = documents;
  const throwIfAborted = (): void => {
    left -= 1;
    if (left < 0) throw new Error('died');
  };
  return Object.assign(new AbortController().signal, { throwIfAborted });
}

describe('catena-admin backup and restore', () => {
  const uris = ['one', 'two'].map((name) => {
    const uri = new URL(process.env['MONGODB_URI'] ?? assert.fail('MONGODB_URI must name a database server'));
    uri.pathname = `/backup-${name}-${newId().slice(0, 8)}`;
    return uri.href;
  });
  const connections = uris.map(
    (uri) => new MongoConnection({ uri, appName: 'test' }, createLogger('test', 'silent')),
  );
  let base: string;
  let share: string;
  let folder: string;
  let one: Database;
  let two: Database;

  const run = (command: typeof backup, storages: object = { LTS_ROOTS: share }): Promise<CommandResult> =>
    command(
      {
        environment: { CATENA_DATABASES: uris.join(' '), ...storages },
        output: new Output({ json: true, quiet: true }),
        signal,
      },
      folder,
    );
  const manifest = async (): Promise<Manifest> =>
    JSON.parse(await readFile(join(folder, 'backup.json'), 'utf8')) as Manifest;
  const count = (database: Database): Promise<number> => database.collection('Many').countDocuments();

  async function isWhole(): Promise<void> {
    const { databases } = await manifest();
    assert.deepEqual(await differencesOf(one, databases[0]!, signal), []);
    assert.deepEqual(await differencesOf(two, databases[1]!, signal), []);
  }

  before(async () => {
    for (const connection of connections) await connection.whenReady();
    [one, two] = connections.map(({ connection }) => connection.db!) as [Database, Database];
  });
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'catena-restore-'));
    share = join(base, 'share');
    folder = join(base, 'backup');
    await mkdir(share);
    await writeFile(join(share, 'a.tar'), 'a');
    await writeFile(join(share, 'b.tar'), 'b');
    for (const database of [one, two]) {
      await database.collection('Few').insertOne({ x: 1 });
      await database
        .collection<Named>('Many')
        .insertMany(Array.from({ length: many }, (_, index) => ({ _id: `m${index}`, index })));
    }
    await mkdir(folder);
    await chmod(folder, 0o755);
  });
  afterEach(async () => {
    for (const database of [one, two]) await database.dropDatabase();
    await rm(base, { recursive: true });
  });
  after(async () => {
    for (const connection of connections) await connection.close();
  });

  it('brings back documents whose fields are called as numbers are, in their order', async () => {
    const odd = new Map([
      ['b', 1],
      ['2', 1],
      ['1', 1],
    ]);
    const document = new Map<string, unknown>([['_id', 'odd'], ...odd, ['nested', [odd, { odd }]]]);
    await one.collection('Odd').insertOne(document, { forceServerObjectId: true });
    await run(backup);
    const { databases } = await manifest();
    const { file } = databases[0]!.collections.find(({ name }) => name === 'Odd')!;
    assert.deepEqual(await readFile(join(folder, file)), Buffer.from(serialize(document)));
    await one.dropDatabase();
    await run(restore);
    await isWhole();
  });

  it('brings back what lies at the targets of ROUTES_FILE that are folders, and names the others', async () => {
    const [tapes, routes] = [join(base, 'tapes'), join(base, 'routes.yaml')];
    await mkdir(join(tapes, 'files'), { recursive: true });
    await writeFile(join(tapes, 'files', 'c.tar'), 'c');
    await writeFile(
      routes,
      `
targets:
  - { name: disk, kind: share, options: { place: ${share} } }
  - { name: library, kind: tape, options: { place: ${tapes} } }
  - { name: partner, kind: outside }
routes:
  - { name: all, targets: [disk, library, partner], copies: 2 }
`,
    );
    const storages = { ROUTES_FILE: routes };
    await run(backup, storages);
    assert.deepEqual((await manifest()).notIncluded, [{ name: 'partner', kind: 'outside' }]);
    for (const place of [share, tapes]) await rm(place, { recursive: true });
    const { document } = await run(restore, storages);
    assert.deepEqual(document, { databases: [], objects: 0, files: 3 });
    assert.equal(await readFile(join(tapes, 'files', 'c.tar'), 'utf8'), 'c');
    await assert.rejects(run(restore), { code: 'cli.usage', message: /ROUTES_FILE/ });
  });

  it('goes on where a restore died in the middle of a database', async () => {
    await run(backup);
    await one.dropDatabase();
    const { databases } = await manifest();
    await assert.rejects(loadDatabase(one, folder, databases[0]!, dyingAfter(700)), /died/);
    assert.ok((await count(one)) > 0 && (await count(one)) < many, 'it died in the middle');
    const { document } = await run(restore);
    assert.deepEqual(document, { databases: [one.databaseName], objects: 0, files: 0 });
    await isWhole();
  });

  it('refuses a part of the backup beside anything else, and leaves both', async () => {
    await run(backup);
    await one.collection<Named>('Many').deleteMany({ index: { $lt: 100 } });
    await one.collection<Named>('Many').updateOne({ _id: 'm500' }, { $set: { index: -1 } });
    await assert.rejects(run(restore), {
      code: 'cli.conflict',
      message: /other documents in Many[.] Nothing was/,
    });
    await one.collection<Named>('Many').updateOne({ _id: 'm500' }, { $set: { index: 500 } });
    await one.collection<Named>('Extra').insertOne({ _id: 'x' });
    await assert.rejects(run(restore), { code: 'cli.conflict', message: /other documents in Extra/ });
    assert.equal(await count(one), many - 100);
  });

  it('has written nothing when it refuses, whichever part is refused', async () => {
    await run(backup);
    await one.dropDatabase();
    await rm(join(share, 'a.tar'));
    await writeFile(join(share, 'b.tar'), 'else');
    await assert.rejects(run(restore), { code: 'cli.conflict', message: /b[.]tar/ });
    assert.deepEqual([await readdir(share), await count(one)], [['b.tar'], 0]);
    await writeFile(join(share, 'b.tar'), 'b');
    await two.collection<Named>('Few').insertOne({ _id: 'x' });
    await assert.rejects(run(restore), { code: 'cli.conflict', message: /documents in Few/ });
    assert.deepEqual([await readdir(share), await count(one)], [['b.tar'], 0]);
    await two.collection<Named>('Few').deleteOne({ _id: 'x' });
    await run(restore);
    await isWhole();
  });

  it('gives way to another writer who puts in the same document meanwhile', async () => {
    await run(backup);
    await one.dropDatabase();
    const { databases } = await manifest();
    const busy = {
      databaseName: one.databaseName,
      collection: (name: string) => {
        const collection = one.collection(name);
        return {
          find: collection.find.bind(collection),
          insertMany: async (...given: Parameters<typeof collection.insertMany>) => {
            await collection.insertOne({ _id: given[0][0]!['_id'], of: 'another writer' });
            return collection.insertMany(...given);
          },
        };
      },
    } as unknown as Database;
    await assert.rejects(loadDatabase(busy, folder, databases[0]!, signal), {
      code: 'cli.conflict',
      message: /Expected nobody to write/,
    });
    await assert.rejects(run(restore), { code: 'cli.conflict' });
  });

  it('lets nobody but its owner read a backup, in a folder that was there before as well', async () => {
    await run(backup);
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const { mode } = await stat(join(entry.parentPath, entry.name));
      assert.equal(mode & 0o777, entry.isDirectory() ? 0o700 : 0o600, entry.name);
    }
  });

  it('leaves the rights of a folder alone that holds something', async () => {
    await writeFile(join(folder, 'mine'), '');
    await assert.rejects(run(backup), { code: 'cli.usage' });
    assert.equal((await stat(folder)).mode & 0o777, 0o755);
  });
});
