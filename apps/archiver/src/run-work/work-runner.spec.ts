import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { datablockVerifiedV1 } from '#contracts';
import { ManualClock, newId, PermanentError, TransientError, wait } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { MemoryTransport } from '#messaging/testing';
import { Naming } from '#messaging';
import { createLogger } from '#observability';
import { eventRow, type OutboxRelay } from '#outbox';
import type { ArchiverConfig } from '../archiver.config.js';
import type { WorkContext } from '../domain/work.js';
import type { ArchiverStore } from '../persistence/archiver-store.js';
import type { Command } from '../persistence/records.js';
import { targetAway, withLeft } from '../domain/missing-targets.js';
import { ownInstance } from '../domain/worker-instance.js';
import { scopeOf } from '../persistence/operators/workers.js';
import { ShareModes } from '../persistence/share-modes.js';
import { WorkOrders } from '../persistence/work-orders.js';
import { memoryArchiverStore } from '../testing/memory-archiver-store.js';
import { MemoryLibrary } from '../testing/memory-library.js';
import { recallsInOrder } from '../testing/recalls-in-order.js';
import { ProgressReporting } from './progress-reporting.js';
import { WorkEndings } from './work-endings.js';
import type { WorkAnswer, WorkHandlers } from './work-handlers.js';
import { WorkRunner } from './work-runner.js';

const lease = 30;

type Told = { phase: string; code?: string; readAt?: string };
type Handle = (command: Command, context: WorkContext) => Promise<WorkAnswer>;

