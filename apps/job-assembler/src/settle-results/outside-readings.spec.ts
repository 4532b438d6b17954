import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import type { OutsideOrder } from '../aggregates/outside-orders.js';
import { memoryAssembler, type Assembler } from '../testing/assembler.js';
import { configOf } from '../testing/assembler-config.js';
import { outsideWorkingOn } from '../testing/outside-working.js';
import { routesOf, targetOf } from '../testing/release-rules.js';
import { archived, jobOf, messagesOf, orderOf, taskOf } from '../testing/samples.js';
import type { OutsideResending } from './outside-resending.js';
import type { OutsideStaging } from './outside-staging.js';
import type { WorkerReportsConsumer } from './worker-reports.consumer.js';

const right = { packedSize: 12, sha256: 'x' };
const wrong = { packedSize: 12, sha256: 'other' };
const routes = routesOf(targetOf('disk'), targetOf('tape', { kind: 'outside' }));

describe('A copy at a target that others operate, and that was stored before,', () => {
  const clock = new ManualClock();
  let assembler: Assembler;
  let consumer: WorkerReportsConsumer;
  let staging: OutsideStaging;
  let resending: OutsideResending;
  beforeEach(async () => {
    assembler = memoryAssembler(clock);
    ({ consumer, staging, resending } = outsideWorkingOn(assembler, clock, configOf({ routes })));
    await assembler.store.jobs.insertOne(jobOf('j', { state: 'running' }));
    await assembler.store.tasks.insertOne(taskOf('j/0', { pid: 'p' }));
    await assembler.store.orders.insertOne(orderOf('j/0/0', { state: 'done', pid: 'p', result: archived }));
  });

  const orderId = 'j/0/0/tape';
  const at = async (): Promise<OutsideOrder> => (await assembler.outside.find(orderId))!;
  const answer = (attempt: number, more: object = {}) =>
    ({ data: { orderId, target: 'tape', attempt, ...more } }) as never;
  const copy = async () => (await assembler.places.outside('j/0/0.tar', 'p'))['tape'];
  const phase = async () => {
    const { state, outside } = await at();
    return [state, outside.phase, outside.attempt];
  };
  /** Its worker has an order to read it. */
  async function reading(kind: 'verify' | 'retrieve'): Promise<void> {
    const outside = {
      target: 'tape',
      ...right,
      phase: 'ordered',
      attempt: 1,
      faults: 0,
      dueAt: clock.now(),
    } as const;
    const order = {
      kind,
      state: 'released',
      pid: 'p',
      taskId: 'j/0',
      archiveId: 'j/0/0.tar',
      outside,
    } as const;
    await assembler.store.orders.insertOne(orderOf(orderId, order));
    await assembler.places.keepOutside('j/0/0.tar', 'p', 'tape', right);
  }
  const link = (attempt: number) => ({
    ...{ workOrderId: `${orderId}/link/${attempt}`, jobId: 'j', pid: 'p', archiveId: 'j/0/0.tar' },
    ...{ url: 'u', expiresAt: '2026-01-02T00:00:00Z' },
  });
  const no = { code: 'worker.unknown-copy', message: 'not there', fault: 'system' };

  it('is something else by now is known as that, and as what it is', async () => {
    await reading('verify');
    await consumer.verified(answer(1, wrong));
    assert.deepEqual(await copy(), { ...right, damagedAt: clock.now(), found: wrong });
    assert.equal((await at()).state, 'failed');
  });

  it('is taken where its worker has put it, though it was asked once more in the meantime', async () => {
    await reading('retrieve');
    clock.advance(60_000);
    await resending.look();
    assert.deepEqual(await phase(), ['released', 'staging', 2]);
    await consumer.recalled(answer(2));
    assert.deepEqual(await phase(), ['released', 'staging', 2], 'that was not sent yet');
    await consumer.recalled(answer(1));
    await consumer.recalled(answer(1));
    await staging.offered(link(2));
    assert.deepEqual(await phase(), ['released', 'taking', 2]);
    assert.deepEqual(messagesOf(await at()).slice(-2), [
      'archival.offer-upload.v1',
      'archival.take-upload.v1',
    ]);
    const { workOrderId, offer, group } = (await at()).outbox.rows.at(-1)!.envelope!.data as Record<
      string,
      string
    >;
    assert.equal(group, (await at()).group, 'whose quota the copy counts in');
    assert.deepEqual([workOrderId, offer], [`${orderId}/take/2`, `${orderId}/link/1`]);
  });

  it('is taken as well when its worker has the new link, and answers the old one', async () => {
    await reading('retrieve');
    clock.advance(60_000);
    await resending.look();
    await staging.offered(link(2));
    await consumer.recalled(answer(3));
    assert.deepEqual(await phase(), ['released', 'ordered', 2]);
    await consumer.recalled(answer(1));
    assert.deepEqual(await phase(), ['released', 'taking', 2]);
  });

  for (const kind of ['verify', 'retrieve'] as const)
    it(`cannot be read any more is known as that: ${kind}`, async () => {
      await reading(kind);
      await consumer.failed(answer(1, { ...no, again: true }));
      assert.deepEqual([(await at()).outside.phase, await copy()], ['waiting', right], 'perhaps next time');
      clock.advance(1000);
      await resending.look();
      if (kind === 'retrieve') await staging.offered(link(2));
      await consumer.failed(answer(2, no));
      assert.deepEqual([(await at()).state, (await copy())?.damagedAt], ['failed', clock.now()]);
    });
});
