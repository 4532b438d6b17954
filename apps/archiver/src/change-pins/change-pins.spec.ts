import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ClaimChecks } from '#claim-check';
import type { PinChange, PinLine, PinsChangedV1, RetrieveDatablockV1 } from '#contracts';
import { ManualClock } from '#kernel';
import { MemoryObjectStore } from '#storage/testing';
import type { OutboxRelay } from '#outbox';
import type { ArchiverConfig } from '../archiver.config.js';
import type { EndState } from '../domain/states.js';
import type { WorkContext } from '../domain/work.js';
import { DatablockLists } from '../originals/datablock-lists.js';
import type { ArchiverStore } from '../persistence/archiver-store.js';
import type { Command, StoredDatablock } from '../persistence/records.js';
import { Datablocks } from '../persistence/datablocks.js';
import { WorkOrders } from '../persistence/work-orders.js';
import { BroughtCopies } from '../retrieve-datablock/brought-copies.js';
import { partName } from '../domain/part-names.js';
import { RetrievalReports } from '../retrieve-datablock/retrieval-reports.js';
import { RetrievalHandlers } from '../run-work/retrieval-handlers.js';
import { memoryArchiverStore } from '../testing/memory-archiver-store.js';
import { retrievalArea } from '../testing/retrieval-area.js';
import { ChangePinsHandler } from './change-pins.handler.js';

const hour = 3_600_000;
const config = {
  ...{ lease: 60_000, retrievedLifetime: hour, retrievedLifetimeMost: 3 * hour },
  ...{ retrievalBucket: 'retrieval', controlBucket: 'control' },
} as ArchiverConfig;
const list = { bucket: 'control', key: 'k', size: 1, sha256: 'c'.repeat(64) };

