import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ManualClock, newId } from '#kernel';
import { createLogger } from '#observability';
import { legacyRow, type OutboxRelay } from '#outbox';
import { ClaimChecks } from '#claim-check';
import { MemoryObjectStore } from '#storage/testing';
import { DatablockLists } from '../originals/datablock-lists.js';
import type { ArchiverConfig } from '../archiver.config.js';
import type { CatalogueWord } from '../catalog/catalogue-word.js';
import type { ArchiverStore } from '../persistence/archiver-store.js';
import { memoryArchiverStore } from '../testing/memory-archiver-store.js';
import { Datablocks } from '../persistence/datablocks.js';
import { FilesAside } from '../persistence/files-aside.js';
import type { FileAside, StoredDatablock, WorkOrder } from '../persistence/records.js';
import { WorkOrders } from '../persistence/work-orders.js';
import { EndedWorkSweep } from './ended-work-sweep.js';

const lifetime = 90 * 86_400_000;

describe('An ended work order', () => {
  const logger = createLogger('ended-work.spec', 'silent');
  const clock = new ManualClock(new Date());
  const store = memoryArchiverStore();
  const config = { endedWorkLifetime: lifetime, controlBucket: 'control' } as ArchiverConfig;
  let objects: MemoryObjectStore;
  let listed: Set<string>;

  beforeEach(async () => {
    await store.works.deleteMany({});
    await store.datablocks.deleteMany({});
    await store.asides.deleteMany({});
    objects = new MemoryObjectStore();
    listed = new Set();
    await objects.ensureBucket('control');
  });

  function sweepOf(of: ArchiverStore): EndedWorkSweep {
    const lists = new DatablockLists(
      objects,
      new ClaimChecks(objects, clock, { bucket: 'control', patience: 0 }),
      config,
    );
    const catalogue = {
      lists: ({ archiveId }: { archiveId: string }) => Promise.resolve(listed.has(archiveId)),
    } as unknown as CatalogueWord;
    const orders = new WorkOrders(of, { wake: () => undefined } as unknown as OutboxRelay);
    return new EndedWorkSweep(
      of,
      orders,
      new Datablocks(of),
      new FilesAside(of),
      lists,
      catalogue,
      clock,
      config,
      logger,
    );
  }
  const long = (): Date => new Date(clock.now().getTime() - lifetime - 1000);
  const message = () => ({ rows: [legacyRow({ exchange: 'x', key: 'k', body: '{}' }, clock.now())] });

  async function work(
    kind: WorkOrder['command']['kind'],
    archiveId: string,
    more: Partial<WorkOrder> = {},
  ): Promise<string> {
    const _id = newId();
    await store.works.insertOne({
      ...{ _id, jobId: 'j', command: { kind, data: { archiveId, pid: 'p' } }, state: 'done', epoch: 1 },
      ...{ dueAt: long(), outbox: { rows: [] } },
      ...more,
    } as unknown as WorkOrder);
    return _id;
  }
  /** A datablock with its lists. */
  async function datablock(more: Partial<StoredDatablock> = {}): Promise<string> {
    const _id = `p/${newId()}/0.tar`;
    await store.datablocks.insertOne({ _id, pid: 'p', state: 'verified', ...more } as StoredDatablock);
    for (const key of [`manifests/${_id}.json`, `originals/${_id}.ndjson`])
      await objects.put('control', key, Buffer.from('x'), { size: 1 });
    return _id;
  }
  async function left(): Promise<{ works: number; lists: number; datablocks: number }> {
    let lists = 0;
    for await (const found of objects.list('control', '')) lists += found.key === '' ? 0 : 1;
    const [works, datablocks] = [
      await store.works.countDocuments({}),
      await store.datablocks.countDocuments({}),
    ];
    return { works, lists, datablocks };
  }

  it('is forgotten when its time is over, with the lists of what it archived; the datablock is not', async () => {
    const archiveId = await datablock();
    listed.add(archiveId);
    await work('archive', archiveId);
    await work('retrieve', archiveId);
    await work('verify', archiveId, { dueAt: clock.now() });
    assert.equal(await sweepOf(store).sweep(), 2);
    assert.deepEqual(await left(), { works: 1, lists: 0, datablocks: 1 });
  });

  it('leaves a request to cancel one that never came: it goes when that is as long ago', async () => {
    await store.earlyCancels.insertMany([
      { _id: 'old', at: long() },
      { _id: 'new', at: clock.now() },
    ]);
    await sweepOf(store).sweep();
    assert.deepEqual(await store.earlyCancels.distinct('_id'), ['new']);
  });

  it('stays with its lists while the catalogue does not list the datablock: a retried job may register it', async () => {
    await work('archive', await datablock());
    assert.equal(await sweepOf(store).sweep(), 0);
    assert.deepEqual(await left(), { works: 1, lists: 2, datablocks: 1 });
  });

  it('stays with its lists while open work names the datablock, or its own end was not accepted', async () => {
    const archiveId = await datablock();
    listed.add(archiveId);
    await work('archive', archiveId);
    await work('release', archiveId, { state: 'open', dueAt: clock.now() });
    await work('verify', archiveId, { outbox: message() });
    assert.equal(await sweepOf(store).sweep(), 0);
    assert.deepEqual(await left(), { works: 3, lists: 2, datablocks: 1 });
  });

  it('stays with its lists when it is written to between the look and the write', async () => {
    const archiveId = await datablock();
    listed.add(archiveId);
    const _id = await work('archive', archiveId);
    const works = new Proxy(store.works, {
      get: (target, name) => {
        const value = Reflect.get(target, name, target) as unknown;
        if (name !== 'updateOne') return typeof value === 'function' ? value.bind(target) : value;
        return async (...parameters: Parameters<typeof target.updateOne>) => {
          await target.updateOne({ _id }, { $set: { outbox: message() } });
          return target.updateOne(...parameters);
        };
      },
    });
    const watched = Object.create(store, { works: { value: works } }) as ArchiverStore;
    assert.equal(await sweepOf(watched).sweep(), 0);
    assert.deepEqual(await left(), { works: 1, lists: 2, datablocks: 1 });
  });

  it('is forgotten to its end by the next sweep when one died on the way', async () => {
    const archiveId = await datablock();
    await work('archive', archiveId, { forgetting: true });
    assert.equal(await sweepOf(store).sweep(), 1);
    assert.deepEqual(await left(), { works: 0, lists: 0, datablocks: 1 });
  });

  it('of a discarded datablock leaves the lists to the mark, which goes when nothing is set aside', async () => {
    const archiveId = await datablock({ state: 'discarded', discardedAt: clock.now() });
    await store.asides.insertOne({ _id: 'token', archiveId } as FileAside);
    await work('archive', archiveId);
    assert.equal(await sweepOf(store).sweep(), 1);
    assert.deepEqual(await left(), { works: 0, lists: 2, datablocks: 1 });
    await store.datablocks.updateOne({ _id: archiveId }, { $set: { discardedAt: long() } });
    await sweepOf(store).sweep();
    assert.equal((await left()).datablocks, 1, 'it may be brought back');
    await store.asides.deleteMany({});
    await sweepOf(store).sweep();
    assert.deepEqual(await left(), { works: 0, lists: 0, datablocks: 0 });
  });
});
