import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { cancelWorkV1 } from '#contracts';
import { newId } from '#kernel';
import { eventRow, type OutboxRow } from '#outbox';
import type { OutsideOrder, OutsideOrders } from '../aggregates/outside-orders.js';
import type { WorkOrder } from '../aggregates/records.js';
import type { OutsideWork } from '../domain/outside-work.js';
import type { Assembler } from './assembler.js';
import { archived, messagesOf, orderOf } from './samples.js';

const now = new Date('2026-02-01T00:00:00Z');
const later = new Date('2026-02-01T00:01:00Z');
const fault = { code: 'c', message: 'm', fault: 'system' as const };

/** What orders to workers of outside targets must do, wherever they are kept. */
export function outsideOrdersConformance(name: string, open: () => Promise<Assembler>): void {
  describe(`${name} as orders to workers`, () => {
    let assembler: Assembler;
    let outside: OutsideOrders;
    let job: string;
    beforeEach(async () => {
      assembler = await open();
      outside = assembler.outside;
      job = newId();
      await assembler.store.orders.deleteMany({});
    });
    const id = (place: string): string => `${job}/${place}`;
    const message = (): OutboxRow => eventRow(cancelWorkV1, { workOrderId: 'w', jobId: job }, now);
    const orderAt = (
      place: string,
      work: Partial<OutsideWork> = {},
      state: WorkOrder['state'] = 'released',
    ) =>
      ({
        ...orderOf(id(place), { kind: 'store', state, target: 'write:r@tape', bytes: 0 }),
        outside: {
          ...{ target: 'tape', packedSize: 5, sha256: 's', phase: 'ordered', attempt: 1, faults: 0 },
          ...work,
        },
      }) as OutsideOrder;
    const put = (place: string, work: Partial<OutsideWork> = {}, state: WorkOrder['state'] = 'released') =>
      assembler.store.orders.insertOne(orderAt(place, work, state));
    const at = async (place: string): Promise<OutsideOrder> => (await outside.find(id(place)))!;
    const all = async <Row>(rows: AsyncIterable<Row>): Promise<Row[]> => {
      const found: Row[] = [];
      for await (const row of rows) found.push(row);
      return found;
    };

    it('are planned once, whatever became of them', async () => {
      await outside.plan(orderAt('0/0/tape', {}, 'planned'));
      await assembler.store.orders.updateOne({ _id: id('0/0/tape') }, { $set: { state: 'failed' } });
      await outside.plan(orderAt('0/0/tape', {}, 'planned'));
      assert.equal((await at('0/0/tape')).state, 'failed');
    });

    it('follow what is done and has outside targets, until that is noted', async () => {
      const targets = { outsideTargets: ['tape'], result: archived };
      await assembler.store.orders.insertMany([
        orderOf(id('0/0'), { state: 'done', ...targets }),
        orderOf(id('0/1'), { state: 'released', ...targets }),
        orderOf(id('0/2'), { state: 'done' }),
      ]);
      const found = async () => (await all(outside.toFollow(id('0')))).map(({ _id }) => _id);
      assert.deepEqual(await found(), [id('0/0')]);
      await outside.noteFollowed(id('0/0'));
      assert.deepEqual(await found(), []);
    });

    it('go on as they were seen, with the messages about it, and not when another writer was faster', async () => {
      await put('0/0/tape', { dueAt: now });
      const seen = await at('0/0/tape');
      const next = { phase: 'staging' as const, attempt: 2, faults: 1 };
      assert.equal(await outside.step(seen._id, seen.outside, next, [message()]), true);
      assert.equal(await outside.step(seen._id, seen.outside, next, [message()]), false);
      const { outside: work, ...order } = await at('0/0/tape');
      assert.deepEqual([work.phase, work.attempt, work.faults, work.dueAt], ['staging', 2, 1, undefined]);
      assert.deepEqual(messagesOf(order as WorkOrder), ['archival.cancel-work.v1']);
      await assert.rejects(
        async () =>
          outside.step(seen._id, { phase: 'staging', attempt: 2 }, { phase: 'clearing', attempt: 2 }, []),
        /no step from staging to clearing/,
      );
    });

    it('end well whatever their attempt, once, and not when what is meant was removed meanwhile', async () => {
      await put('0/0/tape', { dueAt: now });
      const seen = await at('0/0/tape');
      const cleared = { phase: 'clearing' as const, attempt: 2, cleared: 2 };
      await outside.step(seen._id, seen.outside, cleared, []);
      assert.equal(await outside.endWell(seen, now), false);
      assert.equal(await outside.endWell(await at('0/0/tape'), now), true);
      assert.equal(await outside.endWell(await at('0/0/tape'), now), false);
      const { state, share, endedAt, outside: work } = await at('0/0/tape');
      assert.deepEqual([state, share, endedAt, work.dueAt], ['done', 1, now, undefined]);
    });

    it('fail only as they were seen', async () => {
      await put('0/0/tape');
      const seen = await at('0/0/tape');
      await outside.step(seen._id, seen.outside, { phase: 'staging', attempt: 2 }, []);
      assert.equal(await outside.endSeen(seen._id, seen.outside, { state: 'failed', fault }, now), false);
      const again = await at('0/0/tape');
      assert.equal(await outside.endSeen(again._id, again.outside, { state: 'failed', fault }, now), true);
      assert.deepEqual((await at('0/0/tape')).fault, fault);
    });

    it('are due when nothing was heard of what is ordered; a sign of life puts that off', async () => {
      await put('0/0/tape', { dueAt: now });
      await put('0/1/tape', { dueAt: now }, 'done');
      await put('0/2/tape', { phase: 'staging' });
      const due = async (moment: Date) => (await outside.due(moment, 9)).map(({ _id }) => _id);
      assert.deepEqual(await due(now), [id('0/0/tape')]);
      await outside.heard(id('0/0/tape'), { heardAt: now, dueAt: later, share: 0.5, reason: 'no drive' });
      await outside.heard(id('0/2/tape'), { heardAt: now, dueAt: later, share: 0.5 });
      assert.deepEqual([await due(now), await due(later)], [[], [id('0/0/tape')]]);
      const { share, heardAt, waits } = await at('0/0/tape');
      assert.deepEqual([share, heardAt, waits], [0.5, now, 'no drive']);
      await outside.heard(id('0/0/tape'), { heardAt: now, dueAt: later, share: 0.4 });
      const { share: most, waits: no } = await at('0/0/tape');
      assert.deepEqual([most, no], [0.5, undefined]);
    });

    it('are not due where a target is closed, but for what is being cancelled there', async () => {
      await put('0/0/tape', { dueAt: now });
      await put('0/1/tape', { dueAt: now, phase: 'cancelling' });
      await put('0/2/vault', { dueAt: now, target: 'vault' });
      const due = async (...closed: string[]) =>
        (await outside.due(now, 9, closed)).map(({ _id }) => _id).sort();
      assert.deepEqual(await due(), [id('0/0/tape'), id('0/1/tape'), id('0/2/vault')]);
      assert.deepEqual(await due('tape'), [id('0/1/tape'), id('0/2/vault')]);
      assert.deepEqual(await due('tape', 'vault'), [id('0/1/tape')]);
    });

    it('of a job are found for its cancellation, apart from those of the archiver', async () => {
      await put('0/0/tape');
      await assembler.store.orders.insertOne(orderOf(id('0/0'), { state: 'released' }));
      assert.deepEqual(
        (await all(outside.released(job))).map(({ _id }) => _id),
        [id('0/0/tape')],
      );
      assert.deepEqual(
        (await all(assembler.orders.released(job))).map(({ _id }) => _id),
        [id('0/0')],
      );
      assert.equal(await assembler.orders.end(id('0/0/tape'), { state: 'done' }, now), undefined);
    });

    it('to remove copies are remembered with the discard, asked for once, and sent until they are answered', async () => {
      const copies = ['tape', 'vault'].map((target) => ({ target, packedSize: 5, sha256: 's' }));
      await assembler.store.orders.insertOne(orderOf(id('0/0'), { state: 'done' }));
      const order = (await assembler.store.orders.findOne({ _id: id('0/0') }))!;
      assert.equal(await assembler.orders.discard(order, message(), now, copies), true);
      assert.equal(await assembler.orders.isNeeded(job), true);
      assert.equal(await outside.askForRemoval(order._id, message()), true);
      assert.equal(await outside.askForRemoval(order._id, message()), false);
      assert.deepEqual(await outside.removalsDue(later, 9), []);
      await outside.removed(order._id, 'tape');
      await outside.removalRefused(order._id, 'tape', fault);
      assert.deepEqual((await outside.removing(order._id))?.removing, copies, 'nobody was asked by then');
      const seen = (await outside.removing(order._id))!;
      assert.equal(await outside.orderRemoval(seen, 1, now, [message()]), true);
      assert.equal(await outside.orderRemoval(seen, 1, now, [message()]), false);
      assert.equal((await outside.removalsDue(now, 9)).length, 1);
      await outside.removed(order._id, 'disk');
      assert.equal(await outside.removalAt(order._id, 'disk'), undefined);
      assert.equal((await outside.removalAt(order._id, 'tape'))?._id, order._id);
      await outside.removed(order._id, 'tape');
      assert.equal((await outside.removalAt(order._id, 'tape'))?._id, order._id, 'the second time');
      assert.deepEqual((await outside.removing(order._id))?.removing, [copies[1]]);
      await outside.removalRefused(order._id, 'vault', fault);
      await outside.removalRefused(order._id, 'tape', { ...fault, code: 'late' });
      assert.equal(await outside.removing(order._id), undefined);
      assert.deepEqual((await assembler.store.orders.findOne({ _id: order._id }))?.removalFault, fault);
      assert.deepEqual(await outside.removalsDue(later, 9), []);
    });

    it('to remove copies are dropped when the datablock stays', async () => {
      const removing = [{ target: 'tape', packedSize: 5, sha256: 's' }];
      await assembler.store.orders.insertMany([
        orderOf(id('0/0'), { state: 'done', removing }),
        orderOf(id('0/1'), { state: 'done', removing }),
      ]);
      await outside.keepCopies(id('0/0'));
      await assembler.orders.noteFault(id('0/1'), 'discard', fault);
      assert.deepEqual(
        [await outside.removing(id('0/0')), await outside.removing(id('0/1'))],
        [undefined, undefined],
      );
    });
  });
}
