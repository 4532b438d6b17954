import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JobProgressedV1 } from '#contracts';
import { newId, SystemClock } from '#kernel';
import { Naming, type MessageTransport, type WireMessage } from '#messaging';
import { createLogger } from '#observability';
import type { AppHealth, PartHealth } from '#service-host';
import type { OutboxRow } from '#outbox';
import { MongoConnection } from '#persistence';
import { AssemblerStore } from '../persistence/assembler-store.js';
import type { AssemblyJob, DatasetTask, WorkOrder } from '../aggregates/records.js';
import { assemblerOn } from '../testing/assembler.js';
import { configOf } from '../testing/assembler-config.js';
import { waitingReportsOn } from '../testing/waiting.js';
import { ProgressReports } from './progress-reports.js';
import type { WaitingReports } from './waiting-reports.js';

describe('Reports of what jobs wait for', () => {
  const logger = createLogger('waiting-reports.int.spec', 'silent');
  const clock = new SystemClock();
  const limits = { global: 8, perGroup: 8, perTarget: 1 };
  const told: JobProgressedV1[] = [];
  let mongo: MongoConnection;
  let store: AssemblerStore;
  let progress: ProgressReports;
  let reports: WaitingReports;
  let archiver: () => Promise<PartHealth>;

  before(async () => {
    const uri = new URL(process.env['MONGODB_URI'] ?? '');
    uri.pathname = `/waiting-${newId().slice(0, 8)}`;
    mongo = new MongoConnection({ uri: uri.toString(), appName: 'test' }, logger);
    store = new AssemblerStore(mongo, logger);
    await store.whenReady();
    const transport = {
      send: ({ body }: WireMessage) =>
        told.push((JSON.parse(body.toString()) as { data: JobProgressedV1 }).data),
    };
    const assembler = assemblerOn(store, clock);
    const { jobs, tasks, orders } = assembler;
    progress = new ProgressReports(
      ...([jobs, tasks, orders] as const),
      transport as unknown as MessageTransport,
      new Naming('catena'),
      clock,
    );
    const health = { add: (_: string, look: () => Promise<PartHealth>) => (archiver = look) };
    const others = { progress, health: health as unknown as AppHealth, clock, logger };
    reports = waitingReportsOn(assembler, configOf({ limits, silence: 60_000 }), others);
    reports.onApplicationBootstrap();
    await reports.beforeApplicationShutdown();
  });
  after(async () => {
    await mongo.connection.dropDatabase();
    await mongo.close();
  });

  const ago = (milliseconds: number): Date => new Date(Date.now() - milliseconds);
  const order = (id: string, state: WorkOrder['state'], more: Partial<WorkOrder> = {}): WorkOrder => ({
    ...{ _id: `${id}/0/0`, jobId: id, taskId: `${id}/0`, pid: 'p', kind: 'archive', group: 'g' },
    ...{ target: 'lts-write', archiveId: 'a', bytes: 10, share: 0, outbox: { rows: [] } },
    ...{ state, createdAt: ago(600_000), releasedAt: ago(600_000) },
    ...more,
  });
  const job = (id: string): AssemblyJob => ({
    ...{ _id: id, jobType: 'archive', workflow: 'archive', group: 'g', state: 'running' },
    ...{ cancelRequested: false, planningUntil: ago(0), acceptedAt: ago(0), updatedAt: ago(0) },
    outbox: { rows: [] },
  });
  async function reasonsOf(id: string): Promise<string[] | undefined> {
    told.length = 0;
    await reports.look();
    return told.find(({ jobId }) => jobId === id)?.waitsFor;
  }

  it('name the limit that is met, and the archiver that says nothing any more', async () => {
    await store.jobs.insertMany([job('held'), job('planned')]);
    await store.orders.insertMany([
      order('held', 'released', { acceptedAt: ago(500_000), heardAt: ago(120_000) }),
      order('planned', 'planned'),
    ]);
    assert.deepEqual(await reasonsOf('held'), ['the archiver: no sign of life of 1 work order(s) for 2 min']);
    assert.deepEqual(await reasonsOf('planned'), [
      'a slot for writing to long-term storage: all 1 for that are taken (LIMIT_PER_TARGET)',
    ]);
    assert.deepEqual((await store.jobs.findOne({ _id: 'planned' }))?.waitsFor?.length, 1);
    const { status, released, silent } = await archiver();
    assert.deepEqual([status, released, silent], ['silent', 1, 1]);
  });

  it('say what the archiver says, and take it back once that gets on', async () => {
    const waiting = {
      workOrderId: 'held/0/0',
      jobId: 'held',
      bytesDone: 0,
      bytesTotal: 0,
      phase: 'waiting',
    } as const;
    await progress.take({ ...waiting, reason: 'no room' });
    assert.deepEqual(await reasonsOf('held'), ['the archiver, which says: no room']);
    assert.equal((await archiver()).status, 'up');
    await progress.take({ ...waiting, phase: 'packing', bytesDone: 1, bytesTotal: 2 });
    await progress.take({ ...waiting, phase: 'packing', bytesDone: 0, bytesTotal: 2 });
    assert.equal((await store.orders.findOne({ _id: 'held/0/0' }))?.share, 0.5, 'progress never goes back');
    assert.equal(await reasonsOf('held'), undefined);
    assert.equal((await store.jobs.findOne({ _id: 'held' }))?.waitsFor, undefined);
    assert.equal(await reasonsOf('held'), undefined, 'nothing more is said');
    assert.ok(!told.some(({ jobId }) => jobId === 'held'));
  });

  it('give a message its own age, and silence the time since all messages were seen to be accepted', async () => {
    const row = (id: string, time: Date, publishedAt?: Date): OutboxRow => ({
      ...{ id, time, awaits: ['archiver'] },
      ...(publishedAt === undefined ? {} : { publishedAt }),
    });
    const hours = 5 * 3_600_000;
    await store.jobs.insertOne(job('old'));
    const cancel = row('cancel', ago(1000), ago(900));
    await store.orders.insertOne(
      order('old', 'released', {
        ...{ createdAt: ago(hours), releasedAt: ago(hours), acceptedAt: ago(hours), heardAt: ago(hours) },
        outbox: { rows: [cancel] },
      }),
    );
    const ofOld = { _id: 'old/0/0' };
    assert.equal(await reasonsOf('old'), undefined, 'the cancellation has just been sent');
    assert.equal((await archiver()).status, 'up');
    await store.orders.updateOne(ofOld, {
      $set: { 'outbox.rows': [cancel, row('second', ago(300_000), ago(299_000)), row('third', ago(60_000))] },
    });
    assert.deepEqual(await reasonsOf('old'), [
      'the broker: 1 work order(s) could not be sent for 1 min',
      'the archiver: it has not accepted 1 work order(s) for 5 min',
    ]);
    await store.orders.updateOne(ofOld, { $set: { 'outbox.rows': [] } });
    assert.equal((await archiver()).silent, 0, 'not looked at since the archiver accepted them');
    assert.equal(await reasonsOf('old'), undefined, 'and now the archiver has its time to speak');
    const seen = (await store.orders.findOne(ofOld))?.acceptedAt;
    await reports.look();
    assert.deepEqual((await store.orders.findOne(ofOld))?.acceptedAt, seen, 'noted once');
    await store.orders.updateOne(ofOld, { $set: { acceptedAt: ago(120_000) } });
    assert.deepEqual(await reasonsOf('old'), ['the archiver: no sign of life of 1 work order(s) for 2 min']);
  });

  it('tell of the dataset that has waited longest to be registered', async () => {
    await store.jobs.insertOne(job('registering'));
    await store.tasks.insertMany(
      [60_000, 600_000, 120_000].map((age, index): DatasetTask => ({
        ...{ _id: `registering/${index}`, jobId: 'registering', pid: `p${index}`, workflow: 'archive' },
        ...{ state: 'registering', bytes: 1, updatedAt: ago(age), outbox: { rows: [] } },
      })),
    );
    assert.deepEqual(await reasonsOf('registering'), [
      'the catalogue: datablocks have not been registered for 10 min',
    ]);
  });
});
