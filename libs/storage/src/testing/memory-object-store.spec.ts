import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryObjectStore } from './memory-object-store.js';
import { objectStoreConformance } from './object-store.conformance.js';

objectStoreConformance('the memory object store', () => {
  const store = new MemoryObjectStore();
  return Promise.resolve({
    store,
    bucket: 'landing',
    putPart: (key, uploadId, partNumber, content) =>
      Promise.resolve(store.putPart('landing', key, uploadId, partNumber, content)),
  });
});

describe('faults of the memory object store', () => {
  it('goes away and comes back', async () => {
    const store = new MemoryObjectStore();
    store.unavailable = true;
    await assert.rejects(store.ensureBucket('landing'), { code: 'storage.unavailable', retriable: true });
    store.unavailable = false;
    await store.ensureBucket('landing');
  });

  it('breaks reads and damages objects', async () => {
    const store = new MemoryObjectStore();
    await store.ensureBucket('landing');
    await store.put('landing', 'x', Buffer.from('abc'), { size: 3 });
    store.flipBit('landing', 'x', 0);
    const damaged = await (await store.get('landing', 'x')).toArray();
    assert.equal(Buffer.concat(damaged as Buffer[]).toString(), '`bc');
    store.breakReadsAfter = 2;
    await assert.rejects((await store.get('landing', 'x')).toArray(), { code: 'storage.unavailable' });
  });
});
