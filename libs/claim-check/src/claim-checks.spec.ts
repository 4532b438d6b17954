import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { isAway, ManualClock } from '#kernel';
import { ClaimChecks } from './claim-checks.js';
import { unlessLost } from './lost-lists.js';
import { MemoryObjectStore } from '#storage/testing';

const bucket = 'control';
const body = Buffer.from('a list\n');
const reference = {
  ...{ bucket, key: 'plans/1', size: body.length },
  sha256: createHash('sha256').update(body).digest('hex'),
};

async function scene() {
  const clock = new ManualClock(new Date('2026-01-01T00:00:00Z'));
  const store = new MemoryObjectStore();
  await store.ensureBucket(bucket);
  return { clock, store, objects: new ClaimChecks(store, clock, { bucket, patience: 60_000 }) };
}

describe('An object that a reference names', () => {
  it('is waited for while the store does not find it, and costs no attempt', async () => {
    const { clock, store, objects } = await scene();
    await assert.rejects(objects.read(reference), (error: unknown) => {
      assert.equal((error as { code?: string }).code, 'storage.not-yet-there');
      return isAway(error);
    });
    clock.advance(59_000);
    await assert.rejects(objects.read(reference), { code: 'storage.not-yet-there' });
    await store.put(bucket, reference.key, body, { size: body.length });
    assert.deepEqual(await objects.read(reference), body);
  });

  it('is lost, for good and with a word about who to ask, when patience is over', async () => {
    const { clock, objects } = await scene();
    await assert.rejects(objects.read(reference), { code: 'storage.not-yet-there' });
    clock.advance(60_000);
    await assert.rejects(objects.read(reference), {
      code: 'storage.reference-lost',
      retriable: false,
      message: /plans\/1.*REFERENCE_PATIENCE/,
    });
  });

  it('has its full patience again after it was seen', async () => {
    const { clock, store, objects } = await scene();
    await assert.rejects(objects.read(reference), { code: 'storage.not-yet-there' });
    await store.put(bucket, reference.key, body, { size: body.length });
    await objects.read(reference);
    clock.advance(600_000);
    await store.remove(bucket, [reference.key]);
    await assert.rejects(objects.read(reference), { code: 'storage.not-yet-there' });
  });

  it('is not believed with another checksum', async () => {
    const { store, objects } = await scene();
    await store.put(bucket, reference.key, Buffer.from('other'), { size: 5 });
    await assert.rejects(objects.read(reference), { code: 'storage.reference-damaged', retriable: true });
  });

  it('is not read on once it is larger than it should be', async () => {
    const { store, objects } = await scene();
    let chunks = 0;
    const endless = (function* () {
      for (; chunks < 1000; chunks += 1) yield Buffer.alloc(64);
    })();
    store.get = () => Promise.resolve(Readable.from(endless));
    await assert.rejects(objects.read(reference), { code: 'storage.reference-damaged' });
    assert.ok(chunks < 100, `${chunks} chunks`);
  });

  it('is no list, for good, when its sender wrote something else', async () => {
    const { objects } = await scene();
    const kept = await objects.keep('plans/2', Buffer.from('{"path":"a"}\n{"path":'), 'text/plain');
    await assert.rejects(objects.readLines(kept), {
      code: 'storage.reference-unreadable',
      retriable: false,
      message: /plans\/2/,
    });
  });

  it('is the same whichever way it comes back: by its reference, or by its name', async () => {
    const { objects } = await scene();
    const lines = [{ path: 'a' }, { path: 'ä\u2028b' }];
    const kept = await objects.keepLines('plans/job/1.ndjson', lines);
    assert.deepEqual(await objects.readLines(kept), lines);
    assert.deepEqual(await objects.findLines('plans/job/1.ndjson'), { lines, reference: kept });
  });

  it('goes with all that lies below a name, however many there are, and with nothing else', async () => {
    const { store, objects } = await scene();
    const keys = Array.from({ length: 1001 }, (_, index) => `plans/job/${index}.ndjson`);
    for (const key of [...keys, 'plans/job-2/1.ndjson']) await objects.keepLines(key, []);
    await objects.removeBelow('plans/job/');
    const left: string[] = [];
    for await (const { key } of store.list(bucket, '')) left.push(key);
    assert.deepEqual(left, ['plans/job-2/1.ndjson']);
  });

  it('proves nothing when it is lost, where the reader can do without; other faults are faults', async () => {
    const { clock, store, objects } = await scene();
    await assert.rejects(unlessLost(objects.read(reference)), { code: 'storage.not-yet-there' });
    clock.advance(60_000);
    assert.equal(await unlessLost(objects.read(reference)), undefined);
    await store.put(bucket, reference.key, body, { size: body.length });
    assert.deepEqual(await unlessLost(objects.read(reference)), body);
  });
});
