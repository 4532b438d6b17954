import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { ManualClock, newId } from '#kernel';
import { MemoryObjectStore } from '#storage/testing';
import type { ArchiverConfig } from '../archiver.config.js';
import { retrievalArea } from '../testing/retrieval-area.js';
import { memoryArchiverStore } from '../testing/memory-archiver-store.js';
import { RetrievedCopies, type Arrival } from '../persistence/retrieved-copies.js';
import type { WorkContext } from '../domain/work.js';
import type { ExpireRetrievedCopies } from './expire-retrieved-copies.js';
import type { RecallLock } from './recall-lock.js';

const lease = 60_000;
const bucket = 'retrieval';

describe('Retrieved copies', () => {
  const config = { lease, retrievedLifetime: 3_600_000, retrievalBucket: bucket } as ArchiverConfig;
  const clock = new ManualClock(new Date());
  const store = memoryArchiverStore();
  let objects: MemoryObjectStore;
  let lock: RecallLock;
  let expiry: ExpireRetrievedCopies;

  before(async () => {
    objects = new MemoryObjectStore();
    await objects.ensureBucket(bucket);
    ({ lock, expiry } = retrievalArea({ store, objects, clock, config }));
  });

  const context = (epoch: number): WorkContext => ({
    epoch,
    signal: new AbortController().signal,
    progress: () => undefined,
  });
  const put = async (id: string): Promise<void> => {
    await objects.put(bucket, id, Buffer.from('x'), { size: 1 });
  };
  const isThere = async (id: string): Promise<boolean> => (await objects.head(bucket, id)) !== undefined;
  const arrival = { bytes: 1, sha256: 'x' };
  const asker = { order: 'o', job: 'j', group: 'g' };
  const retrievalOf = (name: string) => ({ name, archiveId: 'a', bytes: 1 });
  const recalled = (id: string, epoch = 1): Promise<Arrival> =>
    lock.recall(retrievalOf(id), asker, context(epoch), async () => {
      await put(id);
      return arrival;
    });

  it('are held by one try of an order: an older one that fails late takes nothing away', async () => {
    const id = newId();
    let fail: (error: Error) => void = () => undefined;
    const older = lock.recall(
      retrievalOf(id),
      asker,
      context(1),
      () => new Promise((_resolve, reject) => (fail = reject)),
    );
    while ((await store.retrieved.findOne({ _id: id })) === null);
    let end: (arrival: Arrival) => void = () => undefined;
    const newer = lock.recall(
      retrievalOf(id),
      asker,
      context(2),
      () => new Promise((resolve) => (end = resolve)),
    );
    while ((await store.retrieved.findOne({ _id: id }))?.epoch !== 2);
    fail(new Error('lease lost'));
    await assert.rejects(older, /lease lost/);
    await assert.rejects(recalled(id, 1), { code: 'archiver.deferred' }, 'the newer one still holds it');
    end(arrival);
    await newer;
    assert.equal((await store.retrieved.findOne({ _id: id }))?.state, 'present');
  });

  it('whose hold was lost meanwhile are looked at anew', async () => {
    const id = newId();
    const lost = lock.recall(retrievalOf(id), asker, context(1), async () => {
      await store.retrieved.deleteOne({ _id: id });
      return arrival;
    });
    await assert.rejects(lost, { code: 'archiver.deferred' });
  });

  /** A recall whose bytes come for as long as it is told nothing, under a lease of so few milliseconds that the test need not wait. */
  const endless = (id: string, of: RetrievedCopies): Promise<Arrival> =>
    retrievalArea({ store, objects, clock, config: { ...config, lease: 15 }, copies: of }).lock.recall(
      retrievalOf(id),
      asker,
      context(1),
      ({ signal }) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(new Error('the bytes end'))),
        ),
    );

  it('end their recall when another try has taken it over: it is not read to its end for nothing', async () => {
    const id = newId();
    const recall = endless(id, new RetrievedCopies(store));
    while ((await store.retrieved.findOne({ _id: id })) === null);
    await store.retrieved.updateOne({ _id: id }, { $set: { holder: 'o#2', epoch: 2 } });
    await assert.rejects(recall, { code: 'archiver.deferred', message: /hold .* was lost/ });
    assert.equal((await store.retrieved.findOne({ _id: id }))?.holder, 'o#2', 'that of the other stays');
  });

  it('end their recall when its lease runs out while the database does not take heartbeats', async () => {
    const id = newId();
    class Deaf extends RetrievedCopies {
      override renew(): Promise<boolean> {
        clock.advance(16);
        return Promise.reject(new Error('the database is away'));
      }
    }
    await assert.rejects(endless(id, new Deaf(store)), { code: 'archiver.deferred', message: /was lost/ });
  });

  it('go when their time is over, also when the store was away at first', async () => {
    await store.retrieved.deleteMany({});
    const id = newId();
    await recalled(id);
    clock.advance(config.retrievedLifetime + 1000);
    objects.unavailable = true;
    await assert.rejects(expiry.round(), { code: 'storage.unavailable' });
    objects.unavailable = false;
    assert.equal(await isThere(id), true);
    await assert.rejects(recalled(id, 2), { code: 'archiver.deferred' }, 'it is being removed');
    clock.advance(lease + 1000);
    await expiry.round();
    assert.equal(await isThere(id), false);
    assert.equal(await store.retrieved.findOne({ _id: id }), null);
  });

  it('of a recall that nobody goes on with go as well, and a running one stays', async () => {
    const [dead, running] = [newId(), newId()];
    for (const [id, until] of [
      [dead, -1000],
      [running, lease],
    ] as const) {
      await put(id);
      await store.retrieved.insertOne({
        ...{ _id: id, state: 'recalling', holder: `${id}#1`, order: id, epoch: 1 },
        until: new Date(clock.now().getTime() + until),
      });
    }
    await expiry.round();
    assert.deepEqual([await isThere(dead), await isThere(running)], [false, true]);
  });

  it('that 0.7 has brought are what their datablock is; where nobody knows that, they are brought anew', async () => {
    const [known, unknown] = [newId(), newId()];
    for (const _id of [known, unknown])
      await store.retrieved.insertOne({
        ...{ _id, state: 'present', holder: 'o#1', until: clock.now() },
        expiresAt: new Date(clock.now().getTime() + lease),
      });
    const there = (): Promise<boolean> => Promise.resolve(true);
    assert.deepEqual(await lock.present(known, asker, arrival, there), arrival);
    assert.equal(await lock.present(unknown, asker, {}, there), undefined);
    assert.equal(await store.retrieved.findOne({ _id: unknown }), null);
  });

  it('leave no parts of uploads that were never completed', async () => {
    const uploadId = await objects.beginUpload(bucket, 'half', {});
    const open = async (): Promise<string[]> => {
      const found: string[] = [];
      for await (const upload of objects.pendingUploads(bucket, '')) found.push(upload.uploadId);
      return found;
    };
    clock.advance(6 * 86_400_000);
    await expiry.round();
    assert.deepEqual(await open(), [uploadId]);
    clock.advance(2 * 86_400_000);
    await expiry.round();
    assert.deepEqual(await open(), []);
  });
});
