import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { WorkProgressedV1 } from '#contracts';
import { ManualClock, newId, wait } from '#kernel';
import { MemoryTransport, until } from '#messaging/testing';
import { Naming, type WireMessage } from '#messaging';
import { createLogger } from '#observability';
import type { OutboxRelay } from '#outbox';
import type { ArchiverConfig } from '../archiver.config.js';
import type { WorkContext } from '../domain/work.js';
import type { ArchiverStore } from '../persistence/archiver-store.js';
import { WorkOrders } from '../persistence/work-orders.js';
import { memoryArchiverStore } from '../testing/memory-archiver-store.js';
import { recallsInOrder } from '../testing/recalls-in-order.js';
import { ProgressReporting } from './progress-reporting.js';
import { WorkEndings } from './work-endings.js';
import type { WorkHandlers } from './work-handlers.js';
import { WorkRunner } from './work-runner.js';

const lease = 30;
/** Shorter than the lease: work is given back before another worker could take it over. */
const stallLimit = 20;
const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

describe('Work that hangs where no signal reaches it', () => {
  const logger = createLogger('stalled-work.spec', 'silent');
  let store: ArchiverStore;
  let orders: WorkOrders;
  /** Stands still: a busy machine takes no lease away. */
  let clock: ManualClock;
  let runners: WorkRunner[];
  let letGo: (() => void)[];
  let told: (WorkProgressedV1 & { traceparent?: string })[];

  beforeEach(() => {
    store = memoryArchiverStore();
    orders = new WorkOrders(store, { wake: () => undefined } as unknown as OutboxRelay);
    clock = new ManualClock(new Date('2026-01-01T00:00:00Z'));
    [runners, letGo, told] = [[], [], []];
  });
  afterEach(async () => {
    for (const go of letGo) go();
    await Promise.all(runners.map((runner) => runner.beforeApplicationShutdown()));
  });

  type Handle = (command: unknown, context: WorkContext) => Promise<never>;
  const hang: Handle = () =>
    new Promise((_, reject) => letGo.push(() => reject(new Error('let go at the end of the test'))));

  function start(handle = hang): WorkRunner {
    const config = {
      ...{ workers: 2, lease, stallLimit, maxAttempts: 2 },
      retryPause: { first: 1, most: 1 },
    } as unknown as ArchiverConfig;
    const handlers = { handle, undo: () => Promise.resolve() } as unknown as WorkHandlers;
    const transport = new MemoryTransport();
    transport.send = ({ body }: WireMessage) => {
      const envelope = JSON.parse(body.toString()) as { data: WorkProgressedV1; traceparent?: string };
      told.push({ ...envelope.data, traceparent: envelope.traceparent });
    };
    const reporting = new ProgressReporting(transport, new Naming('t'), clock);
    const recalls = recallsInOrder(store, orders);
    const endings = new WorkEndings(orders, handlers, reporting, clock, config, logger);
    const runner = new WorkRunner(
      ...([store, orders, handlers, endings, reporting, recalls, clock, config, logger] as const),
    );
    runners.push(runner);
    runner.onApplicationBootstrap();
    return runner;
  }
  async function order(): Promise<string> {
    const workOrderId = newId();
    const [now, data] = [clock.now(), { workOrderId, jobId: newId(), pid: 'p', archiveId: 'a' }];
    const command = { kind: 'verify', data } as const;
    await orders.accept({ command, acceptedAt: now, dueAt: now, context: { traceparent } });
    return workOrderId;
  }
  const stored = async (_id: string) => (await store.works.findOne({ _id }))!;
  /** Until so many lanes hang in it. */
  const hanging = (count: number, runner: WorkRunner): Promise<void> =>
    until(() => {
      runner.wake();
      return letGo.length === count;
    });

  it('goes to another worker when it makes no headway, costs an attempt each time, and fails in the end', async () => {
    const id = await order();
    const stuck = start();
    for (const attempt of [1, 2]) {
      await hanging(attempt, stuck);
      clock.advance(stallLimit + 1);
      await until(async () => (await stored(id)).attempts === attempt);
    }
    assert.equal((await stored(id)).epoch, 2, 'each lane has taken it once, and hangs');
    start();
    await until(async () => (await stored(id)).state === 'failed');
    const [row] = (await stored(id)).outbox.rows;
    assert.equal((row?.envelope?.data as { code: string }).code, 'archiver.stalled');
  });

  it('is given back by a process whose threads are all taken, which takes none until they are free', async () => {
    const id = await order();
    const stuck = start();
    await hanging(1, stuck);
    await stuck.yieldWork();
    const { state, attempts, dueAt } = await stored(id);
    assert.deepEqual([state, attempts, dueAt], ['open', 1, clock.now()]);
    stuck.wake();
    await wait(lease);
    assert.equal((await stored(id)).epoch, 1);
    stuck.resume();
    await hanging(2, stuck);
    assert.equal((await stored(id)).epoch, 2);
  });

  it('tells at every heartbeat that it has begun, until its first byte, and how far it is from then on', async () => {
    const id = await order();
    let context: WorkContext | undefined;
    start((command, given) => {
      context = given;
      return hang(command, given);
    });
    await until(() => told.length >= 3);
    for (const { workOrderId, phase, bytesDone, bytesTotal, reason } of told) {
      assert.deepEqual([workOrderId, phase, bytesDone, bytesTotal], [id, 'waiting', 0, 0]);
      assert.match(reason ?? '', /has begun with it/);
    }
    context?.progress('recalling', 1, 2);
    const before = told.length;
    await until(() => told.length >= before + 2);
    const { phase, bytesDone, reason } = told.at(-1)!;
    assert.deepEqual([phase, bytesDone, reason], ['recalling', 1, undefined]);
  });

  it('tells so in the trace of the request that led to the work', async () => {
    await order();
    start();
    await until(() => told.length > 1);
    assert.deepEqual([...new Set(told.map((one) => one.traceparent))], [traceparent]);
  });
});
