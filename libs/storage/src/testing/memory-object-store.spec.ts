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

describe('a cold object of the memory store', () => {
  it('cannot be read before it was restored, however often that is asked for', async () => {
    const store = new MemoryObjectStore();
    await store.ensureBucket('bucket');
    await store.put('bucket', 'x', Buffer.from('x'), { size: 1, storageClass: 'GLACIER' });
    const cold = { code: 'storage.cold', retriable: true };
    await assert.rejects(store.get('bucket', 'x'), cold);
    for (const _ of [1, 2]) await store.restore('bucket', 'x', { days: 1 });
    await assert.rejects(store.get('bucket', 'x'), cold);
    assert.deepEqual(await store.head('bucket', 'x').then((head) => head?.restoration), { isUnderWay: true });
    store.restored('bucket', 'x');
    assert.equal((await (await store.get('bucket', 'x')).toArray()).join(''), 'x');
    assert.deepEqual(store.restorations, ['x']);
  });
});
