import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import { createLogger } from '#observability';
import type { OutsideOrder } from '../aggregates/outside-orders.js';
import type { DatablockPlaces } from '../aggregates/datablock-places.js';
import type { WorkOrder } from '../aggregates/records.js';
import type { Dispatcher } from '../release-work/dispatcher.js';
import { JobCancellation } from '../accept-job/job-cancellation.js';
import { memoryAssembler, type Assembler } from '../testing/assembler.js';
import { configOf } from '../testing/assembler-config.js';
import { dispatcherOn } from '../testing/dispatching.js';
import { meanwhileOn } from '../testing/meanwhile.js';
import { routesOf, targetOf } from '../testing/release-rules.js';
import { archived, jobOf, messagesOf, orderOf, taskOf } from '../testing/samples.js';
import { outsideWorkingOn } from '../testing/outside-working.js';
import { settlingOn } from '../testing/settling.js';
import type { JobSettling } from './job-settling.js';
import type { OutsideResending } from './outside-resending.js';
import type { OutsideStaging } from './outside-staging.js';
import { UnregisteredDatablocks } from './unregistered-datablocks.js';
import type { WorkerReportsConsumer } from './worker-reports.consumer.js';

const logger = createLogger('worker-reports.spec', 'silent');
const right = { packedSize: 12, sha256: 'x' };
const wrong = { packedSize: 12, sha256: 'other' };
const events = ['accepted', 'progressed', 'stored', 'verified', 'recalled', 'cancelled', 'failed'] as const;
const routes = routesOf(
  targetOf('disk'),
  targetOf('tape', { kind: 'outside', limits: { write: 1, read: 1 } }),
);

/** Type of the command that was sent last, and which content it names. */
function lastCommand({ outbox }: WorkOrder) {
  const { type, data } = outbox.rows.at(-1)!.envelope!;
  const { packedSize, sha256 } = data as typeof right;
  return { type, packedSize, sha256 };
}