describe('Copies that a finished job has retrieved', () => {
  let clock: ManualClock;
  let store: ArchiverStore;
  let objects: MemoryObjectStore;
  let claimChecks: ClaimChecks;
  let parts: ReturnType<typeof retrievalArea>;
  let lists: DatablockLists;
  let orders: WorkOrders;
  let handler: ChangePinsHandler;
  let handlers: RetrievalHandlers;

  beforeEach(async () => {
    clock = new ManualClock(new Date('2026-01-01T00:00:00Z'));
    [store, objects] = [memoryArchiverStore(), new MemoryObjectStore()];
    for (const bucket of ['retrieval', 'control']) await objects.ensureBucket(bucket);
    parts = retrievalArea({ store, objects, clock, config });
    claimChecks = new ClaimChecks(objects, clock, { bucket: 'control', patience: 0 });
    lists = new DatablockLists(objects, claimChecks, config);
    orders = new WorkOrders(store, { wake: () => undefined } as unknown as OutboxRelay);
    const reports = new RetrievalReports(objects, parts.lock, clock, config);
    const brought = new BroughtCopies(
      ...([new Datablocks(store), parts.copies, parts.waits, objects, clock, config] as const),
    );
    handler = new ChangePinsHandler(
      ...([orders, brought, parts.waits, reports, lists, clock, config] as const),
    );
    handlers = new RetrievalHandlers(undefined as never, handler, brought);
  });

  const contextOf = (epoch: number): WorkContext => ({
    ...{ epoch, signal: new AbortController().signal },
    progress: () => undefined,
  });
  /** A retrieval that is done, and what it brought. */
  async function retrieved(
    job: string,
    archiveId: string,
    more: Partial<RetrieveDatablockV1> = {},
    state: EndState = 'done',
    name = more.selection === undefined ? archiveId : partName(archiveId, list.sha256),
  ) {
    const workOrderId = `${job}/0/${archiveId}`;
    const data = { workOrderId, jobId: job, pid: 'pid', archiveId, ...more };
    await orders.accept({
      command: { kind: 'retrieve', data },
      acceptedAt: clock.now(),
      dueAt: clock.now(),
      context: undefined,
    });
    await store.works.updateOne({ _id: workOrderId }, { $set: { state } });
    const asker = { order: workOrderId, job, group: 'g' };
    const isThere = () => Promise.resolve(true);
    if ((await parts.lock.present(name, asker, {}, isThere)) === undefined)
      await parts.lock.recall({ name, archiveId, bytes: 1 }, asker, contextOf(1), async () => {
        await objects.put('retrieval', name, Buffer.from('x'), { size: 1 });
        return { bytes: 1, sha256: 'x' };
      });
    return name;
  }
  async function changed(
    change: PinChange,
    number = 1,
    epoch = 1,
  ): Promise<PinsChangedV1 & { lines: PinLine[] }> {
    const ids = { workOrderId: `j/pins/${number}`, jobId: 'j', number };
    const { envelope } = await handler.handle({ ...ids, change, requestedBy: 'me' }, contextOf(epoch));
    const data = envelope!.data as PinsChangedV1;
    return { ...data, lines: data.copies === undefined ? [] : await claimChecks.readLines(data.copies) };
  }
  const endOf = async (name: string) => (await store.retrieved.findOne({ _id: name }))?.expiresAt;
  const later = (milliseconds: number) => new Date(clock.now().getTime() + milliseconds);

  it('are kept longer with new links, as far as they are there for the job; nothing is recalled', async () => {
    const part = await retrieved('j', 'a', { selection: { list, files: 1, bytes: 1 } });
    await retrieved('j', 'b');
    await retrieved('k', 'other');
    await objects.remove('retrieval', ['b']);
    clock.advance(hour / 2);
    const { lines, ...answer } = await changed('extend');
    assert.deepEqual([answer.changed, answer.gone], [1, 1]);
    const [a, b] = lines;
    assert.deepEqual([a?.archiveId, a?.expiresAt], ['a', later(hour).toISOString()]);
    assert.match(a?.url ?? '', /a\.parts/);
    assert.deepEqual(b, { archiveId: 'b', gone: true });
    assert.deepEqual([await endOf(part), await endOf('b')], [later(hour), undefined]);
    assert.deepEqual(await endOf('other'), later(hour / 2), 'that of another job stays as it was');
  });

  it('cannot be kept for longer than anybody may, however often it is asked', async () => {
    await retrieved('j', 'a');
    const until = later(3 * hour);
    for (let number = 1; number < 8; number += 1) {
      clock.advance(hour / 2);
      const { lines, gone } = await changed('extend', number);
      if (clock.now() >= until) assert.deepEqual([lines, gone], [[{ archiveId: 'a', gone: true }], 1]);
      else assert(new Date(lines[0]!.expiresAt!) <= until);
    }
    await parts.expiry.round();
    assert.equal(await objects.head('retrieval', 'a'), undefined);
  });

  it('make room when they are released, but for those that another job has kept', async () => {
    for (const id of ['a', 'b']) await retrieved('j', id);
    await retrieved('k', 'b');
    const { lines } = await changed('release');
    assert.deepEqual(lines, [{ archiveId: 'a' }, { archiveId: 'b' }]);
    await parts.expiry.round();
    assert.deepEqual([await endOf('a'), await endOf('b')], [undefined, later(hour)]);
    const again = await changed('release', 2);
    assert.deepEqual([again.changed, again.gone], [0, 2]);
  });

  it('have those that wait for room look again at once, and no order that runs', async () => {
    await retrieved('j', 'a');
    const wait = {
      job: 'k',
      group: 'g',
      bytes: 1,
      lacks: 'space' as const,
      since: clock.now(),
      until: later(hour),
    };
    for (const [_id, more] of [
      ['waits', { waitCode: 'quota.full' }],
      ['runs', {}],
    ] as const) {
      const data = { workOrderId: _id, jobId: 'k', pid: 'pid', archiveId: _id };
      await orders.accept({
        command: { kind: 'retrieve', data },
        acceptedAt: clock.now(),
        dueAt: later(60_000),
        context: undefined,
      });
      await store.works.updateOne({ _id }, { $set: { epoch: 1, ...more } });
      await parts.waits.stay({ _id, name: _id, ...wait });
    }
    await changed('release');
    const dueAt = async (_id: string) => (await store.works.findOne({ _id }))?.dueAt;
    assert.deepEqual([await dueAt('waits'), await dueAt('runs')], [clock.now(), later(60_000)]);
  });

  it('stay when another job comes in the midst of their release', async () => {
    await retrieved('j', 'a');
    await Promise.all([changed('release'), retrieved('k', 'a')]);
    await parts.expiry.round();
    assert.notEqual(await objects.head('retrieval', 'a'), undefined);
    assert.deepEqual(
      (await store.retrieved.findOne({ _id: 'a' }))?.pins?.map(({ job }) => job),
      ['k'],
    );
  });

  it('that the sweep has begun to remove are said to be gone, and stay gone', async () => {
    await retrieved('j', 'a');
    clock.advance(hour / 2);
    const extended = changed('extend');
    clock.advance(hour / 2);
    assert.equal(
      await parts.copies.takeOver('a', clock.now(), later(60_000)),
      (await extended).changed === 0,
    );
    clock.advance(2 * hour);
    const { lines } = await changed('extend', 2);
    assert.deepEqual(lines, [{ archiveId: 'a', gone: true }]);
  });

  it('are extended once more by a second try, with a list of its own, which goes with the order', async () => {
    await retrieved('j', 'a');
    const first = await changed('extend', 1, 1);
    const second = await changed('extend', 1, 2);
    assert.deepEqual(
      second.lines.map(({ expiresAt }) => expiresAt),
      first.lines.map(({ expiresAt }) => expiresAt),
    );
    assert.notEqual(second.copies!.key, first.copies!.key);
    const other = await changed('extend', 10);
    await lists.forgetAnswer('j/pins/1');
    const left: string[] = [];
    for await (const { key } of objects.list('control', 'pins/')) left.push(key);
    assert.deepEqual(left, [other.copies!.key]);
  });

  it('are released of a job that failed or was cancelled as well, which says nothing of what it never brought', async () => {
    for (const [id, state] of [
      ['a', 'done'],
      ['b', 'failed'],
      ['c', 'cancelled'],
    ] as const)
      await retrieved('j', id, {}, state);
    await parts.copies.unpin('c', 'j', clock.now());
    const { lines, gone } = await changed('release');
    assert.deepEqual([lines, gone], [[{ archiveId: 'a' }, { archiveId: 'b' }], 0]);
    await parts.expiry.round();
    assert.equal(await store.retrieved.countDocuments({}), 0);
  });

  for (const kind of ['retrieve', 'take'] as const)
    it(`are let go of when the ${kind} order is cancelled, once or twice, and its place in the queue as well`, async () => {
      await retrieved('j', 'a', {}, 'cancelled');
      await retrieved('k', 'a');
      const workOrderId = 'j/0/a';
      const wait = { name: 'a', job: 'j', group: 'g', bytes: 1, lacks: 'space' as const };
      await parts.waits.stay({ _id: workOrderId, ...wait, since: clock.now(), until: later(hour) });
      const data = { workOrderId, jobId: 'j', pid: 'pid', archiveId: 'a' };
      const command: Command = kind === 'take' ? { kind, data: { ...data, offer: 'j/0/o' } } : { kind, data };
      for (let time = 0; time < 2; time += 1) await handlers.undo(command);
      assert.deepEqual(
        (await store.retrieved.findOne({ _id: 'a' }))?.pins?.map(({ job }) => job),
        ['k'],
      );
      assert.equal(await parts.waits.count(clock.now()), 0);
    });

  it('of an adopted datablock are those that were made of it, not the earlier tar', async () => {
    const sha256 = 'd'.repeat(64);
    const adopted = { run: 'r', at: clock.now() } as unknown as StoredDatablock['adopted'];
    await store.datablocks.insertOne({
      ...{ _id: 'a', state: 'verified', manifest: { ...list, sha256 }, adopted },
    } as never);
    const name = await retrieved('j', 'a', {}, 'done', partName('a', sha256));
    await retrieved('k', 'a', {}, 'done', 'a');
    const { lines } = await changed('extend');
    assert.match(lines[0]?.url ?? '', new RegExp(sha256));
    assert.deepEqual((await changed('release', 2)).lines, [{ archiveId: 'a' }]);
    await parts.expiry.round();
    assert.deepEqual([await endOf(name), await endOf('a')], [undefined, later(hour)]);
  });

  it('stay as the later of two requests wants them, when the earlier one comes late', async () => {
    await retrieved('j', 'a');
    clock.advance(hour / 2);
    const { extend } = parts.copies;
    // The release was given to another worker, which has looked, and then froze.
    await changed('extend', 2);
    await changed('release', 1);
    assert.deepEqual(await endOf('a'), later(hour), 'a pin that a later request has lengthened stays');
    await orders.accept({
      command: {
        kind: 'pins',
        data: { workOrderId: 'j/pins/2', jobId: 'j', number: 2, change: 'extend', requestedBy: 'me' },
      },
      ...{ acceptedAt: clock.now(), dueAt: clock.now(), context: undefined },
    });
    parts.copies.extend = () => Promise.reject(new Error('nothing is looked at any more'));
    const overtaken = await changed('extend', 1);
    assert.match(overtaken.problem ?? '', /overtaken by a later one/);
    parts.copies.extend = extend;
  });

  it('of a job that has brought nothing are none', async () => {
    const { lines, ...answer } = await changed('release');
    assert.deepEqual([lines, answer.changed, answer.gone, answer.copies], [[], 0, 0, undefined]);
  });
});
