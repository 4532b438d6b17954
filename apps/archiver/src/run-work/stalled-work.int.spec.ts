import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { WorkProgressedV1 } from '#contracts';
import { SystemClock, newId } from '#kernel';
import { MemoryTransport, until } from '#messaging/testing';
import { Naming, type WireMessage } from '#messaging';
import { createLogger } from '#observability';
import type { OutboxRelay } from '#outbox';
import type { ArchiverConfig } from '../archiver.config.js';
import type { ArchiverStore } from '../persistence/archiver-store.js';
import { realArchiverStore, type OpenStore } from '../testing/real-archiver-store.js';
import { WorkOrders } from '../persistence/work-orders.js';
import type { WorkContext } from '../domain/work.js';
import type { WorkHandlers } from './work-handlers.js';
import { ProgressReporting } from './progress-reporting.js';
import { WorkEndings } from './work-endings.js';
import { WorkRunner } from './work-runner.js';

describe('Work that hangs where no signal reaches it', () => {
  const logger = createLogger('stalled-work.int.spec', 'silent');
  let opened: OpenStore;
  let store: ArchiverStore;
  const letGo: (() => void)[] = [];
  const hang = (): Promise<never> =>
    new Promise((_, reject) => letGo.push(() => reject(new Error('let go at the end of the test'))));

  before(async () => {
    opened = await realArchiverStore(process.env['MONGODB_URI']);
    store = opened.store;
  });
  after(async () => {
    await opened.close();
  });

  type Handle = (command: unknown, context: WorkContext) => Promise<never>;

  function runner(handle: Handle, transport = new MemoryTransport(), stallLimit = 300): WorkRunner {
    const config = {
      ...{ workers: 2, lease: 150, stallLimit, mostAttempts: 2 },
      retryPause: { first: 1, most: 1 },
    } as unknown as ArchiverConfig;
    const handlers = { handle, undo: () => Promise.resolve() } as unknown as WorkHandlers;
    const relay = { wake: () => undefined } as unknown as OutboxRelay;
    const clock = new SystemClock();
    const orders = new WorkOrders(store, relay);
    const reporting = new ProgressReporting(transport, new Naming('t'), clock);
    const endings = new WorkEndings(orders, handlers, reporting, clock, config, logger);
    return new WorkRunner(store, orders, handlers, endings, reporting, clock, config, logger);
  }
  async function order(): Promise<string> {
    const _id = newId();
    const now = new Date();
    await store.works.insertOne({
      ...{ _id, jobId: newId(), state: 'open', epoch: 0, dueAt: now, attempts: 0 },
      ...{ cancelRequested: false, acceptedAt: now, outbox: { rows: [] } },
      command: {
        kind: 'verify',
        data: { workOrderId: _id, jobId: 'j', pid: 'p', archiveId: 'a' },
      },
    });
    return _id;
  }

  it('goes to another worker when it makes no headway, costs an attempt each time, and fails in the end', async () => {
    const id = await order();
    const stuck = runner(hang);
    stuck.onApplicationBootstrap();
    await until(async () => (await store.works.findOne({ _id: id }))?.attempts === 1);
    await until(async () => (await store.works.findOne({ _id: id }))?.attempts === 2);
    assert.equal(letGo.length, 2, 'each lane has taken it once, and hangs');
    const next = runner(hang);
    next.onApplicationBootstrap();
    await until(async () => (await store.works.findOne({ _id: id }))?.state === 'failed');
    const [row] = (await store.works.findOne({ _id: id }))?.outbox.rows ?? [];
    assert.equal((row?.envelope?.data as { code: string }).code, 'archiver.stalled');
    for (const go of letGo.splice(0)) go();
    await Promise.all([next.beforeApplicationShutdown(), stuck.beforeApplicationShutdown()]);
  });

  it('is given back by a process whose threads are all taken, which then takes none', async () => {
    const id = await order();
    const stuck = runner(hang);
    stuck.onApplicationBootstrap();
    await until(async () => (await store.works.findOne({ _id: id }))?.epoch === 1);
    await stuck.yieldWork();
    const given = await store.works.findOne({ _id: id });
    assert.deepEqual([given?.state, given?.attempts], ['open', 1]);
    assert.ok(given!.dueAt <= new Date());
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal((await store.works.findOne({ _id: id }))?.epoch, 1);
    await store.works.deleteOne({ _id: id });
    for (const go of letGo.splice(0)) go();
    await stuck.beforeApplicationShutdown();
  });

  it('tells at every heartbeat that it waits for its first byte, and how far it is from then on', async () => {
    const id = await order();
    const told: WorkProgressedV1[] = [];
    const transport = new MemoryTransport();
    transport.send = ({ body }: WireMessage) =>
      void told.push((JSON.parse(body.toString()) as { data: WorkProgressedV1 }).data);
    let context: WorkContext | undefined;
    const recall: Handle = (_, given) => {
      context = given;
      return hang();
    };
    const slow = runner(recall, transport, 3_600_000);
    slow.onApplicationBootstrap();
    await until(() => told.length >= 3);
    for (const { workOrderId, phase, bytesDone, bytesTotal, reason } of told) {
      assert.deepEqual([workOrderId, phase, bytesDone, bytesTotal], [id, 'waiting', 0, 0]);
      assert.match(reason ?? '', /no byte yet/);
    }
    context?.progress('recalling', 1, 2);
    const before = told.length;
    await until(() => told.length >= before + 2);
    const { phase, bytesDone, reason } = told.at(-1)!;
    assert.deepEqual([phase, bytesDone, reason], ['recalling', 1, undefined]);
    await store.works.deleteOne({ _id: id });
    for (const go of letGo.splice(0)) go();
    await slow.beforeApplicationShutdown();
  });

  it('tells so in the trace of the request that led to the work', async () => {
    const id = await order();
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    await store.works.updateOne({ _id: id }, { $set: { context: { traceparent } } });
    const traces: (string | undefined)[] = [];
    const transport = new MemoryTransport();
    transport.send = ({ body }: WireMessage) =>
      void traces.push((JSON.parse(body.toString()) as { traceparent?: string }).traceparent);
    const stuck = runner(hang, transport, 60_000);
    stuck.onApplicationBootstrap();
    await until(() => Promise.resolve(traces.length > 1));
    assert.deepEqual([...new Set(traces)], [traceparent]);
    await store.works.deleteOne({ _id: id });
    for (const go of letGo.splice(0)) go();
    await stuck.beforeApplicationShutdown();
  });
});
