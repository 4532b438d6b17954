import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { testKey } from '#certificates/testing';
import type { Envelope, OriginalsSource } from '#contracts';
import { ManualClock, newId } from '#kernel';
import type { OutboxRelay } from '#outbox';
import type { ArchiverConfig } from '../archiver.config.js';
import { patienceForChosen } from '../domain/work-needs.js';
import { TargetNames } from '../domain/target-names.js';
import type { ArchiverStore } from '../persistence/archiver-store.js';
import { Datablocks } from '../persistence/datablocks.js';
import { WorkOrders } from '../persistence/work-orders.js';
import type { WorkRunner } from '../run-work/work-runner.js';
import { memoryArchiverStore } from '../testing/memory-archiver-store.js';
import { NeededTargets } from '../persistence/operators/needed-targets.js';
import { WorkOrdersConsumer } from './work-orders.consumer.js';

const names = new TargetNames([{ name: 'disk', formerNames: ['/mnt/disk'] }]);
const releaseGrace = 3_600_000;
const source: OriginalsSource = { kind: 'landing-zone', location: 'p', bucket: 'zone' };
const files = { bucket: 'control', key: 'k', size: 1, sha256: 'f' };

describe('An order of job-assembler', () => {
  const clock = new ManualClock(new Date('2026-01-01T00:00:00Z'));
  let store: ArchiverStore;
  let consumer: WorkOrdersConsumer;
  let woken: number;
  let cancelled: string[];
  let certificates: ArchiverConfig['certificates'];

  beforeEach(() => {
    [store, woken, cancelled] = [memoryArchiverStore(), 0, []];
    certificates = { key: undefined, issuer: 'x' };
    consumer = consumerOf(store);
  });

  function consumerOf(of: ArchiverStore): WorkOrdersConsumer {
    const runner = {
      wake: () => (woken += 1),
      cancel: (workOrderId: string) => cancelled.push(workOrderId),
    } as unknown as WorkRunner;
    const orders = new WorkOrders(of, { wake: () => undefined } as unknown as OutboxRelay);
    return new WorkOrdersConsumer(
      ...([orders, runner, new NeededTargets(new Datablocks(of, names), orders, clock), clock] as const),
      { releaseGrace, certificates } as ArchiverConfig,
    );
  }

  const envelopeOf = <Data>(data: Data): Envelope<Data> => ({ data }) as Envelope<Data>;
  const order = () => ({ workOrderId: newId(), jobId: 'j', pid: 'p', archiveId: 'a' });
  const stored = async (_id: string) => (await store.works.findOne({ _id }))!;

  it('of each kind is kept as it came, once, and is due at once', async () => {
    const archived = { source, files, fileCount: 1, bytes: 1, copies: 1 };
    for (const [kind, accept] of [
      ['archive', (data) => consumer.archive(envelopeOf({ ...data, ...archived }))],
      ['retrieve', (data) => consumer.retrieve(envelopeOf(data))],
      ['verify', (data) => consumer.verify(envelopeOf(data))],
      ['discard', (data) => consumer.discard(envelopeOf(data))],
      ['repair', (data) => consumer.repair(envelopeOf(data))],
      ['move', (data) => consumer.move(envelopeOf({ ...data, from: 'disk', to: 'tape' }))],
    ] as [string, (data: ReturnType<typeof order>) => Promise<unknown>][]) {
      const data = order();
      assert.deepEqual(await accept(data), { kind: 'done' });
      assert.deepEqual(await accept(data), { kind: 'done' });
      const { command, state, dueAt, fault } = await stored(data.workOrderId);
      assert.deepEqual([command.kind, state, dueAt, fault], [kind, 'open', clock.now(), undefined]);
      assert.equal(command.data.workOrderId, data.workOrderId);
    }
    assert.equal(await store.works.countDocuments({}), 6);
    assert.equal(woken, 12);
  });

  it('is for archivers that have all its targets, or one of them to read from', async () => {
    const copies = ['/mnt/disk', 'tape'].map((share) => ({ share, verifiedAt: clock.now() }));
    await store.datablocks.insertOne({ _id: 'known', pid: 'p', copies } as never);
    const archived = { source, files, fileCount: 1, bytes: 1, copies: 2 };
    const needsOf = async (data: { workOrderId: string }) => (await stored(data.workOrderId)).needs;
    const archive = { ...order(), ...archived, targets: ['tape', 'disk'] };
    await consumer.archive(envelopeOf(archive));
    assert.deepEqual(await needsOf(archive), { of: 'all', targets: ['tape', 'disk'] });
    const [retrieve, verify, discard, remains, unknown] = [
      ...['known', 'known', 'known', 'a', 'x'].map((archiveId) => ({ ...order(), archiveId })),
    ] as const;
    await consumer.retrieve(envelopeOf({ ...retrieve!, targets: ['old-news'] }));
    await consumer.verify(envelopeOf(verify!));
    for (const one of [discard, remains, unknown]) await consumer.discard(envelopeOf(one!));
    assert.deepEqual(await needsOf(retrieve!), { of: 'any', targets: ['disk', 'tape'] });
    assert.deepEqual(await needsOf(verify!), { of: 'all', targets: ['disk', 'tape'] });
    // Each archiver takes away what it has.
    assert.deepEqual(await needsOf(discard!), { of: 'any', targets: ['disk', 'tape'] });
    assert.deepEqual(
      await needsOf(remains!),
      { of: 'all', targets: ['tape', 'disk'] },
      'where its parts may lie',
    );
    assert.equal(await needsOf(unknown!), undefined);
    const [repair, move] = [1, 2].map(() => ({ ...order(), archiveId: 'known' })) as [
      ReturnType<typeof order>,
      ReturnType<typeof order>,
    ];
    await consumer.repair(envelopeOf({ ...repair, targets: ['old-news'], only: 'disk' }));
    await consumer.move(envelopeOf({ ...move, from: 'tape', to: 'attic' }));
    assert.deepEqual(await needsOf(repair), { of: 'all', targets: ['disk', 'tape'] }, 'all copies are read');
    assert.deepEqual(await needsOf(move), { of: 'all', targets: ['tape', 'attic'] }, 'both ends');
  });

  it('to read is for archivers that have the chosen target first, unless its copy is known to be damaged', async () => {
    const copies = ['/mnt/disk', 'tape'].map((share) => ({ share, verifiedAt: clock.now() }));
    const damaged = { at: clock.now(), found: 'nothing' };
    await store.datablocks.insertOne({ _id: 'known', pid: 'p', copies } as never);
    await store.datablocks.insertOne({
      ...{ _id: 'torn', pid: 'p', copies: [{ ...copies[0]!, damaged }, copies[1]!] },
    } as never);
    const needsFor = async (archiveId: string, targets: string[]) => {
      const data = { ...order(), archiveId, targets };
      await consumer.retrieve(envelopeOf(data));
      return (await stored(data.workOrderId)).needs;
    };
    const any = { of: 'any', targets: ['disk', 'tape'] };
    const firstUntil = new Date(clock.now().getTime() + patienceForChosen);
    assert.deepEqual(await needsFor('known', ['disk', 'tape']), { ...any, first: 'disk', firstUntil });
    assert.deepEqual(await needsFor('torn', ['tape', 'disk']), { ...any, first: 'tape', firstUntil });
    assert.deepEqual(await needsFor('torn', ['disk', 'tape']), any);
  });

  it('to release originals waits as long as an upload link may still be good, and says so', async () => {
    const data = { ...order(), source, files };
    await consumer.release(envelopeOf(data));
    const { dueAt, fault, waitCode } = await stored(data.workOrderId);
    assert.equal(dueAt.getTime() - clock.now().getTime(), releaseGrace);
    assert.equal(waitCode, 'work.waiting');
    assert.match(fault?.message ?? '', /until no upload link of the dataset is good/);
  });

  it('to certify is kept once, for any archiver, and not at all where there is no key', async () => {
    const { archiveId, ...data } = order();
    assert.equal(archiveId, 'a');
    assert.deepEqual(await consumer.certify(envelopeOf(data)), { kind: 'done' });
    assert.equal(await store.works.countDocuments({}), 0);
    Object.assign(certificates, { key: testKey() });
    for (let time = 0; time < 2; time += 1)
      assert.deepEqual(await consumer.certify(envelopeOf(data)), { kind: 'done' });
    const { command, needs, dueAt } = await stored(data.workOrderId);
    assert.deepEqual([command.kind, needs, dueAt], ['certify', undefined, clock.now()]);
    assert.equal(await store.works.countDocuments({}), 1);
  });

  const cancel = (workOrderId: string, by = consumer) => by.cancel(envelopeOf({ workOrderId, jobId: 'j' }));

  it('that is cancelled stops where it runs', async () => {
    const data = order();
    await consumer.verify(envelopeOf(data));
    for (let time = 0; time < 2; time += 1)
      assert.deepEqual(await cancel(data.workOrderId), { kind: 'done' });
    assert.equal((await stored(data.workOrderId)).cancelRequested, true);
    assert.deepEqual(cancelled, [data.workOrderId, data.workOrderId]);
    assert.equal(await store.earlyCancels.countDocuments({}), 0);
  });

  it('that was cancelled before it came ends when it comes, at whichever archiver, and no other one does', async () => {
    const [data, released, other] = [order(), order(), order()];
    for (const { workOrderId } of [data, data, released])
      assert.deepEqual(await cancel(workOrderId), { kind: 'done' });
    cancelled = [];
    const another = consumerOf(store);
    for (let time = 0; time < 2; time += 1) {
      await another.verify(envelopeOf(data));
      await another.release(envelopeOf({ ...released, source, files }));
      await another.verify(envelopeOf(other));
    }
    for (const { workOrderId } of [data, released])
      assert.equal((await stored(workOrderId)).cancelRequested, true);
    assert.equal((await stored(other.workOrderId)).cancelRequested, false);
    // What waits for its time is hurried by its runner.
    assert.deepEqual(new Set(cancelled), new Set([data.workOrderId, released.workOrderId]));
  });

  it('that comes to one archiver while another one hears that it is cancelled is cancelled, whoever is first', async () => {
    const data = order();
    const early = store.earlyCancels;
    for (const moment of ['before it is remembered', 'after it was remembered'] as const) {
      await store.works.deleteMany({});
      await early.deleteMany({});
      const another = consumerOf(store);
      const meanwhile = {
        updateOne: async (...call: Parameters<typeof early.updateOne>) => {
          if (moment === 'before it is remembered') await another.verify(envelopeOf(data));
          const answer = await early.updateOne(...call);
          if (moment === 'after it was remembered') await another.verify(envelopeOf(data));
          return answer;
        },
      };
      const halfway = { ...store, earlyCancels: meanwhile } as unknown as ArchiverStore;
      assert.deepEqual(await cancel(data.workOrderId, consumerOf(halfway)), { kind: 'done' });
      assert.equal((await stored(data.workOrderId)).cancelRequested, true, moment);
    }
  });

  it('that was accepted, and whose archiver died before it had looked for its cancellation, is looked at once more', async () => {
    const data = order();
    await cancel(data.workOrderId);
    const dying = {
      findOne: () => Promise.reject(new Error('the process died')),
    };
    const dead = consumerOf({ ...store, earlyCancels: dying } as unknown as ArchiverStore);
    assert.equal((await dead.verify(envelopeOf(data))).kind, 'retry');
    assert.equal((await stored(data.workOrderId)).cancelRequested, false);
    await consumer.verify(envelopeOf(data));
    assert.equal((await stored(data.workOrderId)).cancelRequested, true);
  });
});
