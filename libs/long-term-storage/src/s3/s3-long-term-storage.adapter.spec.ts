import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { newId, TransientError } from '#kernel';
import type { ObjectRange, ObjectStore } from '#storage';
import { MemoryObjectStore } from '#storage/testing';
import { IdentityFile } from '../identity/storage-identity.js';
import { problemsOfTarget, storageForTarget } from '../targets.js';
import { longTermStorageConformance } from '../testing/long-term-storage.conformance.js';
import { ColdReading } from './cold-reading.js';
import { S3LongTermStorage, type S3LongTermStorageOptions } from './s3-long-term-storage.adapter.js';

const bucket = 'archive';

async function newStore(): Promise<MemoryObjectStore> {
  const store = new MemoryObjectStore();
  await store.ensureBucket(bucket);
  return store;
}

const on = (store: MemoryObjectStore, options: Partial<S3LongTermStorageOptions> = {}): S3LongTermStorage =>
  new S3LongTermStorage({ name: 's3', store, bucket, prefix: 'catena/', ...options });

async function put(storage: S3LongTermStorage, name: string, content: Buffer | string): Promise<void> {
  const writer = await storage.create(name, newId());
  try {
    await writer.write(Buffer.from(content));
    await writer.commit();
  } finally {
    await writer.discard();
  }
}
const load = async (storage: S3LongTermStorage, name: string): Promise<Buffer> =>
  Buffer.concat((await (await storage.read(name, { fresh: true })).toArray()) as Buffer[]);
async function keysIn(store: MemoryObjectStore, prefix = ''): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(bucket, prefix)) keys.push(key);
  return keys;
}

longTermStorageConformance('a bucket', async () => on(await newStore()));
longTermStorageConformance('a bucket in small parts', async () =>
  on(await newStore(), { partBytes: 100_000 }),
);