describe('A copy at a target that others operate', () => {
  const clock = new ManualClock();
  const config = configOf({ routes, limits: { global: 1, perGroup: 1, perTarget: 1 } });
  let assembler: Assembler;
  let consumer: WorkerReportsConsumer;
  let staging: OutsideStaging;
  let resending: OutsideResending;
  let releasing: Dispatcher;
  let settle: () => Promise<void>;
  beforeEach(async () => {
    assembler = memoryAssembler(clock);
    const working = outsideWorkingOn(assembler, clock, config);
    ({ consumer, staging, resending } = working);
    releasing = dispatcherOn(assembler, clock, config, logger);
    settle = () => working.settling.settle('j/0');
    await assembler.store.jobs.insertOne(jobOf('j', { state: 'running' }));
    await assembler.store.tasks.insertOne(taskOf('j/0', { planner: 1, pid: 'p' }));
    const inner = { target: 'write:r@disk', targets: ['disk'], outsideTargets: ['tape'], planner: 1 };
    await assembler.store.orders.insertOne(
      orderOf('j/0/0', { state: 'done', pid: 'p', result: archived, ...inner }),
    );
  });

  const orderId = 'j/0/0/tape';
  const at = async (): Promise<OutsideOrder> => (await assembler.outside.find(orderId))!;
  const task = async (): Promise<string | undefined> => (await assembler.tasks.find('j/0'))?.state;
  const answer = (attempt: number, more: object = {}) =>
    ({ data: { orderId, target: 'tape', attempt, ...more } }) as never;
  const release = () => releasing.round();
  const linked = (attempt: number) =>
    staging.retrieved({
      ...{ workOrderId: `${orderId}/link/${attempt}`, jobId: 'j', pid: 'p', archiveId: 'j/0/0.tar' },
      ...{ packedSize: 12, sha256: 'x', url: `u${attempt}`, expiresAt: '2026-01-02T00:00:00Z' },
    });
  const copy = async () => (await assembler.places.outside('j/0/0.tar', 'p'))['tape'];
  /** What the dataset's end discards. */
  async function discarded(): Promise<WorkOrder> {
    const { jobs, tasks, orders, places } = assembler;
    await new UnregisteredDatablocks(jobs, tasks, orders, places, clock).discard('j/0');
    return (await assembler.store.orders.findOne({ _id: 'j/0/0' }))!;
  }
  const phase = async () => {
    const { state, outside } = await at();
    return [state, outside.phase, outside.attempt];
  };
  /** Until the worker has its command. */
  async function ordered(): Promise<void> {
    await settle();
    await release();
    await linked(1);
  }

  it('is ordered when ours is good, by a link of the archiver, and the dataset waits for it', async () => {
    await settle();
    assert.deepEqual(await phase(), ['planned', 'waiting', 0]);
    await release();
    assert.deepEqual(await phase(), ['released', 'staging', 1]);
    await linked(1);
    await linked(1);
    assert.deepEqual([await phase(), await task()], [['released', 'ordered', 1], 'running']);
    const rows = (await at()).outbox.rows;
    assert.deepEqual(messagesOf(await at()), ['archival.retrieve-datablock.v1', 'archival.store-copy.v1']);
    const { archiveId, url, attempt } = rows[1]?.envelope?.data as Record<string, unknown>;
    assert.deepEqual([archiveId, url, attempt, rows[1]?.awaits], ['j/0/0.tar', 'u1', 1, []]);
  });

  it('counts at its target only: neither all, nor its group, nor our storage has less room for it', async () => {
    await ordered();
    await assembler.store.orders.insertOne(orderOf('j/1/0', { target: 'write:r@disk', targets: ['disk'] }));
    await assembler.store.orders.insertOne({ ...(await at()), _id: 'j/1/1/tape', state: 'planned' });
    await release();
    const state = async (_id: string) => (await assembler.store.orders.findOne({ _id }))?.state;
    assert.deepEqual([await state('j/1/0'), await state('j/1/1/tape')], ['released', 'planned']);
  });

  it('ends the dataset when its worker has read back what the archiver recorded, also if it says so twice', async () => {
    await ordered();
    await consumer.stored(answer(1, right));
    await consumer.stored(answer(1, right));
    assert.deepEqual([(await at()).state, await task()], ['done', 'registering']);
    assert.deepEqual(Object.keys(await assembler.places.outside('j/0/0.tar', 'p')), ['tape']);
  });

  it('is kept and told of by the second delivery when a crash came between the end of its order and that', async () => {
    await ordered();
    await assembler.outside.endWell(await at(), clock.now());
    assert.equal(await task(), 'running');
    await consumer.stored(answer(1, right));
    assert.deepEqual(Object.keys(await assembler.places.outside('j/0/0.tar', 'p')), ['tape']);
    assert.equal(await task(), 'registering');
  });

  it('that was found damaged since stays so, though its worker says the old right answer once more', async () => {
    await ordered();
    await consumer.stored(answer(1, right));
    clock.advance(1000);
    await assembler.places.damagedOutside('j/0/0.tar', 'tape', clock.now());
    await consumer.stored(answer(1, right));
    assert.deepEqual(await copy(), { ...right, damagedAt: clock.now() });
  });

  it('that was wrong at first is good when the right one came, also if a crash came after that', async () => {
    await ordered();
    await assembler.places.keepOutside('j/0/0.tar', 'p', 'tape', {
      ...right,
      damagedAt: clock.now(),
      found: wrong,
    });
    clock.advance(1000);
    await assembler.outside.endWell(await at(), clock.now());
    await consumer.stored(answer(1, right));
    assert.deepEqual(await copy(), right);
  });

  for (const kind of ['store', 'verify'] as const)
    it(`that was asked to go leaves no record when its answer comes late, or in between: ${kind}`, async () => {
      await ordered();
      await assembler.store.orders.updateOne({ _id: orderId }, { $set: { kind } });
      const say = () =>
        kind === 'store' ? consumer.stored(answer(1, right)) : consumer.verified(answer(1, right));
      const places = Object.create(assembler.places, {
        keepOutside: {
          value: async (...named: Parameters<DatablockPlaces['keepOutside']>) => {
            await assembler.store.orders.updateOne({ _id: 'j/0/0' }, { $set: { discardedAt: clock.now() } });
            await assembler.places.keepOutside(...named);
          },
        },
      }) as DatablockPlaces;
      ({ consumer } = outsideWorkingOn({ ...assembler, places }, clock, config));
      await say();
      await say();
      assert.deepEqual([(await at()).state, await copy()], ['done', undefined]);
    });

  for (const call of [1, 2])
    it(`is waited for also by who settles the dataset at the same moment, before write ${call}`, async () => {
      const orders = meanwhileOn(assembler.store.orders, 'updateOne', settle, call);
      await settlingOn(assembler.with({ orders }), clock).settling.settle('j/0');
      assert.deepEqual([await task(), await phase()], ['running', ['planned', 'waiting', 0]]);
    });

  it('with a wrong checksum is removed before it is stored anew, and what was said of it before counts for nothing', async () => {
    await ordered();
    await consumer.stored(answer(1, wrong));
    await consumer.stored(answer(1, wrong));
    assert.deepEqual(await phase(), ['released', 'clearing', 2]);
    await consumer.stored(answer(1, right));
    assert.deepEqual(await phase(), ['released', 'clearing', 2]);
    assert.deepEqual(lastCommand(await at()), { type: 'archival.remove-copy.v1', ...wrong });
    await consumer.removed({ data: { orderId: `${orderId}/clear`, target: 'tape', attempt: 2 } } as never);
    await linked(3);
    await consumer.stored(answer(1, right));
    assert.deepEqual([await phase(), await task()], [['released', 'ordered', 3], 'running']);
    await consumer.stored(answer(3, right));
    assert.equal(await task(), 'registering');
  });

  it('is stored anew only when the last request to remove what was no good is answered', async () => {
    await ordered();
    await consumer.stored(answer(1, wrong));
    clock.advance(60_000);
    await resending.look();
    assert.deepEqual(await phase(), ['released', 'clearing', 3]);
    assert.deepEqual(lastCommand(await at()), { type: 'archival.remove-copy.v1', ...wrong });
    const about = { orderId: `${orderId}/clear` };
    const no = { code: 'worker.no', message: 'no', fault: 'system' };
    await consumer.removed(answer(2, about));
    await consumer.failed(answer(2, { ...about, ...no }));
    assert.deepEqual(await phase(), ['released', 'clearing', 3]);
    await consumer.removed(answer(3, about));
    await consumer.removed(answer(3, about));
    assert.deepEqual(await phase(), ['released', 'staging', 4]);
  });

  it('that is wrong too often fails the dataset, and nothing is registered', async () => {
    await ordered();
    for (let attempt = 1; attempt <= 5; attempt += 2) {
      await consumer.stored(answer(attempt, wrong));
      await consumer.removed(answer(attempt + 1, { orderId: `${orderId}/clear` }));
      await linked(attempt + 2);
    }
    const { state, fault } = await at();
    assert.deepEqual([state, fault?.code, await task()], ['failed', 'assembly.copy-wrong', 'failed']);
    assert.deepEqual(await copy(), { ...right, damagedAt: clock.now(), found: wrong });
    const { removing } = await discarded();
    assert.deepEqual(removing, [{ target: 'tape', ...wrong }], 'what is there is what goes');
  });

  it('is ordered again with a fresh link when nothing is heard; late answers are as good, late faults are none', async () => {
    await ordered();
    await consumer.accepted(answer(1));
    await resending.look();
    assert.deepEqual(await phase(), ['released', 'ordered', 1]);
    clock.advance(60_000);
    await resending.look();
    await linked(1);
    assert.deepEqual(await phase(), ['released', 'staging', 2]);
    await linked(2);
    const fault = { code: 'worker.broken', message: 'no', fault: 'system' };
    await consumer.failed(answer(1, fault));
    assert.deepEqual(await phase(), ['released', 'ordered', 2]);
    await consumer.stored(answer(1, right));
    assert.equal(await task(), 'registering');
  });

  it('says what its worker waits for, as long as that lasts', async () => {
    await ordered();
    await consumer.progressed(answer(1, { bytesDone: 6, bytesTotal: 12, reason: 'no drive is free' }));
    assert.deepEqual([(await at()).share, (await at()).waits], [0.5, 'no drive is free']);
    await consumer.progressed(answer(1, { bytesDone: 7, bytesTotal: 14 }));
    assert.equal((await at()).waits, undefined);
  });

  for (const scope of ['target:tape', 'all'] as const)
    it(`is not ordered again while that is paused, and is when it goes on: ${scope}`, async () => {
      await ordered();
      const pause = { id: 'a', scope, by: 'me', reason: 'move', since: clock.now() };
      assert.equal(await assembler.steering.pause(pause, clock.now()), true);
      clock.advance(60_000);
      await resending.look();
      assert.deepEqual(await phase(), ['released', 'ordered', 1]);
      await assembler.steering.resume('a', { by: 'me' }, clock.now());
      await resending.look();
      assert.deepEqual(await phase(), ['released', 'staging', 2]);
    });

  it('that its worker could not make is tried again after a pause, where that may help', async () => {
    await ordered();
    const fault = { code: 'worker.link', message: 'expired', fault: 'system', again: true };
    await consumer.failed(answer(1, fault));
    assert.deepEqual(await phase(), ['released', 'waiting', 1]);
    clock.advance(1000);
    await resending.look();
    await linked(2);
    await consumer.failed(answer(2, { ...fault, again: false }));
    assert.deepEqual([(await at()).fault?.message, await task()], ['tape says: expired', 'failed']);
  });

  it('is nobody elses business: answers about other orders and other targets are parked', async () => {
    await ordered();
    for (const about of [{ orderId: 'j/0/0' }, { orderId: 'none' }, { target: 'vault' }])
      for (const say of events) {
        const outcome = await consumer[say](answer(1, { ...right, ...about }));
        assert.deepEqual(
          [outcome.kind, (outcome as { code?: string }).code],
          ['dead', 'assembly.order-unknown'],
        );
      }
    assert.deepEqual(await phase(), ['released', 'ordered', 1]);
  });

  it('is nobody elses business to remove: answers that nobody has asked for are parked, and change nothing', async () => {
    await ordered();
    await assembler.store.orders.updateOne(
      { _id: 'j/0/0' },
      { $set: { removing: [{ target: 'tape', ...right }] } },
    );
    const removals = [
      ...[{ orderId: `${orderId}/remove` }, { orderId: `${orderId}/clear` }, { orderId: 'none/tape/clear' }],
      ...[{ orderId: 'none/tape/remove' }, { orderId: 'j/0/0/vault/remove', target: 'vault' }],
    ];
    const check = async (some: object[]) => {
      for (const about of some)
        for (const say of ['accepted', 'progressed', 'removed', 'failed'] as const)
          assert.equal((await consumer[say](answer(1, about))).kind, 'dead', JSON.stringify([say, about]));
    };
    await check(removals);
    await staging.discarded('j/0/0');
    await check(removals);
    await staging.discardConfirmed('j/0/0/removal');
    await check(removals.slice(1));
    for (const say of ['accepted', 'progressed', 'removed', 'removed'] as const)
      assert.equal((await consumer[say](answer(1, removals[0]))).kind, 'done');
  });

  describe('of a job that is cancelled', () => {
    const cancel = async () => {
      const { jobs, orders, outside, early } = assembler;
      const settling = { soon: () => Promise.resolve() } as unknown as JobSettling;
      await new JobCancellation(jobs, orders, outside, early, settling, clock, config).request('j');
      await settle();
    };

    it('is stopped by its worker, and our own copy is discarded with it', async () => {
      await ordered();
      await cancel();
      assert.deepEqual(await phase(), ['released', 'cancelling', 1]);
      assert.equal(messagesOf(await at()).at(-1), 'archival.cancel-copy.v1');
      await consumer.cancelled(answer(1));
      await consumer.cancelled(answer(1));
      assert.deepEqual([(await at()).state, await task()], ['cancelled', 'cancelled']);
      const { removing, discardedAt } = (await assembler.store.orders.findOne({ _id: 'j/0/0' })) as WorkOrder;
      assert.deepEqual([removing, discardedAt], [[{ target: 'tape', ...right }], clock.now()]);
    });

    it('is over at once where its worker has nothing to do, and after some silence where it does not answer', async () => {
      await settle();
      await release();
      await cancel();
      assert.equal((await at()).state, 'cancelled');
    });

    it('waits for a silent worker a few times only', async () => {
      await ordered();
      await cancel();
      for (let look = 0; look < 3; look += 1) {
        clock.advance(60_000);
        await resending.look();
      }
      assert.deepEqual([(await at()).state, await task()], ['cancelled', 'cancelled']);
    });
  });
});
