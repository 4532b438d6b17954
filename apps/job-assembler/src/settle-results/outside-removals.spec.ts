import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import type { WorkOrder } from '../aggregates/records.js';
import { memoryAssembler, type Assembler } from '../testing/assembler.js';
import { configOf } from '../testing/assembler-config.js';
import { outsideWorkingOn } from '../testing/outside-working.js';
import { routesOf, targetOf } from '../testing/release-rules.js';
import { archived, jobOf, messagesOf, orderOf, taskOf } from '../testing/samples.js';
import type { OutsideResending } from './outside-resending.js';
import type { OutsideStaging } from './outside-staging.js';
import { PlacedDatablocks } from './placed-datablocks.js';
import type { WorkerReportsConsumer } from './worker-reports.consumer.js';

const right = { packedSize: 12, sha256: 'x' };
const routes = routesOf(targetOf('disk'), targetOf('tape', { kind: 'outside' }));

describe('A copy at a target that others operate, and that nobody needs any more,', () => {
  const clock = new ManualClock();
  let assembler: Assembler;
  let consumer: WorkerReportsConsumer;
  let staging: OutsideStaging;
  let resending: OutsideResending;
  const orderId = 'j/0/0/tape';
  const answer = (attempt: number, more: object = {}) =>
    ({ data: { orderId, target: 'tape', attempt, ...more } }) as never;
  const copy = async () => (await assembler.places.outside('j/0/0.tar', 'p'))['tape'];
  const removalIn = { removing: [{ target: 'tape', ...right }] };
  const order = async () => (await assembler.store.orders.findOne({ _id: 'j/0/0' })) as WorkOrder;
  beforeEach(async () => {
    assembler = memoryAssembler(clock);
    ({ consumer, staging, resending } = outsideWorkingOn(assembler, clock, configOf({ routes })));
    await assembler.store.jobs.insertOne(jobOf('j', { state: 'running' }));
    await assembler.store.tasks.insertOne(taskOf('j/0', { pid: 'p' }));
    const done = { state: 'done', pid: 'p', result: archived, outsideTargets: ['tape'] } as const;
    await assembler.store.orders.insertOne(orderOf('j/0/0', done));
    await assembler.store.orders.updateOne(
      { _id: 'j/0/0' },
      { $set: { ...removalIn, discardedAt: clock.now() } },
    );
    await assembler.places.keep('j/0/0.tar', 'p', ['disk']);
    await assembler.places.keepOutside('j/0/0.tar', 'p', 'tape', right);
    await new PlacedDatablocks(assembler.orders, assembler.places).discarded('j/0/0.tar');
  });
  const inUse = (code = 'archiver.datablock-in-use') =>
    staging.failed('j/0/0/removal', { code, message: 'm', fault: 'system' });
  const removed = { data: { orderId: `${orderId}/remove`, target: 'tape', attempt: 1 } } as never;

  it('is removed when the archiver says that nothing of ours is kept, and asked for until its worker answers', async () => {
    await staging.discarded('j/0/0');
    await staging.discarded('j/0/0');
    assert.deepEqual(messagesOf(await order()), ['archival.confirm-discard.v1']);
    await staging.discardConfirmed('j/0/0/removal');
    await staging.discardConfirmed('j/0/0/removal');
    clock.advance(60_000);
    await resending.look();
    assert.deepEqual(messagesOf(await order()).slice(1), [
      'archival.remove-copy.v1',
      'archival.remove-copy.v1',
    ]);
    assert.deepEqual(await copy(), right, 'it is known as long as it is there');
    await consumer.removed(removed);
    await consumer.removed(removed);
    assert.deepEqual([(await order()).removing, await copy()], [undefined, undefined]);
  });

  it('is asked for no more once its worker says that it will not remove it: that is noted', async () => {
    await staging.discarded('j/0/0');
    await staging.discardConfirmed('j/0/0/removal');
    const no = {
      orderId: `${orderId}/remove`,
      code: 'worker.other',
      message: 'another one',
      fault: 'system',
    };
    await consumer.failed(answer(1, { ...no, again: true }));
    assert.deepEqual((await order()).removing, removalIn.removing);
    await consumer.failed(answer(1, no));
    await consumer.failed(answer(1, no));
    const { removing, removalFault } = await order();
    assert.deepEqual([removing, removalFault?.message], [undefined, 'tape says: another one']);
    clock.advance(86_400_000);
    await resending.look();
    assert.equal(messagesOf(await order()).filter((type) => type === 'archival.remove-copy.v1').length, 1);
  });

  it('is not asked for again while its target is paused', async () => {
    await staging.discarded('j/0/0');
    await staging.discardConfirmed('j/0/0/removal');
    const pause = { id: 'a', scope: 'target:tape', by: 'me', reason: 'move', since: clock.now() } as const;
    await assembler.steering.pause(pause, clock.now());
    const asked = async () => [(await order()).removal?.attempt, messagesOf(await order()).length];
    const before = await asked();
    clock.advance(60_000);
    await resending.look();
    assert.deepEqual(await asked(), before);
    await assembler.steering.resume('a', { by: 'me' }, clock.now());
    clock.advance(60_000);
    await resending.look();
    assert.deepEqual(await asked(), [2, 3]);
  });

  it('is asked for at least twice a day, so that there always is a command while its worker is away', async () => {
    await staging.discarded('j/0/0');
    await staging.discardConfirmed('j/0/0/removal');
    await assembler.store.orders.updateOne({ _id: 'j/0/0' }, { $set: { 'removal.attempt': 5000 } });
    clock.advance(60_000);
    await resending.look();
    const next = (await order()).removal?.dueAt?.getTime() ?? 0;
    assert.equal(next - clock.now().getTime(), 12 * 3_600_000);
  });

  it('stays when the datablock is in use after all', async () => {
    await staging.discarded('j/0/0');
    assert.equal(await assembler.orders.isAskedToGo('j/0/0.tar'), true);
    await inUse();
    await inUse();
    await staging.discardConfirmed('j/0/0/removal');
    assert.deepEqual(messagesOf(await order()), ['archival.confirm-discard.v1']);
    assert.deepEqual([(await order()).removing, await copy()], [undefined, right]);
    assert.equal(await assembler.orders.isAskedToGo('j/0/0.tar'), false);
  });

  for (const state of [undefined, 'failed', 'done'] as const)
    it(`and was forgotten by an earlier version, is known again when the datablock is in use after all: ${state ?? 'never planned'}`, async () => {
      await staging.discarded('j/0/0');
      await assembler.store.places.deleteMany({});
      const outside = { target: 'tape', ...right, phase: 'ordered', attempt: 1, faults: 0 } as const;
      if (state !== undefined)
        await assembler.store.orders.insertOne(orderOf(orderId, { kind: 'store', state, outside }));
      await inUse();
      const unproven = state === 'done' ? {} : { damagedAt: clock.now() };
      assert.deepEqual(await copy(), { ...right, ...unproven });
    });

  it('has still to go when the archiver cannot say whether it may: that is noted, for people', async () => {
    await staging.discarded('j/0/0');
    await inUse('archiver.datablock-foreign');
    const { removing, removalFault } = await order();
    assert.deepEqual([removing, removalFault?.code], [removalIn.removing, 'archiver.datablock-foreign']);
    assert.deepEqual(await copy(), right);
    await assembler.store.orders.updateMany({}, { $set: { outbox: { rows: [] } } });
    assert.equal(await assembler.orders.isNeeded('j'), false, 'its job can be forgotten');
  });
});
