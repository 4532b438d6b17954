import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { MemoryObjectStore } from '#storage/testing';
import { dumpBucket, loadBucket, missingObjects } from './bucket.js';
import type { StoredFile } from './manifest-shape.js';

const { signal } = new AbortController();
const bucket = 'lists';

describe('A control bucket in a backup', () => {
  let folder: string;
  let store: MemoryObjectStore;
  let kept: StoredFile[];
  const put = (key: string, text: string): Promise<unknown> =>
    store.put(bucket, key, Buffer.from(text), { size: Buffer.byteLength(text) });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'catena-bucket-'));
    store = new MemoryObjectStore();
    await store.ensureBucket(bucket);
    for (const key of ['a', 'b', 'c']) await put(key, key);
    kept = await dumpBucket({ store, bucket }, folder, signal);
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('gets back what is missing of it', async () => {
    await store.remove(bucket, ['a', 'c']);
    const missing = await missingObjects({ store, bucket }, kept, signal);
    assert.deepEqual(
      missing.map(({ path }) => path),
      ['a', 'c'],
    );
    assert.equal(await loadBucket({ store, bucket }, folder, missing, signal), 2);
    assert.deepEqual(await missingObjects({ store, bucket }, kept, signal), []);
  });

  it('is compared whole before anything is put back', async () => {
    await store.remove(bucket, ['a']);
    await put('c', 'else');
    await assert.rejects(missingObjects({ store, bucket }, kept, signal), { code: 'cli.conflict' });
    assert.equal(await store.head(bucket, 'a'), undefined);
  });

  it('keeps what another writer has put there after it was compared', async () => {
    await store.remove(bucket, ['a']);
    const missing = await missingObjects({ store, bucket }, kept, signal);
    await put('a', 'else');
    await assert.rejects(loadBucket({ store, bucket }, folder, missing, signal), { code: 'cli.conflict' });
    assert.equal((await store.head(bucket, 'a'))?.size, 4);
  });

  it('is left alone when the restore is interrupted', async () => {
    await store.remove(bucket, ['a']);
    const interrupted = AbortSignal.abort(new Error('enough'));
    await assert.rejects(loadBucket({ store, bucket }, folder, kept, interrupted), /enough/);
    assert.equal(await store.head(bucket, 'a'), undefined);
  });
});
