import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { newId, TransientError } from '#kernel';
import { MemoryObjectStore } from '#storage/testing';
import { maxTombstoneAge } from './s3-leftovers.js';
import { S3LongTermStorage } from './s3-long-term-storage.adapter.js';
import { maxClaimAge } from './s3-pointers.js';

const bucket = 'archive';

async function newStore(): Promise<MemoryObjectStore> {
  const store = new MemoryObjectStore();
  await store.ensureBucket(bucket);
  return store;
}

const on = (store: MemoryObjectStore): S3LongTermStorage =>
  new S3LongTermStorage({ name: 's3', store, bucket, prefix: 'catena/' });

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

describe('A file in a bucket', () => {
  let store: MemoryObjectStore;
  beforeEach(async () => void (store = await newStore()));

  describe('whose writer is taken for dead by a process that was held up', () => {
    const written = async (storage: S3LongTermStorage) => {
      const writer = await storage.create('x', 'new');
      await writer.write(Buffer.from('content'));
      // Its bytes are whole, and have no name yet.
      const put = store.put.bind(store);
      store.put = () => Promise.reject(new TransientError('storage.unavailable', 'the line is cut'));
      await assert.rejects(writer.commit());
      store.put = put;
      const [key = ''] = await keysIn(store, 'catena/data/');
      const pointer = Buffer.from(JSON.stringify({ key, size: 7 }));
      return { key, pointer };
    };
    const name = (pointer: Buffer) =>
      store.put(bucket, 'catena/names/x', pointer, { size: pointer.length, onlyIfAbsent: true });

    it('keeps its bytes when they got their name before the last look', async () => {
      const storage = on(store);
      const { pointer } = await written(storage);
      const put = store.put.bind(store);
      store.put = async (...args) => {
        if (args[1].includes('/doomed/')) await name(pointer);
        return put(...args);
      };
      assert.equal(await storage.removePartials('x'), 0);
      store.put = put;
      assert.equal((await load(storage, 'x')).toString(), 'content');
    });

    it('learns that its bytes go when they get their name after the last look, and writes them again', async () => {
      const [storage, other] = [on(store), on(store)];
      const writer = await storage.create('x', 'new');
      await writer.write(Buffer.from('content'));
      const [send, remove] = [store.put.bind(store), store.remove.bind(store)];
      let isHeldUp = false;
      // The bytes are whole; before they get their name another process finds them without one, and is held up.
      store.put = async (...args) => {
        if (!args[1].includes('/names/')) return send(...args);
        store.put = send;
        store.remove = async (at, keys) => {
          if (![...keys].some((key) => key.includes('/data/'))) return remove(at, keys);
          isHeldUp = true;
          throw new TransientError('storage.unavailable', 'held up');
        };
        await assert.rejects(other.removePartials('x'));
        store.remove = remove;
        return send(...args);
      };
      await assert.rejects(writer.commit(), { code: 'long-term-storage.writer-replaced', retriable: true });
      assert.ok(isHeldUp);
      assert.equal(await storage.stat('x'), undefined);
      await writer.discard();
      await put(storage, 'x', 'content');
      assert.equal((await load(storage, 'x')).toString(), 'content');
    });

    it('gives a name again to bytes whose tombstone is that of a process that died long ago', async () => {
      const storage = on(store);
      await put(storage, 'x', 'content');
      const [key = ''] = await keysIn(store, 'catena/data/');
      await storage.setAside('x', 't');
      const tombstone = key.replace('/data/', '/doomed/');
      await store.put(bucket, tombstone, Buffer.from('x'), { size: 1 });
      await assert.rejects(storage.bringBack('x', 't'), { code: 'long-term-storage.writer-replaced' });
      assert.equal(await storage.isSetAside('x', 't'), true);
      store.backdate(bucket, tombstone, maxTombstoneAge + 60_000);
      assert.equal(await storage.bringBack('x', 't'), true);
      assert.deepEqual(await keysIn(store, 'catena/doomed/'), []);
    });
  });

  it('gets its name although a claim of a writer that died long ago is in the way', async () => {
    const storage = on(store);
    const dead = 'catena/claims/x/dead.1.2';
    await store.put(bucket, dead, Buffer.from('x'), { size: 1 });
    store.backdate(bucket, dead, maxClaimAge + 60_000);
    await put(storage, 'x', 'content');
    assert.equal((await load(storage, 'x')).toString(), 'content');
    assert.deepEqual(await keysIn(store, 'catena/claims/'), []);
  });

  it('keeps its name though the store does not find its bytes for a moment', async () => {
    const storage = on(store);
    const head = store.head.bind(store);
    let missed = 0;
    const missOnce = (): void => {
      store.head = async (at, key) => {
        if (!key.includes('/data/')) return head(at, key);
        store.head = head;
        missed += 1;
        return undefined;
      };
    };
    missOnce();
    await put(storage, 'x', 'content');
    for (const step of [
      () => storage.removePartials('x'),
      () => storage.stat('x'),
      () => load(storage, 'x'),
      () =>
        storage
          .create('x', 'other')
          .then((writer) => writer.commit())
          .catch(() => undefined),
    ]) {
      missOnce();
      await step();
      store.head = head;
      assert.deepEqual(await storage.stat('x'), { size: 7 });
    }
    assert.ok(missed >= 4);
  });

  it('is named by a few bytes: anything else under a name is refused without being read whole', async () => {
    const storage = on(store);
    for (const rubbish of [Buffer.alloc(1_000_000, ' '), Buffer.from('{}'), Buffer.from('no json')]) {
      await store.put(bucket, 'catena/names/x', rubbish, { size: rubbish.length });
      await assert.rejects(storage.stat('x'), {
        code: 'long-term-storage.pointer-invalid',
        retriable: false,
      });
    }
  });
});