describe('A file in a bucket', () => {
  let store: MemoryObjectStore;
  beforeEach(async () => void (store = await newStore()));

  it('may have its front overwritten at the end, however many parts that is, and nothing that was sent', async () => {
    const storage = on(store, { partBytes: 10 });
    const writer = await storage.create('x', 'a');
    await writer.write(Buffer.alloc(34));
    await writer.write(Buffer.from('content that is longer than a part'));
    const front = randomBytes(34);
    await writer.writeAt(0, front);
    await assert.rejects(
      (async () => {
        const other = await storage.create('y', 'a');
        await other.write(Buffer.alloc(5, 'x'));
        await other.write(Buffer.alloc(30, 'y'));
        await other.writeAt(12, Buffer.from('z'));
      })(),
      { code: 'long-term-storage.range-invalid' },
    );
    await writer.commit();
    assert.deepEqual(
      await load(storage, 'x'),
      Buffer.concat([front, Buffer.from('content that is longer than a part')]),
    );
  });

  it('leaves nothing behind that has no name: not when it was discarded, and not when its writer died', async () => {
    const storage = on(store);
    const writer = await storage.create('x', 'a');
    await writer.write(Buffer.from('half'));
    await writer.discard();
    assert.deepEqual(await keysIn(store), []);
    const dead = await storage.create('x', 'b');
    await dead.write(Buffer.from('half'));
    assert.equal(await storage.removePartials('x'), 1);
    for await (const { key } of store.pendingUploads(bucket, '')) assert.fail(key);
  });

  it('keeps its bytes once they may have their name, whatever its writer heard of that', async () => {
    const storage = on(store);
    const remove = store.remove.bind(store);
    store.remove = () => Promise.reject(new TransientError('storage.unavailable', 'the line is cut'));
    const writer = await storage.create('x', 'a');
    await writer.write(Buffer.from('content'));
    await assert.rejects(writer.commit(), { code: 'long-term-storage.unavailable' });
    store.remove = remove;
    // Another worker finds it, reads it back and records it before the first one gives up.
    assert.equal((await load(storage, 'x')).toString(), 'content');
    await writer.discard();
    assert.equal((await load(storage, 'x')).toString(), 'content');
  });

  it('whose writer died between its bytes and its name is a leftover, and so is a name without bytes', async () => {
    const storage = on(store);
    const publish = store.put.bind(store);
    store.put = () => Promise.reject(new TransientError('storage.unavailable', 'died'));
    const writer = await storage.create('x', 'a');
    await writer.write(Buffer.from('whole'));
    await assert.rejects(writer.commit(), { code: 'long-term-storage.unavailable' });
    store.put = publish;
    assert.equal(await storage.stat('x'), undefined);
    assert.equal((await keysIn(store)).length, 1);
    assert.equal(await storage.removePartials('x'), 1);
    await put(storage, 'x', 'content');
    const [data = ''] = await keysIn(store, 'catena/data/');
    await store.remove(bucket, [data]);
    assert.equal(await storage.stat('x'), undefined);
    await assert.rejects(storage.read('x'), { code: 'long-term-storage.not-found' });
    await put(storage, 'x', 'again');
    assert.equal((await load(storage, 'x')).toString(), 'again');
  });

  it('never has a name that points to bytes which an overtaken writer lost in the same moment', async () => {
    const storage = on(store);
    const zombie = await storage.create('x', 'a');
    await zombie.write(Buffer.from('old'));
    const original = store.put.bind(store);
    store.put = async (...args) => {
      if (!args[1].includes('/names/')) return original(...args);
      store.put = original;
      await on(store).removePartials('x');
      return original(...args);
    };
    await assert.rejects(zombie.commit(), { code: 'long-term-storage.writer-replaced', retriable: true });
    await zombie.discard();
    assert.deepEqual(await keysIn(store), []);
  });

  it('gets its name from one of two writers although the store looks before it writes', async () => {
    // As Swift does it: both looks come before both writes.
    const original = store.put.bind(store);
    store.put = async (at, key, body, options) => {
      const { onlyIfAbsent, ...rest } = options;
      if (onlyIfAbsent === true && (await store.head(at, key)) !== undefined)
        return original(at, key, body, options);
      await new Promise((resolve) => setTimeout(resolve, 5));
      return original(at, key, body, rest);
    };
    const writers = [];
    for (const token of ['a', 'b', 'c']) {
      const writer = await on(store).create('x', token);
      await writer.write(Buffer.from(token));
      writers.push(writer);
    }
    const ends = await Promise.allSettled(writers.map((writer) => writer.commit()));
    const winners = ['a', 'b', 'c'].filter((_, index) => ends[index]?.status === 'fulfilled');
    assert.equal(winners.length, 1);
    assert.equal((await load(on(store), 'x')).toString(), winners[0]);
  });

  it('waits for whoever is naming it, and takes away the claim of one that died', async () => {
    const storage = on(store);
    await store.put(bucket, 'catena/claims/x/dead.1.2', Buffer.from('x'), { size: 1 });
    const writer = await storage.create('x', 'a');
    await writer.write(Buffer.from('content'));
    const named = writer.commit();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(await storage.removePartials('x', { exceptToken: 'a' }), 0);
    await named;
    assert.equal((await load(storage, 'x')).toString(), 'content');
    assert.deepEqual(await keysIn(store, 'catena/claims/'), []);
  });

  it('gets its name once though the answer to that was lost', async () => {
    const storage = on(store);
    const original = store.put.bind(store);
    store.put = async (...args) => {
      if (!args[1].includes('/names/')) return original(...args);
      store.put = original;
      await original(...args);
      return original(...args);
    };
    await put(storage, 'x', 'content');
    assert.equal((await load(storage, 'x')).toString(), 'content');
  });

  it('keeps its bytes while anything points to them', async () => {
    const storage = on(store);
    await put(storage, 'x', 'content');
    const original = store.removeUnchanged.bind(store);
    store.removeUnchanged = () => Promise.reject(new TransientError('storage.unavailable', 'died'));
    await assert.rejects(storage.setAside('x', 'one'));
    store.removeUnchanged = original;
    // The worker died between the two: it is there under its name, and as set aside.
    await storage.removeSetAside('x', 'one');
    assert.equal((await load(storage, 'x')).toString(), 'content');
    await storage.setAside('x', 'two');
    await storage.removeSetAside('x', 'two');
    assert.deepEqual(await keysIn(store), []);
  });

  it('says that the bucket is full, missing or away in the words of long-term storage', async () => {
    const storage = on(store);
    const failing = (code: string, found: string) => () =>
      Promise.reject(new TransientError(code, 'x', { details: { found } }));
    store.beginUpload = failing('storage.unavailable', 'QuotaExceeded');
    await assert.rejects(storage.create('x', 'a'), { code: 'long-term-storage.full', retriable: true });
    store.beginUpload = failing('storage.access-denied', 'AccessDenied');
    await assert.rejects(storage.create('x', 'a'), { code: 'long-term-storage.unavailable', away: true });
    store.unavailable = true;
    await assert.rejects(storage.stat('x'), { code: 'long-term-storage.unavailable', away: true });
    await assert.rejects(storage.list('').next(), { code: 'long-term-storage.unavailable', away: true });
  });
});

