import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ManualClock, newId } from '#kernel';
import { MemoryShare } from '#long-term-storage/testing';
import { createLogger } from '#observability';
import type { OutboxRelay } from '#outbox';
import type { ArchiverConfig } from '../archiver.config.js';
import { TargetNames } from '../domain/target-names.js';
import type { ArchiverStore } from '../persistence/archiver-store.js';
import { RecallQueue } from '../persistence/recall-queue.js';
import type { WorkOrder } from '../persistence/records.js';
import { WorkOrders } from '../persistence/work-orders.js';
import { memoryArchiverStore } from '../testing/memory-archiver-store.js';
import { MemoryLibrary } from '../testing/memory-library.js';
import { simulateRecalls } from '../testing/recall-simulation.js';
import { recallsInOrder } from '../testing/recalls-in-order.js';
import type { RecallOrder } from './recall-order.js';
import { RecallPlaces } from './recall-places.js';

const minute = 60_000;
/** Times `mountCost` is the time with a medium while others wait: 20 minutes. */
const mountCost = 60;
const config = { targets: [{ name: 'tape', mountCost }] } as unknown as Partial<ArchiverConfig>;

describe('The archiver, of retrievals from a library of tapes,', () => {
  let store: ArchiverStore;
  let orders: WorkOrders;
  let library: MemoryLibrary;
  let clock: ManualClock;

  beforeEach(() => {
    store = memoryArchiverStore();
    orders = new WorkOrders(store, { wake: () => undefined } as unknown as OutboxRelay);
    library = new MemoryLibrary('tape', 2);
    clock = new ManualClock(new Date('2026-01-01T00:00:00Z'));
  });

  const archiver = (): RecallOrder => recallsInOrder(store, orders, [library], config);
  const take = (recalls: RecallOrder, lease = minute): Promise<WorkOrder | undefined> =>
    recalls.take(clock.now(), new Date(clock.now().getTime() + lease));

  async function accept(
    archiveId: string,
    kind: 'retrieve' | 'verify' = 'retrieve',
    target = 'tape',
  ): Promise<string> {
    const workOrderId = newId();
    const data = { workOrderId, jobId: 'j', pid: 'p', archiveId };
    clock.advance(1);
    const now = clock.now();
    await orders.accept({
      ...{ command: { kind, data }, needs: { of: 'any', targets: [target] } },
      ...{ acceptedAt: now, dueAt: now, context: undefined },
    });
    return workOrderId;
  }
  /** A retrieval of what lies there; its name says where. */
  async function retrieval(medium: string, position: number): Promise<void> {
    const id = await accept(`${medium}${position}`);
    await new RecallQueue(store).placed(id, { target: 'tape', medium, position }, clock.now());
  }
  const nameOf = (order: WorkOrder | undefined): string | undefined =>
    (order?.command.data as { archiveId: string } | undefined)?.archiveId;
  async function done(recalls: RecallOrder, order: WorkOrder | undefined): Promise<void> {
    await store.works.updateOne({ _id: order!._id }, { $set: { state: 'done' } });
    recalls.ended(order!);
  }
  /** What one worker reads, one after the other. */
  async function all(recalls: RecallOrder): Promise<string[]> {
    const read: string[] = [];
    for (let order = await take(recalls); order !== undefined; order = await take(recalls)) {
      read.push(nameOf(order)!);
      await done(recalls, order);
    }
    return read;
  }

  it('reads one medium after the other, each from its beginning to its end', async () => {
    for (const [medium, position] of [
      ['B', 3],
      ['A', 9],
      ['B', 1],
      ['A', 2],
      ['B', 2],
    ] as const)
      await retrieval(medium, position);
    assert.deepEqual(await all(archiver()), ['B1', 'B2', 'B3', 'A2', 'A9']);
  });

  it('goes on from where the tape stands with what came meanwhile, and turns round for what lies before', async () => {
    await retrieval('A', 5);
    const recalls = archiver();
    const first = await take(recalls);
    for (const position of [1, 7, 5]) await retrieval('A', position);
    await done(recalls, first);
    assert.deepEqual(await all(recalls), ['A5', 'A7', 'A1']);
  });

  it('has one worker at a medium, and not more media than drives, over all archivers', async () => {
    for (const medium of ['A', 'A', 'B', 'C']) await retrieval(medium, 1);
    const [one, other] = [archiver(), archiver()];
    const both = [await take(one), await take(other)];
    assert.deepEqual(both.map(nameOf), ['A1', 'B1']);
    assert.equal(await take(one), undefined, 'both drives are busy');
    await done(other, both[1]);
    assert.equal(nameOf(await take(other)), 'C1');
    await done(one, both[0]);
    assert.equal(nameOf(await take(one)), 'A1');
  });

  it('leaves a medium after some time when other work waits, and stays as long as none does', async () => {
    const recalls = archiver();
    const next = async (): Promise<string | undefined> => {
      const order = await take(recalls);
      clock.advance(15 * minute);
      await done(recalls, order);
      return nameOf(order);
    };
    for (const position of [1, 2, 3]) await retrieval('A', position);
    assert.deepEqual([await next(), await next(), await next()], ['A1', 'A2', 'A3']);
    await retrieval('A', 1);
    assert.equal(await next(), 'A1', 'an hour, and nobody waits');
    await accept('verified', 'verify');
    await retrieval('B', 1);
    for (const position of [2, 3]) await retrieval('A', position);
    assert.deepEqual([await next(), await next(), await next()], ['verified', 'B1', 'A2']);
  });

  it('passes nobody over for ever, however much comes for the medium that is read', async () => {
    await retrieval('A', 1);
    const recalls = archiver();
    let order = await take(recalls);
    await retrieval('B', 1);
    let read = 0;
    while (nameOf(order) !== 'B1') {
      clock.advance(minute);
      await retrieval('A', read);
      await done(recalls, order);
      order = await take(recalls);
      read += 1;
    }
    assert.ok(read > 15 && read < 25, `after ${read} minutes`);
  });

  it('gives a medium to another archiver when the one that read it has died', async () => {
    for (const position of [1, 2]) await retrieval('A', position);
    const [dead, other] = [archiver(), archiver()];
    assert.equal(nameOf(await take(dead)), 'A1');
    assert.equal(await take(other), undefined);
    clock.advance(minute + 1);
    assert.deepEqual(await all(other), ['A1', 'A2']);
  });

  it('begins anew when its turn went to another archiver while it stood still', async () => {
    for (const [medium, position] of [
      ['A', 1],
      ['A', 2],
      ['B', 1],
    ] as const)
      await retrieval(medium, position);
    const [frozen, other] = [archiver(), archiver()];
    const held = await take(frozen);
    await orders.renew(held!, new Date(clock.now().getTime() + 100 * minute));
    clock.advance(minute + 1);
    assert.equal(nameOf(await take(other)), 'A2');
    await done(frozen, held);
    assert.equal(nameOf(await take(frozen)), 'B1', 'the other one has the medium now');
  });

  it('keeps the turn as long as the lease of the work is renewed, and gives it back at the end', async () => {
    for (const position of [1, 2]) await retrieval('A', position);
    const [one, other] = [archiver(), archiver()];
    const order = await take(one);
    const later = new Date(clock.now().getTime() + 10 * minute);
    await orders.renew(order!, later);
    await one.renew(order!, later);
    clock.advance(5 * minute);
    assert.equal(await take(other), undefined);
    await one.giveBackAll();
    assert.equal(nameOf(await take(other)), 'A2');
  });

  it('takes at once what was cancelled, whatever medium it lies on', async () => {
    for (const medium of ['A', 'B', 'C']) await retrieval(medium, 1);
    const recalls = archiver();
    await take(recalls);
    await take(recalls);
    assert.equal(await take(recalls), undefined);
    const [waiting] = await store.works.find({ 'place.medium': 'C' }).toArray();
    await orders.requestCancel(waiting!._id);
    assert.equal((await take(recalls))?._id, waiting!._id);
  });

  describe('asks where they lie', () => {
    const placesOf = (shares = [library]): RecallPlaces =>
      new RecallPlaces(
        ...([store, new RecallQueue(store), shares, new TargetNames(), clock] as const),
        createLogger('spec', 'silent'),
      );

    it('once, and nothing waits for the answer', async () => {
      library.places.set('a', { medium: 'A', position: 7 });
      const [known, unknown] = [await accept('a'), await accept('b')];
      const places = placesOf();
      await places.round();
      await places.round();
      assert.deepEqual(library.asked.sort(), ['a', 'b']);
      const placeOf = async (_id: string) => (await store.works.findOne({ _id }))?.place;
      assert.deepEqual(await placeOf(known), { target: 'tape', medium: 'A', position: 7 });
      assert.equal(await placeOf(unknown), undefined);
      assert.deepEqual(new Set(await all(archiver())), new Set(['a', 'b']));
    });

    it('again later when it is away, while they are read as they came, and others are not asked later for it', async () => {
      const other = new MemoryLibrary('other', 1);
      library.places.set('a', { medium: 'A', position: 7 });
      other.places.set('b', { medium: 'B', position: 8 });
      for (let count = 0; count < 10; count += 1) await accept('a');
      await accept('b', 'retrieve', 'other');
      library.away = true;
      const places = placesOf([library, other]);
      await places.round();
      assert.deepEqual(other.asked, ['b']);
      const placed = () => store.works.countDocuments({ 'place.medium': 'A' });
      assert.equal(await placed(), 0);
      library.away = false;
      await places.round();
      assert.equal(await placed(), 0, 'not at once');
      clock.advance(minute + 1);
      await places.round();
      assert.equal(await placed(), 10);
    });

    it('not where a storage has no media', async () => {
      await accept('a');
      const disk = new MemoryShare() as MemoryLibrary;
      assert.equal(await placesOf([disk]).round(), false);
      assert.equal((await store.works.findOne({}))?.placedAt, undefined);
    });
  });

  it('mounts a fraction of the tapes, and answers sooner, than in the order in which they came', async () => {
    const story = { seed: 7, requests: 300, within: 1, cartridges: 20, drives: 2, datablocks: 250 };
    const whole = { ...story, datablock: 5e9, window: 300 };
    const [asCame, inOrder] = [await simulateRecalls(whole, false), await simulateRecalls(whole, true)];
    assert.ok(inOrder.mounts * 3 < asCame.mounts, `${inOrder.mounts} against ${asCame.mounts} mounts`);
    assert.ok(inOrder.driveHours * 2 < asCame.driveHours);
    assert.ok(inOrder.wait.mean * 2 < asCame.wait.mean);
    assert.ok(inOrder.wait.most < asCame.wait.most);
    assert.ok(inOrder.shared >= asCame.shared, 'a datablock that is asked for twice is read once');
  });
});
