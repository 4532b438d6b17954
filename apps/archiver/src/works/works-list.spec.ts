import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import type { OutboxRelay } from '#outbox';
import { TargetNames } from '../domain/target-names.js';
import type { ArchiverStore } from '../persistence/archiver-store.js';
import { WorkOrders } from '../persistence/work-orders.js';
import { memoryArchiverStore } from '../testing/memory-archiver-store.js';
import { WorksList } from '../persistence/operators/works-list.js';

describe('Work in the hands of operators', () => {
  let clock: ManualClock;
  let store: ArchiverStore;
  let orders: WorkOrders;
  let works: WorksList;

  beforeEach(() => {
    clock = new ManualClock(new Date('2026-01-01T00:00:00Z'));
    store = memoryArchiverStore();
    orders = new WorkOrders(store, { wake: () => undefined } as unknown as OutboxRelay);
    works = new WorksList(store, clock, new TargetNames());
  });

  const later = (milliseconds: number): Date => new Date(clock.now().getTime() + milliseconds);
  const accept = (workOrderId: string, jobId = 'j', target = 'disk'): Promise<void> =>
    orders.accept({
      command: { kind: 'verify', data: { workOrderId, jobId, pid: 'p', archiveId: 'a' } },
      ...{ acceptedAt: clock.now(), dueAt: clock.now(), context: undefined },
      needs: { of: 'all', targets: [target] },
    });
  async function waiting(id: string): Promise<void> {
    await accept(id);
    const fault = {
      code: 'long-term-storage.full',
      message: 'full',
      at: clock.now(),
      fault: 'system' as const,
    };
    const order = (await orders.takeDue(clock.now(), later(10)))!;
    await orders.giveBack(order, {
      dueAt: later(60_000),
      attempts: 1,
      pause: 60_000,
      fault,
      waitCode: 'quota.full',
    });
  }

  it('is listed by state, job and share, page by page, with how far it is and why it waits', async () => {
    await waiting('j/0/0');
    for (let number = 1; number < 6; number += 1) await accept(`k/0/${number}`, 'k', 'tape');
    await orders.takeDue(clock.now(), later(10));
    const ids = async (query: object) =>
      (await works.page({ limit: 50, ...query })).items.map(({ id }) => id);
    assert.equal((await ids({})).length, 6);
    assert.deepEqual(await ids({ jobId: 'j', share: 'disk' }), ['j/0/0']);
    assert.equal((await ids({ share: 'tape' })).length, 5);
    assert.deepEqual(await ids({ state: 'done' }), []);
    const first = await works.page({ limit: 4 });
    const second = await works.page({ limit: 4, after: first.next! });
    assert.deepEqual([first.items.length, second.items.length, second.next], [4, 2, undefined]);
    const [waits, runs] = first.items;
    assert.deepEqual(
      [waits?.standing, waits?.waitCode, waits?.fault?.code, runs?.standing],
      ['waits', 'quota.full', 'long-term-storage.full', 'runs'],
    );
    await assert.rejects(works.page({ limit: 1, state: 'odd' }), { code: 'operations.not-possible' });
    await assert.rejects(works.find('unknown'), { code: 'operations.not-there' });
  });

  it('that waits is tried at once, for the first who says so; the other one is told who did', async () => {
    await waiting('j/0/0');
    const results = await Promise.allSettled(
      ['olga', 'anna'].map((by) => works.tryNow('j/0/0', { by, entry: `of ${by}` })),
    );
    assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    const { reason } = results.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    assert.match((reason as Error).message, /found that (olga|anna) has had it tried at 2026/);
    assert.equal((await works.find('j/0/0')).standing, 'due');
    const [olga, anna] = await Promise.all(
      ['of olga', 'of anna'].map((entry) => works.hurriedUnder('j/0/0', entry)),
    );
    assert.deepEqual([olga === undefined, anna === undefined].sort(), [false, true]);
    assert.equal((await orders.takeDue(clock.now(), later(10)))?._id, 'j/0/0');
  });

  it('that runs, or is over, is left alone', async () => {
    await accept('j/0/0');
    const order = (await orders.takeDue(clock.now(), later(10)))!;
    const word = { by: 'olga', entry: 'e' };
    await assert.rejects(works.tryNow('j/0/0', word), { code: 'operations.changed-meanwhile' });
    assert.deepEqual((await store.works.findOne({ _id: 'j/0/0' }))?.dueAt, later(10));
    await orders.end(order, 'done', [], { at: clock.now() });
    await assert.rejects(works.tryNow('j/0/0', word), /found that it is done since 2026/);
  });

  it('that removes originals is not tried before its grace is over, but may be when it waits afterwards', async () => {
    const data = { workOrderId: 'j/0/0', jobId: 'j', pid: 'p' };
    const code = 'archiver.deferred';
    await orders.accept({
      command: { kind: 'release', data } as never,
      ...{ acceptedAt: clock.now(), dueAt: later(3_600_000), context: undefined },
      fault: { code, message: 'grace', at: clock.now(), fault: 'system' },
    });
    const word = { by: 'olga', entry: 'e' };
    await assert.rejects(works.tryNow('j/0/0', word), (error: Error & { code?: string }) => {
      assert.match(error.message, /waits until 2026-01-01T01:00:00.000Z \(RELEASE_GRACE\)/);
      return error.code === 'operations.not-possible';
    });
    assert.deepEqual((await store.works.findOne({ _id: 'j/0/0' }))?.dueAt, later(3_600_000));
    clock.advance(3_600_000);
    const order = (await orders.takeDue(clock.now(), later(10)))!;
    const fault = { code, message: 'full', at: clock.now(), fault: 'system' as const };
    await orders.giveBack(order, { dueAt: later(60_000), attempts: 1, pause: 60_000, fault });
    await works.tryNow('j/0/0', word);
    assert.equal((await orders.takeDue(clock.now(), later(10)))?._id, 'j/0/0');
  });
});
