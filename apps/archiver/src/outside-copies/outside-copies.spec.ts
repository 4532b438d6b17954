import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { beforeEach, describe, it } from 'node:test';
import { text } from 'node:stream/consumers';
import { ManualClock } from '#kernel';
import { createLogger } from '#observability';
import type { OutboxRelay } from '#outbox';
import { MemoryObjectStore } from '#storage/testing';
import type { ArchiverConfig } from '../archiver.config.js';
import type { WorkContext } from '../domain/work.js';
import type { ArchiverStore } from '../persistence/archiver-store.js';
import { Datablocks } from '../persistence/datablocks.js';
import { FilesAside } from '../persistence/files-aside.js';
import { WorkOrders } from '../persistence/work-orders.js';
import type { FileAside, StoredDatablock } from '../persistence/records.js';
import { retrievalArea } from '../testing/retrieval-area.js';
import { RetrievalReports } from '../retrieve-datablock/retrieval-reports.js';
import { memoryArchiverStore } from '../testing/memory-archiver-store.js';
import { OutsideCopiesHandler } from './outside-copies.handler.js';
import { Uploads } from './uploads.js';
import { UploadsSweep } from './uploads-sweep.js';

const bucket = 'retrieval';
const tar = Buffer.from('what was archived');
const archiveId = 'p/j/00000.tar';
const order = { workOrderId: 'j/0/0/tape/link/1', jobId: 'j', pid: 'p', archiveId };
const take = { ...order, workOrderId: 'j/0/0/tape/take/1', offer: order.workOrderId };
const key = `outside-uploads/${order.workOrderId}`;

describe('Copies that others store', () => {
  const logger = createLogger('outside-copies.spec', 'silent');
  const config = { lease: 60_000, retrievedLifetime: 3_600_000, retrievalBucket: bucket } as ArchiverConfig;
  const context: WorkContext = {
    ...{ epoch: 1, signal: new AbortController().signal },
    progress: () => undefined,
  };
  let clock: ManualClock;
  let store: ArchiverStore;
  let objects: MemoryObjectStore;
  let handler: OutsideCopiesHandler;
  let sweep: UploadsSweep;
  let orders: WorkOrders;
  beforeEach(async () => {
    clock = new ManualClock(new Date());
    store = memoryArchiverStore();
    objects = new MemoryObjectStore();
    await objects.ensureBucket(bucket);
    const { lock } = retrievalArea({ store, objects, clock, config });
    const uploads = new Uploads(objects, config);
    const reports = new RetrievalReports(objects, lock, clock, config);
    handler = new OutsideCopiesHandler(
      ...([new Datablocks(store), new FilesAside(store), uploads, lock, reports, clock, config] as const),
    );
    orders = new WorkOrders(store, { wake: () => undefined } as unknown as OutboxRelay);
    sweep = new UploadsSweep(uploads, orders, clock, config, logger);
    const sha256 = createHash('sha256').update(tar).digest('hex');
    await store.datablocks.insertOne({
      ...{ _id: archiveId, pid: 'p', jobId: 'j', packedSize: tar.length, sha256, state: 'verified' },
      copies: [],
    } as unknown as StoredDatablock);
  });
  const upload = (bytes: Buffer) => objects.put(bucket, key, bytes, { size: bytes.length });
  const keys = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const one of objects.list(bucket, '')) found.push(one.key);
    return found;
  };

  it('are put at a link of their own, for so many bytes', async () => {
    const { envelope } = await handler.offer(order);
    const { url, expiresAt } = envelope!.data as { url: string; expiresAt: string };
    assert.ok(url.includes(encodeURI(key)) || url.includes(encodeURIComponent(key)), url);
    assert.equal(expiresAt, new Date(clock.now().getTime() + 3_600_000).toISOString());
  });

  it('become the retrieved copy when they are what was archived, once, and the upload goes', async () => {
    await upload(tar);
    const { envelope } = await handler.take(take, context);
    assert.equal(envelope!.type, 'archival.datablock-retrieved.v1');
    assert.deepEqual(await keys(), [archiveId]);
    assert.equal(await text(await objects.get(bucket, archiveId)), tar.toString());
    await handler.take(take, context);
    assert.deepEqual(await keys(), [archiveId]);
  });

  for (const [what, bytes] of [
    ['has one other byte', Buffer.from('What was archived')],
    ['is shorter', tar.subarray(1)],
    ['is longer', Buffer.concat([tar, tar])],
    ['is empty', Buffer.alloc(0)],
  ] as const)
    it(`are not taken when the upload ${what}, and it goes`, async () => {
      await upload(bytes);
      await assert.rejects(handler.take(take, context), { code: 'archiver.upload-wrong' });
      assert.deepEqual(await keys(), []);
    });

  it('are tried for again while nothing is uploaded', () =>
    assert.rejects(handler.take(take, context), { code: 'archiver.upload-missing', retriable: true }));

  it('are of datablocks that this archiver knows, of the dataset that is named', async () => {
    await assert.rejects(handler.offer({ ...order, archiveId: 'none' }), {
      code: 'archiver.datablock-unknown',
    });
    await assert.rejects(handler.take({ ...take, pid: 'q' }, context), {
      code: 'archiver.datablock-foreign',
    });
  });

  it('that nobody has taken are removed after a while, and nothing else', async () => {
    await upload(tar);
    await objects.put(bucket, archiveId, tar, { size: tar.length });
    await sweep.round();
    assert.equal((await keys()).length, 2);
    clock.advance(2 * 3_600_000);
    await sweep.round();
    assert.deepEqual(await keys(), [archiveId]);
  });

  it('stay as long as an order that waits for room is to take them, and count in the quota of its group', async () => {
    await upload(tar);
    const data = { ...take, group: 'g' };
    const dueAt = clock.now();
    await orders.accept({ command: { kind: 'take', data }, acceptedAt: dueAt, dueAt, context: undefined });
    clock.advance(2 * 3_600_000);
    await sweep.round();
    assert.deepEqual(await keys(), [key]);
    await handler.take(data, context);
    assert.deepEqual(
      (await store.retrieved.findOne({ _id: archiveId }))?.pins?.map(({ group }) => group),
      ['g'],
    );
    await upload(tar);
    await store.works.updateOne({ _id: data.workOrderId }, { $set: { state: 'done' } });
    clock.advance(2 * 3_600_000);
    await sweep.round();
    assert.deepEqual(await keys(), [archiveId]);
  });

  it('may go when nothing of ours is kept any more, and neither before nor when it was brought back', async () => {
    await assert.rejects(handler.confirm(order), { code: 'archiver.datablock-in-use' });
    await store.datablocks.updateOne({ _id: archiveId }, { $set: { state: 'discarded' } });
    await store.asides.insertOne({ _id: 't', archiveId, state: 'kept' } as FileAside);
    await assert.rejects(handler.confirm(order), { code: 'archiver.deferred' });
    await store.asides.deleteOne({ _id: 't' });
    assert.equal((await handler.confirm(order)).envelope?.type, 'archival.discard-confirmed.v1');
    await assert.rejects(handler.confirm({ ...order, pid: 'q' }), { code: 'archiver.datablock-foreign' });
  });
});
