import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import { createLogger } from '#observability';
import type { WorkOrder } from '../aggregates/records.js';
import { memoryAssembler, type Assembler } from '../testing/assembler.js';
import { configOf } from '../testing/assembler-config.js';
import { meanwhileOn } from '../testing/meanwhile.js';
import { routesOf, targetOf } from '../testing/release-rules.js';
import { messagesOf, orderOf } from '../testing/samples.js';
import { dispatcherOn } from '../testing/dispatching.js';
import type { Dispatcher } from './dispatcher.js';

describe('The dispatcher', () => {
  const logger = createLogger('dispatcher.spec', 'silent');
  const clock = new ManualClock();
  let assembler: Assembler;
  beforeEach(() => (assembler = memoryAssembler(clock)));

  const dispatcher = (limits = { global: 2, perGroup: 2, perTarget: 2 }): Dispatcher =>
    dispatcherOn(assembler, clock, configOf({ limits }), logger);
  const released = async (): Promise<WorkOrder[]> =>
    assembler.store.orders.find({ state: 'released' }).sort({ _id: 1 }).toArray();
  const idsOf = (orders: readonly WorkOrder[]): string[] => orders.map(({ _id }) => _id);

  it('releases the oldest work, as much as there is room for, and goes on when something ends', async () => {
    await assembler.store.orders.insertMany(
      [3, 1, 2].map((age) => orderOf(`j/0/${age}`, { createdAt: new Date(age) })),
    );
    await dispatcher().round();
    assert.deepEqual(idsOf(await released()), ['j/0/1', 'j/0/2']);
    await dispatcher().round();
    assert.equal((await released()).length, 2, 'the limits are full');
    await assembler.orders.end('j/0/1', { state: 'done' }, clock.now());
    clock.advance(60_000);
    await dispatcher().round();
    assert.deepEqual(idsOf(await released()), ['j/0/2', 'j/0/3']);
  });

  for (const [when, isLost] of [
    ['a process that died has sent, and that arrives when another counts', true],
    ['this process has sent, whose answer was lost, and that arrives when it counts again', false],
  ] as const)
    it(`lets no release come on top of the limits that ${when}`, async () => {
      await assembler.store.orders.insertMany([
        orderOf('j/0/0', { createdAt: new Date(clock.now().getTime() - 2) }),
        orderOf('j/0/1', { createdAt: new Date(clock.now().getTime() - 1) }),
      ]);
      const { orders } = assembler;
      let [arrive, sent]: (() => unknown)[] = [];
      const isSent = new Promise<void>((resolve) => (sent = resolve));
      const lossy = Object.assign(Object.create(orders) as typeof orders, {
        release: (id: string, how: Parameters<typeof orders.release>[1]) => {
          arrive = () => orders.release(id, how);
          sent!();
          delete (lossy as { release?: unknown }).release;
          return isLost
            ? new Promise<boolean>(() => undefined)
            : Promise.reject(new Error('the answer was lost'));
        },
      });
      const limits = { global: 1, perGroup: 1, perTarget: 1 };
      const first = dispatcherOn({ ...assembler, orders: lossy }, clock, configOf({ limits }), logger);
      const round = first.round().catch(() => undefined);
      await isSent;
      if (!isLost) await round;
      // Meanwhile the other order has become more urgent.
      await assembler.store.orders.updateOne({ _id: 'j/0/1' }, { $set: { priority: 0 } });
      if (isLost) clock.advance(60_000);
      await (isLost ? dispatcher(limits) : first).round();
      assert.deepEqual(idsOf(await released()), ['j/0/1']);
      await arrive!();
      assert.deepEqual(idsOf(await released()), ['j/0/1']);
    });

  it('sends each kind of work its command, with what the archiver needs for it', async () => {
    const source = { kind: 'landing-zone', location: 'l', bucket: 'z' } as const;
    const files = { bucket: 'control', key: 'k', size: 1, sha256: 'x' };
    await assembler.store.orders.insertMany([
      orderOf('j/0/0', { source, files, fileCount: 3 }),
      orderOf('j/1/0', { kind: 'retrieve', target: 'lts-read' }),
      orderOf('j/2/0', { kind: 'verify', target: 'lts-read' }),
      orderOf('j/3/0', { kind: 'repair', repairAt: 'b', targets: ['a', 'b'] }),
      orderOf('j/4/0', { kind: 'migrate', moveFrom: 'a', moveTo: 'b', targets: ['a', 'b'] }),
    ]);
    await dispatcher({ global: 9, perGroup: 9, perTarget: 9 }).round();
    const orders = await released();
    assert.deepEqual(orders.map(messagesOf), [
      ['archival.archive-datablock.v1'],
      ['archival.retrieve-datablock.v1'],
      ['archival.verify-datablock.v1'],
      ['archival.repair-datablock.v1'],
      ['archival.move-copy.v1'],
    ]);
    const said = (place: number) => orders[place]?.outbox.rows[0]?.envelope?.data;
    const named = (place: number) => ({
      ...{ workOrderId: `j/${place}/0`, jobId: 'j', pid: `pid-j/${place}`, archiveId: `j/${place}/0.tar` },
    });
    const room = { group: 'g', together: 50 };
    assert.deepEqual(
      said(1),
      { ...named(1), ...room },
      'whose quota it counts in, and what its job comes to',
    );
    assert.deepEqual(said(3), { ...named(3), targets: ['a', 'b'], only: 'b' });
    assert.deepEqual(said(4), { ...named(4), from: 'a', to: 'b' });
    const data = orders[0]?.outbox.rows[0]?.envelope?.data;
    assert.deepEqual(data, {
      ...{ workOrderId: 'j/0/0', jobId: 'j', pid: 'pid-j/0', archiveId: 'j/0/0.tar' },
      ...{ source, files, fileCount: 3, bytes: 10, copies: 2 },
    });
  });

  it('ends its round at a pause that is confirmed while it releases: of what was decided nothing more begins', async () => {
    const olga = { by: 'olga', reason: 'drive 3 is out', since: clock.now() };
    const pausing = () => assembler.steering.pause({ id: '1', scope: 'all', ...olga }, clock.now());
    await assembler.store.orders.insertMany([orderOf('j/0/0'), orderOf('j/0/1')]);
    // It reads the rules, then looks again before each release: the pause comes before the second one.
    const settings = meanwhileOn(assembler.store.settings, 'findOne', pausing, 3);
    const racing = dispatcherOn(assembler.with({ settings }), clock, configOf(), logger);
    assert.equal(await racing.round(), true, 'it looks again at once');
    assert.deepEqual(idsOf(await released()), ['j/0/0']);
    assert.equal(await racing.round(), false);
    assert.deepEqual(idsOf(await released()), ['j/0/0']);
  });

  it('takes work of a kind that it does not know for no other kind: it stays, and what is beside it goes on', async () => {
    const kind = 'engrave' as WorkOrder['kind'];
    await assembler.store.orders.insertMany([orderOf('j/0/0', { kind }), orderOf('j/0/1')]);
    await dispatcher().round();
    const state = async (id: string) => (await assembler.store.orders.findOne({ _id: id }))?.state;
    assert.deepEqual([await state('j/0/0'), await state('j/0/1')], ['planned', 'released']);
  });

  it('holds no lease while there is nothing to release, and counts anew when there is: another one may have released', async () => {
    const limits = { global: 1, perGroup: 1, perTarget: 1 };
    const [one, other] = [dispatcher(limits), dispatcher(limits)];
    await assembler.store.orders.insertOne(orderOf('j/0/0'));
    await one.round();
    clock.advance(60_000);
    await one.round();
    await other.round();
    assert.equal(await assembler.leases.hold('dispatcher', 'another', 1), true);
    clock.advance(2);
    await assembler.orders.end('j/0/0', { state: 'done' }, clock.now());
    await assembler.store.orders.insertMany([orderOf('j/0/1'), orderOf('j/0/2')]);
    await other.round();
    clock.advance(60_000);
    await one.round();
    assert.equal((await released()).length, 1, 'the limit is full');
    await assembler.orders.end((await released())[0]!._id, { state: 'done' }, clock.now());
    await one.round();
    assert.equal((await released()).length, 1);
  });

  it('leaves it to another process that holds the lease', async () => {
    await assembler.store.orders.insertOne(orderOf('j/0/0'));
    await assembler.leases.hold('dispatcher', 'another', 60_000);
    await dispatcher().round();
    assert.deepEqual(await released(), []);
  });

  it('reads at the first target that is open and has room: that one stands first in the command, and is kept', async () => {
    const routes = routesOf(targetOf('tape', { limits: { write: 1, read: 1 } }), targetOf('disk'));
    const reading = { kind: 'retrieve', target: 'read:r@tape|disk', targets: ['tape', 'disk'] } as const;
    await assembler.store.orders.insertMany([
      orderOf('j/0/0', { ...reading, createdAt: new Date(1) }),
      orderOf('j/0/1', { ...reading, createdAt: new Date(2) }),
    ]);
    await dispatcherOn(assembler, clock, configOf({ routes }), logger).round();
    const orders = await released();
    assert.deepEqual(
      orders.map(({ readAt, outbox }) => [
        readAt,
        (outbox.rows[0]?.envelope?.data as { targets?: string[] } | undefined)?.targets,
      ]),
      [
        ['tape', ['tape', 'disk']],
        ['disk', ['disk', 'tape']],
      ],
    );
    assert.deepEqual(
      orders.map(({ targets }) => targets),
      [reading.targets, reading.targets],
      'the order of preference stays',
    );
  });

  it('keeps a slot for work that waits for two targets, though neither has room for it now', async () => {
    const one = { limits: { write: 1, read: 1 } };
    const routes = routesOf(targetOf('tape', one), targetOf('disk', one));
    await assembler.store.orders.insertMany([
      orderOf('j/0/0', { target: 'write:r@tape', state: 'released' }),
      orderOf('j/0/1', { target: 'write:both@tape+disk', createdAt: new Date(1) }),
      orderOf('j/0/2', { target: 'write:r@disk', createdAt: clock.now() }),
    ]);
    await dispatcherOn(assembler, clock, configOf({ routes }), logger).round();
    assert.deepEqual(idsOf(await released()), ['j/0/0']);
    await assembler.orders.end('j/0/0', { state: 'done' }, clock.now());
    clock.advance(60_000);
    await dispatcherOn(assembler, clock, configOf({ routes }), logger).round();
    assert.deepEqual(idsOf(await released()), ['j/0/1']);
  });

  it('counts the chosen target after a restart', async () => {
    const routes = routesOf(targetOf('tape', { limits: { write: 1, read: 1 } }));
    await assembler.store.orders.insertMany([
      orderOf('j/0/0', { target: 'read:r@gone|tape', state: 'released', readAt: 'tape' }),
      orderOf('j/0/1', { target: 'read:r@gone|tape' }),
      orderOf('j/0/2', { target: 'write:r@tape' }),
      orderOf('j/0/3', { target: 'write:r@gone' }),
    ]);
    await dispatcherOn(assembler, clock, configOf({ routes }), logger).round();
    assert.deepEqual(idsOf(await released()), ['j/0/0', 'j/0/2'], 'and work for a target that is gone waits');
  });
});