describe('The runner of work orders', () => {
  let store: ArchiverStore;
  let orders: WorkOrders;
  let runners: WorkRunner[];
  let undone: string[];
  let said: Told[];
  /** Stands still: a busy machine takes no lease away. */
  let clock: ManualClock;
  const logger = createLogger('spec', 'silent');

  beforeEach(() => {
    store = memoryArchiverStore();
    clock = new ManualClock(new Date('2026-01-01T00:00:00Z'));
    orders = new WorkOrders(store, { wake: () => undefined } as unknown as OutboxRelay);
    [runners, undone, said] = [[], [], []];
  });
  afterEach(() => Promise.all(runners.map((runner) => runner.beforeApplicationShutdown())));

  function start(
    handle: Handle,
    undo: () => Promise<void> = () => Promise.resolve(),
    shares: readonly LongTermStorage[] = [],
  ): WorkRunner {
    const config = {
      ...{ workers: 1, lease, stallLimit: 60_000, maxAttempts: 2, retryPause: { first: 1, most: 1 } },
    } as unknown as ArchiverConfig;
    const handlers = {
      handle,
      undo: ({ data }: Command) => undo().then(() => void undone.push(data.workOrderId)),
    } as unknown as WorkHandlers;
    const transport = new MemoryTransport();
    transport.send = ({ body }) => void said.push((JSON.parse(body.toString()) as { data: Told }).data);
    const reporting = new ProgressReporting(transport, new Naming('t'), clock);
    const recalls = recallsInOrder(store, orders, shares);
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
    const now = clock.now();
    const data = { workOrderId, jobId: 'j', pid: 'p', archiveId: 'a' };
    await orders.accept({
      ...{ command: { kind: 'verify', data }, acceptedAt: now, dueAt: now, context: undefined },
    });
    return workOrderId;
  }
  const stored = async (_id: string) => (await store.works.findOne({ _id }))!;
  const verified = ({ data }: Command): WorkAnswer =>
    eventRow(
      datablockVerifiedV1,
      { ...data, pid: 'p', archiveId: 'a', copies: 1, packedSize: 1 },
      clock.now(),
    );
  const untilTold: Handle = async (_, { signal }) => {
    await wait(60_000, signal);
    signal.throwIfAborted();
    throw new Error('nobody told it to end');
  };
  async function until(happened: () => Promise<boolean>): Promise<void> {
    while (!(await happened())) await wait(2);
  }
  /** The same, of an order that is given back with a pause. */
  async function untilLater(happened: () => Promise<boolean>): Promise<void> {
    while (!(await happened())) {
      clock.advance(1);
      await wait(2);
    }
  }
  const stateOf = async (id: string) => (await stored(id)).state;

  it('writes the end of an order together with what its handler answers', async () => {
    const id = await order();
    start((command) => Promise.resolve(verified(command)));
    await until(async () => (await stateOf(id)) === 'done');
    const [row] = (await stored(id)).outbox.rows;
    assert.equal(row?.envelope?.type, datablockVerifiedV1.type);
  });

  it('says at once at which target it reads, and that it may wait for a tape until the first bytes', async () => {
    const id = await order();
    const handle: Handle = (command, context) => {
      context.readsAt?.('tape');
      context.progress('recalling', 1, 2);
      context.readsAt?.('disk');
      context.readsAt?.('/mnt/lts');
      return Promise.resolve(verified(command));
    };
    start(handle, undefined, [new MemoryLibrary('tape', 1)]);
    await until(async () => (await stateOf(id)) === 'done');
    assert.deepEqual(
      said.map(({ phase, code, readAt }) => [phase, code, readAt]),
      [
        ['waiting', 'work.tape', 'tape'],
        ['recalling', undefined, 'tape'],
        ['recalling', undefined, 'disk'],
        ['recalling', undefined, undefined],
      ],
      'a path of LTS_ROOTS is nobody else’s business, and no message takes it',
    );
  });

  it('says that it is at work before the first byte, where no tape can be waited for', async () => {
    const id = await order();
    start((command, context) => {
      context.readsAt?.('disk');
      return Promise.resolve(verified(command));
    });
    await until(async () => (await stateOf(id)) === 'done');
    assert.deepEqual(
      said.map(({ phase, code }) => [phase, code]),
      [['waiting', 'work.running']],
    );
  });

  it('tries again what may pass, and says in the end why it failed', async () => {
    const id = await order();
    let tries = 0;
    start(() => {
      tries += 1;
      return Promise.reject(new TransientError('storage.reference-damaged', `try ${tries}`));
    });
    await untilLater(async () => (await stateOf(id)) === 'failed');
    assert.equal(tries, 2);
    const { code, message, fault } = (await stored(id)).outbox.rows[0]?.envelope?.data as Record<
      string,
      string
    >;
    assert.deepEqual([code, message, fault], ['storage.reference-damaged', 'try 2', 'system']);
  });

  it('says to the catalogue why nothing became of a request about retrieved copies', async () => {
    const id = 'j/pins/1';
    const now = clock.now();
    const ids = { workOrderId: id, jobId: 'j', number: 1 };
    const data = { ...ids, change: 'extend' as const, requestedBy: 'me' };
    await orders.accept({
      ...{ command: { kind: 'pins', data }, acceptedAt: now, dueAt: now, context: undefined },
    });
    start(() => Promise.reject(new TransientError('storage.reference-damaged', 'a list is wrong')));
    await untilLater(async () => (await stateOf(id)) === 'failed');
    const envelope = (await stored(id)).outbox.rows[0]?.envelope;
    assert.equal(envelope?.type, 'archival.pins-changed.v1');
    assert.deepEqual(envelope?.data, {
      ...{ ...ids, change: 'extend', changed: 0, gone: 0 },
      problem: 'a list is wrong (storage.reference-damaged)',
    });
  });

  it('hands on what is left of an order, and an order of before 0.6, to archivers that have the targets', async () => {
    const ids = [await order(), await order()];
    const faults = [
      withLeft(new TransientError('long-term-storage.unavailable', 'away', { away: true }), ['tape']),
      targetAway('a', ['tape'], ['disk']),
    ];
    start(() => Promise.reject(faults.shift()));
    for (const id of ids) await until(async () => (await stored(id)).needs !== undefined);
    for (const id of ids) assert.deepEqual((await stored(id)).needs, { of: 'any', targets: ['tape'] });
    assert.deepEqual((await Promise.all(ids.map(stored))).map(({ left }) => left).sort(), [
      ['tape'],
      undefined,
    ]);
  });

  it('keeps its lease while it works, so that no other worker takes the order', async () => {
    const id = await order();
    start(untilTold);
    start(untilTold);
    await until(async () => (await stored(id)).epoch === 1);
    for (let renewals = 0; renewals < 4; renewals += 1) {
      const { dueAt } = await stored(id);
      clock.advance(lease / 2);
      await until(async () => (await stored(id)).dueAt > dueAt);
    }
    const { phase, bytesDone, worker } = await stored(id);
    assert.deepEqual([phase, bytesDone, worker], ['waiting', 0, ownInstance()]);
    assert.equal((await stored(id)).epoch, 1);
  });

  it('drops its result when another worker has the newer token', async () => {
    const id = await order();
    let finish: () => void = () => undefined;
    start(async (command) => {
      await new Promise<void>((resolve) => (finish = resolve));
      return verified(command);
    });
    await until(async () => (await stored(id)).epoch === 1);
    await store.works.updateOne({ _id: id }, { $inc: { epoch: 1 } });
    finish();
    await wait(lease);
    const { state, outbox } = await stored(id);
    assert.deepEqual([state, outbox.rows.length], ['open', 0]);
  });

  it('takes back what a cancelled order left, before it says so', async () => {
    const id = await order();
    start(untilTold);
    await until(async () => (await stored(id)).epoch === 1);
    await orders.requestCancel(id);
    await until(async () => (await stateOf(id)) === 'cancelled');
    assert.deepEqual(undone, [id]);
  });

  it('ends what was cancelled though its worker is to take nothing new, and takes nothing else', async () => {
    const ids = [await order(), await order()];
    const word = { by: 'olga', reason: 'drive 3 is out' };
    await new ShareModes(store, clock).set(scopeOf(ownInstance()), 'pause', word);
    await orders.requestCancel(ids[1]!);
    start(untilTold);
    await wait(30);
    assert.equal(await stateOf(ids[1]!), 'open', 'workers that may take all come first');
    clock.advance(5000);
    runners[0]!.wake();
    await until(async () => (await stateOf(ids[1]!)) === 'cancelled');
    assert.equal((await stored(ids[0]!)).epoch, 0);
  });

  it('does not say "cancelled" while what is left cannot be taken back; the order waits', async () => {
    const id = await order();
    await orders.requestCancel(id);
    let away = true;
    start(untilTold, () =>
      away ? Promise.reject(new TransientError('long-term-storage.unavailable', 'away')) : Promise.resolve(),
    );
    await until(async () => (await stored(id)).fault?.message === 'away');
    assert.equal(await stateOf(id), 'open');
    away = false;
    await untilLater(async () => (await stateOf(id)) === 'cancelled');
  });

  it('ends a cancelled order whose leavings must stay', async () => {
    const id = await order();
    await orders.requestCancel(id);
    start(untilTold, () => Promise.reject(new PermanentError('archiver.datablock-registered', 'listed')));
    await until(async () => (await stateOf(id)) === 'cancelled');
  });

  it('gives running work back when it is stopped: due at once, and without the cost of an attempt', async () => {
    const id = await order();
    const runner = start(untilTold);
    await until(async () => (await stored(id)).epoch === 1);
    await runner.beforeApplicationShutdown();
    const { state, attempts, dueAt } = await stored(id);
    assert.deepEqual([state, attempts], ['open', 0]);
    assert.ok(dueAt <= clock.now());
  });
});
