import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { JobFact } from '#console-api';
import { WhySources } from '#service-host';
import { ManualClock } from '#kernel';
import type { OutboxRelay } from '#outbox';
import type { ArchiverConfig } from '../archiver.config.js';
import type { WorkFault } from '../domain/work-fault.js';
import { ownInstance } from '../domain/worker-instance.js';
import type { ArchiverStore } from '../persistence/archiver-store.js';
import { ShareModes } from '../persistence/share-modes.js';
import { WorkOrders } from '../persistence/work-orders.js';
import { memoryArchiverStore } from '../testing/memory-archiver-store.js';
import { silence } from '../persistence/operators/worker-record.js';
import { scopeOf, Workers } from '../persistence/operators/workers.js';
import { WorkFacts } from './work-facts.js';
import { WorkGroups } from '../persistence/operators/work-groups.js';

const start = new Date('2026-01-01T00:00:00Z');
const word = { by: 'olga', reason: 'drive 3 is out' };

describe('What the archiver knows of why a job waits', () => {
  let clock: ManualClock;
  let store: ArchiverStore;
  let orders: WorkOrders;
  let modes: ShareModes;
  let workers: Workers;
  let facts: WorkFacts;

  beforeEach(async () => {
    clock = new ManualClock(start);
    store = memoryArchiverStore();
    orders = new WorkOrders(store, { wake: () => undefined } as unknown as OutboxRelay);
    modes = new ShareModes(store, clock);
    workers = new Workers(store);
    facts = new WorkFacts(new WorkGroups(store), workers, modes, clock, new WhySources(), {
      maxAttempts: 8,
    } as ArchiverConfig);
    await lives();
  });

  const lives = (targets = ['disk', 'tape'], media: readonly string[] = []): Promise<void> =>
    workers.seen({
      ...{ _id: ownInstance(), host: 'h', pid: 1, version: '1', slots: 2, works: 0, targets, media },
      ...{ seenAt: clock.now(), startedAt: start },
    });
  const accept = (
    workOrderId: string,
    jobId = 'j',
    needs?: { of: 'all'; targets: string[] },
  ): Promise<void> =>
    orders.accept({
      command: { kind: 'retrieve', data: { workOrderId, jobId, pid: 'p', archiveId: 'a' } },
      ...{ acceptedAt: clock.now(), dueAt: clock.now(), context: undefined },
      ...(needs === undefined ? {} : { needs }),
    });
  const later = (milliseconds: number): Date => new Date(clock.now().getTime() + milliseconds);
  const take = async () => (await orders.takeDue(clock.now(), later(60_000)))!;
  const givenBack = async (waitCode: string, fault: Partial<WorkFault>, attempts = 0): Promise<void> =>
    orders.giveBack(await take(), {
      ...{ dueAt: later(30_000), attempts, pause: 30_000, waitCode },
      fault: { code: 'x', message: 'm', at: clock.now(), fault: 'system', ...fault },
    });
  const told = async (jobId = 'j'): Promise<readonly JobFact[]> =>
    (await facts.factsOf([jobId])).get(jobId)?.facts ?? [];
  const codes = async (): Promise<readonly string[]> => (await told()).map(({ code }) => code);

  it('is nothing of a job that it has never heard of, and no fact of one whose work is over', async () => {
    await accept('j/0/0');
    await orders.end(await take(), 'done', [], { at: clock.now() });
    const found = await facts.factsOf(['j', 'unknown']);
    assert.deepEqual([...found], [['j', { known: true, facts: [] }]]);
  });

  it('is nothing of originals that are kept for a while after the end, and what holds up their release later', async () => {
    const data = { workOrderId: 'j/0/0/release', jobId: 'j', pid: 'p', archiveId: 'a' };
    await orders.accept({
      command: { kind: 'release', data } as never,
      ...{ acceptedAt: clock.now(), dueAt: later(3_600_000), context: undefined },
    });
    assert.deepEqual(await told(), []);
    clock.advance(3_600_001);
    await lives();
    assert.deepEqual(await codes(), ['work.queued']);
  });

  it('is its place in line, and how many workers there are', async () => {
    for (const [id, job] of [
      ['i/0/0', 'i'],
      ['j/0/0', 'j'],
    ] as const) {
      await accept(id, job);
      clock.advance(1000);
    }
    assert.deepEqual(await told(), [
      {
        ...{ code: 'work.queued', since: later(-1000).toISOString(), part: 'j/0/0' },
        facts: { place: 2, slots: 2, workers: 1 },
      },
    ]);
  });

  it('is that no archiver has its targets', async () => {
    await accept('j/0/0', 'j', { of: 'all', targets: ['attic'] });
    const [fact] = await told();
    assert.deepEqual(
      [fact?.code, fact?.facts],
      ['work.waiting', { code: 'archiver.target-away', share: 'attic' }],
    );
  });

  it('is that no archiver has the targets of some of it, however much else of it is taken', async () => {
    for (const number of [0, 1, 2]) await accept(`j/0/${number}`, 'j', { of: 'all', targets: ['disk'] });
    for (const number of [3, 4]) await accept(`j/0/${number}`, 'j', { of: 'all', targets: ['tape'] });
    await accept('j/0/5', 'j', { of: 'all', targets: ['disk', 'attic'] });
    assert.deepEqual(
      (await told()).map(({ code, count, part, facts }) => [code, count, part, facts['share']]),
      [
        ['work.queued', 5, undefined, undefined],
        ['work.waiting', undefined, 'j/0/5', 'disk, attic'],
      ],
    );
  });

  it('is how far each phase is: what verifies hides nothing of what has no byte yet', async () => {
    await lives(['tape'], ['tape']);
    for (const [number, phase] of [
      [0, 'verifying'],
      [1, 'waiting'],
    ] as const) {
      await accept(`j/0/${number}`, 'j', { of: 'all', targets: ['tape'] });
      await orders.renew(await take(), later(60_000), { phase, bytesDone: 0, bytesTotal: 9 });
    }
    assert.deepEqual((await codes()).toSorted(), ['work.running', 'work.tape']);
  });

  it('is what it waits for, where, how much is lacking, and when it is looked at again', async () => {
    await accept('j/0/0');
    const details = { share: 'disk', freeBytes: 1, neededBytes: 9 };
    await givenBack('quota.full', { code: 'long-term-storage.full', details });
    assert.deepEqual(await told(), [
      {
        ...{ code: 'quota.full', since: clock.now().toISOString(), next: later(30_000).toISOString() },
        ...{ part: 'j/0/0', facts: { code: 'long-term-storage.full', ...details } },
      },
    ]);
  });

  it('is which attempt failed, with which code', async () => {
    await accept('j/0/0');
    await givenBack('work.retrying', { code: 'storage.reference-damaged' }, 3);
    assert.deepEqual((await told())[0]?.facts, { attempt: 3, of: 8, code: 'storage.reference-damaged' });
  });

  it('is which other order recalls the same, and for which job', async () => {
    await accept('j/0/0');
    await givenBack('work.shared-recall', { code: 'archiver.deferred' });
    const recall = {
      archiveId: 'a',
      state: 'recalling',
      holder: 'h',
      order: 'k/0/1',
      job: 'k',
      until: later(9),
    };
    await store.retrieved.insertOne({ _id: 'a', ...recall } as never);
    assert.deepEqual((await told())[0]?.facts, { order: 'k/0/1', jobId: 'k' });
  });

  it('is who has paused a share, why and until when', async () => {
    await accept('j/0/0');
    await givenBack('work.waiting', { code: 'archiver.share-paused', details: { share: 'disk' } });
    await modes.set('disk', 'pause', { ...word, until: later(60_000) });
    const [fact] = await told();
    assert.deepEqual(
      [fact?.code, fact?.facts, fact?.next],
      ['paused', { scope: 'share:disk', mode: 'pause', ...word }, later(60_000).toISOString()],
    );
  });

  it('is that all workers who could take it are paused', async () => {
    await accept('j/0/0');
    await modes.set(scopeOf(ownInstance()), 'drain', word);
    const [fact] = await told();
    assert.deepEqual([fact?.code, fact?.facts['by']], ['paused', 'olga']);
    await workers.seen({
      ...{ _id: 'other:1', host: 'other', pid: 1, version: '1', slots: 3, works: 0, targets: ['disk'] },
      ...{ seenAt: clock.now(), startedAt: start },
    });
    assert.deepEqual((await told())[0]?.facts, { place: 1, slots: 5, workers: 2 });
  });

  it('is how far its work is, of which worker, and how long it takes still', async () => {
    await accept('j/0/0');
    await orders.renew(await take(), later(60_000), {
      phase: 'recalling',
      bytesDone: 10,
      bytesTotal: 110,
      rate: 5,
    });
    const [fact] = await told();
    assert.deepEqual(fact, {
      ...{ code: 'work.running', since: clock.now().toISOString(), next: later(20_000).toISOString() },
      part: 'j/0/0',
      facts: {
        ...{ worker: ownInstance(), phase: 'recalling', bytesDone: 10, bytesTotal: 110, rate: 5 },
        secondsLeft: 20,
      },
    });
  });

  it('is that it is worked on, before the first byte of what lies on no tape', async () => {
    const begun = { phase: 'waiting', bytesDone: 0, bytesTotal: 0 };
    await accept('j/0/0', 'j', { of: 'all', targets: ['disk'] });
    await orders.renew(await take(), later(60_000), begun);
    await lives(['disk', 'tape'], ['tape']);
    assert.deepEqual(await codes(), ['work.running']);
    await orders.end((await store.works.findOne({}))!, 'done', [], { at: clock.now() });
    await accept('j/0/1', 'j', { of: 'all', targets: ['tape'] });
    await orders.renew(await take(), later(60_000), begun);
    assert.deepEqual(await codes(), ['work.tape'], 'it may be mounted, though nobody knows where it lies');
  });

  it('is that a tape waits for its drive, as long as it has given no byte, and its place in the order of the tape', async () => {
    await accept('j/0/0');
    const place = { target: 'tape', medium: 'C00001', position: 1 };
    await store.works.updateOne({ _id: 'j/0/0' }, { $set: { place } });
    const [waits] = await told();
    assert.deepEqual(
      [waits?.code, waits?.facts],
      ['work.tape', { place: 1, share: 'tape', cartridge: 'C00001' }],
    );
    await orders.renew(await take(), later(60_000), { phase: 'waiting', bytesDone: 0, bytesTotal: 0 });
    const [held] = await told();
    assert.deepEqual(
      [held?.code, held?.facts],
      ['work.tape', { worker: ownInstance(), cartridge: 'C00001' }],
    );
  });

  it('is who is silent, since when, and when another takes over: while its lease runs, and when it is over', async () => {
    await accept('j/0/0');
    await orders.takeDue(clock.now(), later(silence + 10_000));
    const [takeoverAt, seenAt] = [later(silence + 10_000).toISOString(), clock.now().toISOString()];
    const expected = { worker: ownInstance(), seenAt, takeoverAt };
    assert.deepEqual(await codes(), ['work.running']);
    clock.advance(silence);
    assert.deepEqual([(await codes())[0], (await told())[0]?.facts], ['work.silent', expected]);
    clock.advance(10_000);
    assert.deepEqual([(await codes())[0], (await told())[0]?.facts], ['work.silent', expected]);
  });

  it('is that it is being cancelled', async () => {
    await accept('j/0/0');
    await orders.requestCancel('j/0/0');
    assert.deepEqual(await codes(), ['cancel.waiting']);
  });

  it('is, of what is being cancelled, who has closed the share that holds it up', async () => {
    await accept('j/0/0');
    await orders.requestCancel('j/0/0');
    await givenBack('work.waiting', { code: 'archiver.share-paused', details: { share: 'disk' } });
    await modes.set('disk', 'pause', word);
    const [fact] = await told();
    assert.deepEqual([fact?.code, fact?.facts], ['paused', { scope: 'share:disk', mode: 'pause', ...word }]);
    await modes.set('disk', 'run', word);
    const again = (await told())[0];
    assert.deepEqual(
      [again?.code, again?.facts],
      ['cancel.waiting', { kind: 'retrieve', code: 'archiver.share-paused', share: 'disk' }],
    );
    await orders.hastenCancelled('j/0/0', clock.now());
    await take();
    assert.deepEqual((await told())[0]?.facts, { kind: 'retrieve' }, 'it is being ended');
  });

  it('is one fact for a thousand orders that wait for the same, and at most twenty of a job', async () => {
    const record = (number: number, code: string) => ({
      ...{ _id: `j/0/${number}`, jobId: 'j', command: { kind: 'verify', data: { archiveId: 'a' } } },
      ...{ state: 'open', epoch: 1, attempts: 1, cancelRequested: false, outbox: { rows: [] } },
      ...{ acceptedAt: start, dueAt: later(1000), waitCode: 'work.waiting' },
      fault: { code, message: 'm', at: start, fault: 'system' },
    });
    await store.works.insertMany(
      Array.from({ length: 1000 }, (_, number) => record(number, 'storage.unavailable')) as never,
    );
    const [fact, ...others] = await told();
    assert.deepEqual([fact?.count, fact?.part, others], [1000, undefined, []]);
    await store.works.insertMany(
      Array.from({ length: 30 }, (_, number) => record(1000 + number, `code-${number}`)) as never,
    );
    const all = await told();
    assert.deepEqual([all.length, all[0]?.count], [20, 1000]);
  });
});
