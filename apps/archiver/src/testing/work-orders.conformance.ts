import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { workCancelledV1, workFailedV1 } from '#contracts';
import { newId } from '#kernel';
import type { WorkFault } from '../domain/work-fault.js';
import { ownInstance } from '../domain/worker-instance.js';
import { eventRow, type OutboxRelay, type OutboxRow } from '#outbox';
import type { WorkNeeds } from '../domain/work-needs.js';
import { endStates, workSteps } from '../domain/states.js';
import { WorkOrders } from '../persistence/work-orders.js';
import type { OpenStore } from './real-archiver-store.js';

const start = new Date('2026-01-01T00:00:00Z');
const at = (milliseconds: number): Date => new Date(start.getTime() + milliseconds);
const rowOf = (workOrderId: string): OutboxRow =>
  eventRow(workCancelledV1, { workOrderId, jobId: 'j' }, start);

const over = { at: at(9) };
const faultOf = (message: string): WorkFault => ({ code: 'x', message, at: start, fault: 'system' });

/** What holds for the work orders of archivers, in memory and in a database. */
export function workOrdersConformance(name: string, open: () => Promise<OpenStore>): void {
  describe(`Work orders in ${name}`, () => {
    let opened: OpenStore;
    let orders: WorkOrders;
    let woken: number;

    before(async () => {
      opened = await open();
    });
    after(() => opened.close());
    beforeEach(async () => {
      await opened.store.works.deleteMany({});
      woken = 0;
      orders = new WorkOrders(opened.store, { wake: () => (woken += 1) } as unknown as OutboxRelay);
    });

    const accept = async (
      dueAt: Date,
      more: { fault?: WorkFault; archiveId?: string; needs?: WorkNeeds } = {},
    ): Promise<string> => {
      const { archiveId = 'a', ...fields } = more;
      const workOrderId = newId();
      const data = { workOrderId, jobId: 'j', pid: 'p', archiveId };
      await orders.accept({
        ...{ command: { kind: 'verify', data }, acceptedAt: start, dueAt, context: undefined },
        ...fields,
      });
      return workOrderId;
    };
    const stored = async (_id: string) => (await opened.store.works.findOne({ _id }))!;

    it('are accepted once: a repetition changes nothing of one that is on its way', async () => {
      const id = await accept(at(0));
      const taken = await orders.takeDue(at(1), at(100));
      await orders.accept({
        ...{ command: taken!.command, acceptedAt: at(50), dueAt: at(50), context: undefined },
      });
      const { epoch, dueAt, acceptedAt } = await stored(id);
      assert.deepEqual([epoch, dueAt, acceptedAt], [1, at(100), start]);
    });

    it('are taken by archivers that have their targets, and by no other', async () => {
      const both = await accept(at(1), { needs: { of: 'all', targets: ['a', 'b'] } });
      const either = await accept(at(2), { needs: { of: 'any', targets: ['a', 'c'] } });
      const anybodys = await accept(at(3));
      const take = async (served?: readonly string[]) => (await orders.takeDue(at(10), at(100), served))?._id;
      assert.equal(await take([]), anybodys);
      assert.equal(await take(['b']), undefined);
      assert.equal(await take(['c', 'b']), either);
      assert.equal(await take(['a']), undefined);
      assert.equal(await take(['c', 'b', 'a']), both);
    });

    it('to move, mend or verify, though begun, end at any archiver when they are cancelled: a record says what they left', async () => {
      const needs = { of: 'all', targets: ['gone', 'here'] } as const;
      for (const kind of ['move', 'repair', 'verify'] as const) {
        const id = await accept(at(1), { needs });
        const begun = { epoch: 3, 'command.kind': kind };
        await opened.store.works.updateOne({ _id: id }, { $set: begun });
        assert.equal(await orders.takeDue(at(10), at(100), ['here']), undefined);
        await orders.requestCancel(id);
        assert.equal((await orders.takeDue(at(10), at(100), ['here']))?._id, id);
        // While one has it, no other takes it.
        assert.equal(await orders.takeDue(at(10), at(100), ['gone', 'here']), undefined);
      }
    });

    it('to read are left to archivers that have the chosen target for a while, then to whoever has another copy', async () => {
      const needs = { of: 'any', targets: ['disk', 'tape'], first: 'tape', firstUntil: at(60) } as const;
      const [one, other] = [await accept(at(1), { needs }), await accept(at(2), { needs })];
      const take = async (now: number, served: string[]) =>
        (await orders.takeDue(at(now), at(now + 100), served))?._id;
      assert.equal(await take(10, ['disk']), undefined);
      assert.equal(await take(10, ['tape']), one);
      assert.equal(await take(59, ['disk']), undefined, 'the one that has it may be busy');
      assert.equal(await take(60, ['elsewhere']), undefined);
      assert.equal(await take(60, ['disk']), other);
    });

    it('for targets that nobody has wait, and end when they are cancelled unless an archiver had begun', async () => {
      const needs = { of: 'all', targets: ['gone'] } as const;
      const [unbegun, begun] = [await accept(at(1), { needs }), await accept(at(2), { needs })];
      const served = ['here'];
      await orders.takeDue(at(2), at(3));
      await orders.giveBack(await stored(unbegun), { dueAt: at(4), attempts: 0, fault: faultOf('waits') });
      await opened.store.works.updateOne({ _id: unbegun }, { $set: { epoch: 0 } });
      await orders.takeDue(at(3), at(4));
      await opened.store.works.updateOne({ _id: begun }, { $set: { 'command.kind': 'archive' } });
      assert.equal(await orders.takeDue(at(10), at(100), served), undefined);
      for (const id of [unbegun, begun]) await orders.requestCancel(id);
      assert.equal((await orders.takeDue(at(10), at(100), served))?._id, unbegun);
      assert.equal(
        await orders.takeDue(at(10), at(100), served),
        undefined,
        'it may have left something there',
      );
      assert.equal((await orders.takeDue(at(10), at(100), ['gone']))?._id, begun);
    });

    it('say what their archival needed', async () => {
      const needs = { of: 'all', targets: ['a', 'b'] } as const;
      const data = { workOrderId: newId(), jobId: 'j', pid: 'p', archiveId: 'x' };
      await orders.accept({
        ...{ command: { kind: 'archive', data: data as never }, needs, acceptedAt: start, dueAt: start },
        context: undefined,
      });
      assert.deepEqual(
        [await orders.needsOfArchival('x'), await orders.needsOfArchival('y')],
        [needs, undefined],
      );
    });

    it('that were given back by a clock that was ahead wait no longer than they were told to', async () => {
      const [ahead, right] = [await accept(at(0)), await accept(at(0))];
      const grace = await accept(at(9000), { fault: faultOf('a grace') });
      const back = { attempts: 0, pause: 50, fault: faultOf('waits') };
      for (const [id, dueAt] of [
        [ahead, at(7050)],
        [right, at(60)],
      ] as const) {
        await orders.takeDue(at(1), at(5));
        await orders.giveBack(await stored(id), { ...back, dueAt });
      }
      await orders.hastenLate(at(10));
      const dueOf = async (id: string) => (await stored(id)).dueAt;
      assert.deepEqual([await dueOf(ahead), await dueOf(right)], [at(10), at(60)]);
      assert.deepEqual(await dueOf(grace), at(9000), 'what was accepted with a grace keeps it');
      const taken = await orders.takeDue(at(20), at(5000));
      await orders.hastenLate(at(30));
      assert.deepEqual(await dueOf(taken!._id), at(5000), 'a lease is no pause');
    });

    it('are taken when they are due, the longest due first, each by one worker', async () => {
      const [second, first, later] = [await accept(at(5)), await accept(at(2)), await accept(at(50))];
      const taken = await Promise.all([1, 2, 3, 4].map(() => orders.takeDue(at(10), at(100))));
      assert.deepEqual(new Set(taken.map((order) => order?._id)), new Set([first, second, undefined]));
      assert.equal((await stored(later)).epoch, 0);
      const [alone] = [await orders.takeDue(at(50), at(200))];
      assert.equal(alone?._id, later);
    });

    it('are taken over with a newer token when the lease is over, and the older one can write nothing any more', async () => {
      const id = await accept(at(0), { fault: faultOf('it waited') });
      const old = (await orders.takeDue(at(1), at(10)))!;
      assert.deepEqual(
        [old.waitCode, old.fault?.message],
        [undefined, 'it waited'],
        'what runs does not wait, and why it did is known',
      );
      assert.deepEqual([old.startedAt, old.worker], [at(1), ownInstance()]);
      assert.equal(await orders.takeDue(at(9), at(20)), undefined);
      const next = (await orders.takeDue(at(10), at(20)))!;
      assert.deepEqual([old.epoch, next.epoch], [1, 2]);
      assert.equal(await orders.renew(old, at(1000)), undefined);
      await orders.giveBack(old, { dueAt: at(0), attempts: 9, fault: faultOf('old') });
      assert.equal(await orders.end(old, 'done', [rowOf(id)], over), false);
      assert.deepEqual(await stored(id), next);
      assert.deepEqual(await orders.renew(next, at(40)), { _id: id, cancelRequested: false });
      assert.deepEqual((await stored(id)).dueAt, at(40));
    });

    for (const end of endStates)
      it(`end as ${end} once, together with their message, and nothing follows`, async () => {
        assert.deepEqual(workSteps[end], []);
        const id = await accept(at(0));
        const order = (await orders.takeDue(at(1), at(10)))!;
        const row = rowOf(id);
        assert.equal(await orders.end(order, end, [row], over), true);
        assert.equal(woken, 1);
        const { state, outbox, endedAt } = await stored(id);
        assert.deepEqual([state, outbox.rows.map((one) => one.id), endedAt], [end, [row.id], over.at]);
        for (const other of endStates) assert.equal(await orders.end(order, other, [rowOf(id)], over), false);
        assert.equal(await orders.renew(order, at(20)), undefined);
        await orders.giveBack(order, { dueAt: at(0), attempts: 1, fault: faultOf('x') });
        assert.equal(await orders.takeDue(at(5000), at(6000)), undefined);
        assert.equal((await stored(id)).outbox.rows.length, 1);
      });

    it('are given back with what they wait for, cut to a length', async () => {
      const id = await accept(at(0));
      const order = (await orders.takeDue(at(1), at(10)))!;
      await orders.giveBack(order, { dueAt: at(30), attempts: 2, fault: faultOf('x'.repeat(5000)) });
      const { attempts, dueAt, fault } = await stored(id);
      assert.deepEqual([attempts, dueAt, fault?.message.length], [2, at(30), 2000]);
      assert.equal(await orders.takeDue(at(29), at(50)), undefined);
      assert.equal((await orders.takeDue(at(30), at(50)))?.epoch, 2);
    });

    it('are given back to archivers that have what is left to be done, by the worker that holds them only', async () => {
      const id = await accept(at(0), { needs: { of: 'any', targets: ['disk', 'tape'] } });
      const old = (await orders.takeDue(at(1), at(2), ['disk']))!;
      const order = (await orders.takeDue(at(3), at(10), ['disk']))!;
      const [left, targets] = [['tape'], ['tape']];
      const back = { dueAt: at(20), attempts: 0, fault: faultOf('away') };
      await orders.giveBack(old, { ...back, left: ['disk'], needs: { of: 'any', targets: ['disk'] } });
      assert.equal((await stored(id)).left, undefined);
      await orders.giveBack(order, { ...back, left, needs: { of: 'any', targets } });
      assert.equal(await orders.takeDue(at(30), at(40), ['disk']), undefined);
      assert.deepEqual((await orders.takeDue(at(30), at(40), ['tape']))?.left, ['tape']);
    });

    it('keep how far their try is with each heartbeat, and begin anew with the next try', async () => {
      const id = await accept(at(0));
      const order = (await orders.takeDue(at(1), at(10)))!;
      await orders.renew(order, at(20), { phase: 'packing', bytesDone: 5, bytesTotal: 9, rate: 2 });
      const far = async () => {
        const { phase, bytesDone, bytesTotal, rate } = await stored(id);
        return [phase, bytesDone, bytesTotal, rate];
      };
      assert.deepEqual(await far(), ['packing', 5, 9, 2]);
      await orders.renew(order, at(20), { phase: 'verifying', bytesDone: 6, bytesTotal: 9 });
      assert.deepEqual(await far(), ['verifying', 6, 9, undefined]);
      await orders.takeDue(at(20), at(30));
      assert.deepEqual(await far(), [undefined, undefined, undefined, undefined]);
      assert.equal(await orders.renew(order, at(99), { phase: 'packing' }), undefined);
      assert.deepEqual(await far(), [undefined, undefined, undefined, undefined], 'the token is an old one');
    });

    it('of before 0.9 wait as well, in words alone', async () => {
      const id = await accept(at(500));
      await opened.store.works.updateOne({ _id: id }, { $set: { lastFault: 'full', attempts: 1 } });
      assert.equal((await orders.totals(at(10))).waiting, 1);
      await orders.requestCancel(id);
      await orders.hastenCancelled(id, at(20));
      const taken = await orders.takeDue(at(20), at(30));
      assert.deepEqual([taken?._id, taken?.lastFault], [id, undefined]);
    });

    it('learn of a cancellation by their renewal; only one that waits becomes due', async () => {
      const [waits, runs] = [await accept(at(500), { fault: faultOf('full') }), await accept(at(0))];
      const order = (await orders.takeDue(at(1), at(100)))!;
      assert.equal(order._id, runs);
      assert.equal(await orders.requestCancel(newId()), false, 'not accepted yet');
      for (const id of [waits, runs]) {
        assert.equal(await orders.requestCancel(id), true);
        await orders.hastenCancelled(id, at(20));
      }
      assert.deepEqual([(await stored(waits)).dueAt, (await stored(runs)).dueAt], [at(20), at(100)]);
      assert.equal((await orders.renew(order, at(100)))?.cancelRequested, true);
    });

    it('are told of while they do not run, and counted', async () => {
      const [waits, due] = [await accept(at(500), { fault: faultOf('full') }), await accept(at(2))];
      await accept(at(1));
      await orders.takeDue(at(1), at(100));
      const told: string[] = [];
      for await (const { _id, fault } of orders.waiting(at(10), 10))
        told.push(`${_id} ${fault?.message ?? ''}`);
      assert.deepEqual(told, [`${due} `, `${waits} full`]);
      assert.deepEqual(await orders.totals(at(10)), { open: 3, waiting: 1, due: 1, oldestDueMs: 8 });
    });

    it('are forgotten when they are over, in two steps, and never when they were touched between look and write', async () => {
      const id = await accept(at(0));
      await orders.end((await orders.takeDue(at(1), at(10)))!, 'done', [rowOf(id)], over);
      const seen = await stored(id);
      assert.equal(await orders.decideToForget(seen), false, 'its message is not accepted yet');
      await opened.store.works.updateOne({ _id: id }, { $set: { outbox: { rows: [] } } });
      await orders.putOff(seen, at(11));
      assert.equal(await orders.decideToForget(seen), false, 'it was touched since it was seen');
      await orders.forget(id);
      assert.equal((await stored(id)).state, 'done', 'nobody has decided');
      assert.equal(await orders.decideToForget(await stored(id)), true);
      await orders.forget(id);
      assert.equal(await stored(id), null);
    });

    it('know the last files that their tries published, whoever has them by then', async () => {
      const id = await accept(at(0));
      assert.deepEqual(await orders.publishedBy(id), []);
      for (let one = 0; one < 25; one += 1) await orders.keepPublished(id, { share: 'tape', mark: `${one}` });
      const kept = await orders.publishedBy(id);
      assert.deepEqual([kept.length, kept[0]?.mark, kept[19]], [20, '5', { share: 'tape', mark: '24' }]);
      await orders.keepPublished('unknown', { share: 'tape', mark: '1' });
      assert.deepEqual(await orders.publishedBy('unknown'), []);
    });

    it('name the datablock that they are about for as long as they are open', async () => {
      const id = await accept(at(0), { archiveId: 'x' });
      assert.deepEqual([await orders.isNamed('x'), await orders.isNamed('y')], [true, false]);
      const data = { workOrderId: id, jobId: 'j', pid: 'p', code: 'archiver.x', message: 'm' };
      const row = eventRow(workFailedV1, { ...data, fault: 'system' }, start);
      await orders.end((await orders.takeDue(at(1), at(10)))!, 'failed', [row], over);
      assert.equal(await orders.isNamed('x'), false);
      const found: string[] = [];
      for await (const order of orders.over(at(11), 10)) found.push(order._id);
      assert.deepEqual(found, [id]);
    });
  });
}