describe('A file in a cold class', () => {
  let store: MemoryObjectStore;
  beforeEach(async () => void (store = await newStore()));
  const cold = (patience: number): S3LongTermStorage =>
    on(store, { storageClass: 'GLACIER', cold: { patience, poll: 1, lookAgainIn: 1234 } });
  const restore = async (): Promise<void> => {
    for (const key of await keysIn(store, 'catena/data/')) store.restored(bucket, key);
  };

  it('is asked for once, and read when it is really there', async () => {
    const storage = cold(600_000);
    await put(storage, 'x', 'content');
    const both = [load(storage, 'x'), load(storage, 'x')];
    while (store.restorations.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await restore();
    for (const bytes of await Promise.all(both)) assert.equal(bytes.toString(), 'content');
    assert.equal(store.restorations.length, 1);
  });

  it('is waited for by whoever comes while another one waits, and by nobody once they are gone', async () => {
    const refused: number[] = [];
    let [isRestored, asked] = [false, 0];
    const glacier = {
      open: (_bucket: string, _key: string, { offset = 0 }: ObjectRange) => {
        if (isRestored) return Promise.resolve(offset);
        refused.push(offset);
        return Promise.reject(new TransientError('storage.cold', 'cold'));
      },
      head: () => Promise.resolve(undefined),
      restore: () => Promise.resolve((asked += 1)),
    } as unknown as ObjectStore;
    const reading = new ColdReading('tape', glacier, bucket, { patience: 600_000, poll: 1 });
    /** Which reader it is says where it begins. */
    const reader = (offset: number, signal?: AbortSignal) => reading.open('x', 'x', { offset }, signal);
    const untilRefused = async (offset: number): Promise<void> => {
      do await new Promise((resolve) => setImmediate(resolve));
      while (!refused.includes(offset));
    };
    const stop = new AbortController();
    const first = reader(1, stop.signal);
    await untilRefused(1);
    const second = reader(2, stop.signal);
    await untilRefused(2);
    const third = reader(3);
    await untilRefused(3);
    stop.abort(new TransientError('archiver.stopping', 'stop'));
    for (const stopped of [first, second]) await assert.rejects(stopped, { code: 'archiver.stopping' });
    const fourth = reader(4);
    await untilRefused(4);
    isRestored = true;
    assert.deepEqual(await Promise.all([third, fourth]), [3, 4]);
    isRestored = false;
    const leave = new AbortController();
    const gone = reader(5, leave.signal);
    await untilRefused(5);
    leave.abort(new TransientError('archiver.stopping', 'stop'));
    await assert.rejects(gone, { code: 'archiver.stopping' });
    await assert.rejects(reader(6), { code: 'long-term-storage.cold-restoring' });
    assert.equal(asked, 2);
  });

  it('that takes long is given back with when to look again, and not asked for a second time', async () => {
    const storage = cold(0);
    await put(storage, 'x', 'content');
    for (const _ of [1, 2, 3])
      await assert.rejects(storage.read('x'), (error: TransientError) => {
        assert.equal(error.code, 'long-term-storage.cold-restoring');
        assert.deepEqual([error.away, error.details['lookAgainIn']], [true, 1234]);
        return true;
      });
    // Another archiver sees that it was asked for.
    await assert.rejects(cold(0).read('x'), { code: 'long-term-storage.cold-restoring' });
    assert.equal(store.restorations.length, 1);
    await restore();
    assert.equal((await load(storage, 'x')).toString(), 'content');
  });

  it('is no longer waited for when the reader is told to stop', async () => {
    const storage = cold(600_000);
    await put(storage, 'x', 'content');
    const stop = new AbortController();
    const reading = storage.read('x', { signal: stop.signal });
    while (store.restorations.length === 0) await new Promise((resolve) => setImmediate(resolve));
    stop.abort(new TransientError('archiver.stopping', 'stop'));
    await assert.rejects(reading, { code: 'archiver.stopping' });
  });

  it('is set aside, brought back and removed without being restored; names and identity are never cold', async () => {
    const storage = cold(0);
    await put(storage, 'x', 'content');
    await storage.setAside('x', 'a');
    assert.equal(await storage.bringBack('x', 'a'), true);
    assert.deepEqual(await storage.stat('x'), { size: 7 });
    await storage.setAside('x', 'b');
    await storage.removeSetAside('x', 'b');
    assert.deepEqual(await keysIn(store), []);
    const identity = new IdentityFile(storage);
    await identity.write({ id: 'i', target: 's3', since: 'now' });
    assert.equal((await identity.read())?.id, 'i');
    assert.deepEqual(store.restorations, []);
  });
});

describe('A target of kind s3', () => {
  const folder = mkdtempSync(join(tmpdir(), 'catena-s3-'));
  after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'key');
  const options = {
    ...{ endpoint: 'http://127.0.0.1:9', bucket: 'archive', prefix: 'catena/', region: 'here' },
    ...{ accessKeyFile: file, secretKeyFile: file, storageClass: 'GLACIER' },
    cold: { days: 7, tier: 'Bulk', lookAgain: 600 },
  };

  it('becomes a bucket, with its keys from files', () => {
    writeFileSync(file, 'secret\n');
    const storage = storageForTarget({ name: 'glacier', kind: 's3', options });
    assert.ok(storage instanceof S3LongTermStorage);
    assert.equal(storage.name, 'glacier');
    writeFileSync(file, '\n');
    assert.throws(() => storageForTarget({ name: 'glacier', kind: 's3', options }), /found it empty/);
  });

  it('names each option that is wrong', () => {
    const wrong = {
      ...{ endpoint: 'minio:9000', bucket: 'B', prefix: 'x', accessKeyFile: 'key' },
      ...{ storageClass: 'cold', cold: { days: 0, tier: 'Soon', dayz: 1 } },
    };
    assert.deepEqual(
      problemsOfTarget({ name: 'x', kind: 's3', options: wrong })
        .map(({ key }) => key)
        .sort(),
      [
        ...['accessKeyFile', 'bucket', 'cold.days', 'cold.dayz', 'cold.tier', 'endpoint', 'prefix'],
        ...['secretKeyFile', 'storageClass'],
      ],
    );
  });
});
