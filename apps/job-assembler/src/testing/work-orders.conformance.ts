import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { cancelWorkV1 } from '#contracts';
import { newId } from '#kernel';
import { eventRow, type OutboxRow } from '#outbox';
import type { WorkOrder } from '../aggregates/records.js';
import type { WorkOrders } from '../aggregates/work-orders.js';
import type { Assembler } from './assembler.js';
import { rulesOf } from './release-rules.js';
import { archived, jobOf, messagesOf, orderOf } from './samples.js';

const now = new Date('2026-02-01T00:00:00Z');
const fault = { code: 'c', message: 'm', fault: 'system' as const };

/** What work orders must do, wherever they are kept. */
export function workOrdersConformance(name: string, open: () => Promise<Assembler>): void {
  describe(`${name} as work orders`, () => {
    let assembler: Assembler;
    let orders: WorkOrders;
    let job: string;

    beforeEach(async () => {
      assembler = await open();
      orders = assembler.orders;
      job = newId();
    });
    const id = (place: string): string => `${job}/${place}`;
    const put = (place: string, changes: Partial<WorkOrder> = {}): Promise<unknown> =>
      assembler.store.orders.insertOne(orderOf(id(place), changes));
    const at = (place: string): Promise<WorkOrder | null> =>
      assembler.store.orders.findOne({ _id: id(place) });
    const stateOf = async (place: string): Promise<string | undefined> => (await at(place))?.state;
    const how = () => ({ command: message(), now });
    const message = (): OutboxRow => eventRow(cancelWorkV1, { workOrderId: 'w', jobId: job }, now);
    const all = async <Row>(rows: AsyncIterable<Row>): Promise<Row[]> => {
      const found: Row[] = [];
      for await (const row of rows) found.push(row);
      return found;
    };

    it('let the draft of an older planner give way, and neither one of a newer planner nor work', async () => {
      const draft = (planner: number, archiveId: string) =>
        orders.draft({ ...orderOf(id('0/0'), { state: 'drafted', archiveId }), planner });
      assert.deepEqual(
        [await draft(1, 'first'), await draft(2, 'second'), await draft(1, 'late')],
        [true, true, false],
      );
      assert.equal((await at('0/0'))?.archiveId, 'second');
      await orders.planDrafts({ taskId: id('0') });
      assert.equal(await draft(3, 'third'), false);
      assert.deepEqual([(await at('0/0'))?.archiveId, await stateOf('0/0')], ['second', 'planned']);
    });

    it('lose the drafts of one planner, or of those before it, and nothing else', async () => {
      const drafts = [['0/0'], ['0/1', 1], ['0/2', 2], ['0/3', 3]] as const;
      for (const [place, planner] of drafts)
        await put(place, { state: 'drafted', ...(planner === undefined ? {} : { planner }) });
      await put('0/4', { state: 'planned', planner: 1 });
      await put('1/0', { state: 'drafted', planner: 1 });
      const left = async (): Promise<string[]> =>
        (await assembler.store.orders.find({ jobId: job }).sort({ _id: 1 }).toArray()).map(({ _id }) =>
          _id.slice(job.length + 1),
        );
      await orders.discardDrafts(id('0'), 3);
      assert.deepEqual(await left(), ['0/0', '0/1', '0/2', '0/4', '1/0']);
      await orders.discardDraftsBefore(id('0'), 2);
      assert.deepEqual(await left(), ['0/2', '0/4', '1/0'], 'also those from before there were tokens');
    });

    it('are used again by one job at a time, and never once they are discarded', async () => {
      const source = { kind: 'source-folder' as const, location: '/data' } as WorkOrder['source'];
      const files = { bucket: 'b', key: 'k', size: 1, sha256: 'list' };
      const before = { jobId: job, pid: 'p', sha256: 'list', location: '/data' };
      await put('0/0', { pid: 'p', state: 'done', source, files });
      assert.equal(await orders.useAgain('retry', { ...before, sha256: 'other' }), undefined);
      assert.equal(await orders.useAgain('retry', { ...before, location: '/elsewhere' }), undefined);
      assert.equal(await orders.useAgain('retry', { ...before, targets: ['disk'] }), undefined);
      assert.equal((await orders.useAgain('retry', before))?._id, id('0/0'));
      assert.equal((await orders.useAgain('retry', before))?._id, id('0/0'), 'repeated after a crash');
      assert.equal(await orders.useAgain('another', before), undefined);
      await orders.discard((await at('0/0'))!, message(), now);
      assert.equal(await orders.useAgain('retry', before), undefined);
    });

    it('that are drafted become work, are done where an earlier job did them, or are cancelled', async () => {
      await put('0/0', { state: 'drafted', planner: 1, share: 1 });
      await put('0/1', { state: 'drafted', planner: 1 });
      await put('0/2', { state: 'drafted', planner: 2 });
      const plan = { taskId: id('0'), planner: 1 };
      await orders.finishDoneBefore(plan);
      await orders.planDrafts(plan);
      assert.deepEqual(
        [await stateOf('0/0'), await stateOf('0/1'), await stateOf('0/2')],
        ['done', 'planned', 'drafted'],
      );
      await orders.cancelDrafts({ taskId: id('0') });
      assert.deepEqual([await stateOf('0/1'), await stateOf('0/2')], ['planned', 'cancelled']);
    });

    it('that were released are not taken back by a cancellation, planned and drafted ones are', async () => {
      await put('0/0', { state: 'drafted' });
      await put('0/1', { state: 'planned' });
      await put('0/2', { state: 'released' });
      await orders.cancelPlanned({ taskId: id('0') });
      assert.deepEqual([await stateOf('0/0'), await stateOf('0/1')], ['drafted', 'cancelled']);
      await orders.cancelUnreleased({ jobId: job });
      assert.deepEqual([await stateOf('0/0'), await stateOf('0/2')], ['cancelled', 'released']);
    });

    it('are offered by lane, the oldest first, and counted as slots once they are released', async () => {
      const group = newId();
      const later = new Date(now.getTime() + 1000);
      await put('0/0', { group, createdAt: later });
      await put('0/1', { group, createdAt: now });
      await put('0/2', { group, createdAt: now });
      assert.ok((await orders.groupsWaitingFor('lts-write')).includes(group));
      const lane = { group, target: 'lts-write' };
      const oldest = await orders.oldestPlanned(lane, 2);
      assert.deepEqual(
        oldest.map(({ id: found }) => found),
        [id('0/1'), id('0/2')],
      );
      assert.deepEqual(oldest[0], { id: id('0/1'), createdAt: now, priority: 1, ...lane });
      assert.equal(await orders.release(id('0/1'), how()), true);
      const slots = await orders.slots(rulesOf());
      assert.deepEqual([slots.ofGroup(group), slots.ofGroupAt(lane, ['lts'])], [1, 1]);
    });

    it('are released once, with their command, and not when they were cancelled meanwhile', async () => {
      await put('0/0');
      await put('0/1', { state: 'cancelled' });
      assert.equal((await orders.planned(id('0/0')))?._id, id('0/0'));
      assert.equal(await orders.release(id('0/0'), how()), true);
      assert.equal(await orders.release(id('0/0'), how()), false);
      assert.equal(await orders.release(id('0/1'), how()), false);
      const released = await at('0/0');
      assert.deepEqual(
        [released?.state, released?.releasedAt, released?.outbox.dueAt],
        ['released', now, now],
      );
      assert.deepEqual([messagesOf(released).length, messagesOf(await at('0/1')).length], [1, 0]);
      assert.equal(await orders.planned(id('0/0')), undefined);
      assert.deepEqual(await all(orders.released(job)), [{ _id: id('0/0') }]);
    });

    it('are asked to stop only while they are released', async () => {
      await put('0/0', { state: 'released' });
      await put('0/1', { state: 'done' });
      assert.deepEqual(
        [await orders.askToStop(id('0/0'), message()), await orders.askToStop(id('0/1'), message())],
        [true, false],
      );
      assert.deepEqual([messagesOf(await at('0/0')).length, messagesOf(await at('0/1')).length], [1, 0]);
    });

    it('end once, and only from released', async () => {
      await put('0/0', { state: 'released' });
      await put('0/1', { state: 'planned' });
      assert.equal(await orders.end(id('0/0'), { state: 'done', result: archived }, now), id('0'));
      assert.equal(await orders.end(id('0/0'), { state: 'failed', fault }, now), undefined);
      assert.equal(await orders.end(id('0/1'), { state: 'cancelled' }, now), undefined);
      const done = await at('0/0');
      assert.deepEqual(
        [done?.state, done?.share, done?.result, done?.fault],
        ['done', 1, archived, undefined],
      );
      assert.deepEqual([await orders.taskOf(id('0/1')), await orders.taskOf('none')], [id('0'), undefined]);
    });

    it('remember why they failed, and what could not be done after their end', async () => {
      await put('0/0', { state: 'released' });
      await orders.end(id('0/0'), { state: 'failed', fault }, now);
      await orders.noteFault(id('0/0'), 'discard', fault);
      await orders.noteOriginals(id('0/0'), { released: 2, kept: 1 });
      const { discardFault, originals } = (await at('0/0'))!;
      assert.deepEqual([discardFault, originals], [fault, { released: 2, kept: 1 }]);
      assert.deepEqual(
        [await orders.firstFault(id('0')), await orders.firstFault('none')],
        [fault, undefined],
      );
    });

    it('never go back in their progress, and say what they wait for until they go on', async () => {
      await put('0/0', { state: 'released' });
      await orders.progress(id('0/0'), {
        ...{ share: 0.5, heardAt: now, waits: { reason: 'no room', code: 'quota.full' } },
      });
      assert.equal((await at('0/0'))?.waitCode, 'quota.full');
      assert.deepEqual([(await at('0/0'))?.share, (await at('0/0'))?.waits], [0.5, 'no room']);
      await orders.progress(id('0/0'), { share: 0.2, heardAt: now });
      const { share, waits, waitCode, heardAt } = (await at('0/0'))!;
      assert.deepEqual([share, waits, waitCode, heardAt], [0.5, undefined, undefined, now]);
      assert.deepEqual(await orders.bytes(job), { total: 10, done: 5 });
      assert.deepEqual(await orders.bytes('none'), { total: 0, done: 0 });
    });

    it('have their slot where the archiver says that it reads, if that is one of their targets', async () => {
      const reading = { target: 'read:r@tape|disk', targets: ['tape', 'disk'], kind: 'retrieve' } as const;
      const group = newId();
      await put('0/0', { ...reading, group, state: 'released', readAt: 'tape' });
      await put('0/1', { ...reading, group, state: 'done', readAt: 'tape' });
      await put('0/2', { group, state: 'released', targets: ['tape', 'disk'] });
      const told = { share: 0, heardAt: now };
      for (const place of ['0/0', '0/1', '0/2'])
        for (const readAt of ['elsewhere', 'disk', 'disk', undefined])
          await orders.progress(id(place), { ...told, readAt });
      assert.deepEqual(
        [(await at('0/0'))?.readAt, (await at('0/1'))?.readAt, (await at('0/2'))?.readAt],
        ['disk', 'tape', undefined],
      );
      const slots = await orders.slots(rulesOf());
      const lane = { group, target: reading.target };
      assert.deepEqual([slots.ofGroupAt(lane, ['tape']), slots.ofGroupAt(lane, ['disk'])], [0, 1]);
    });

    it('are counted by state, of a plan, a dataset or a job', async () => {
      await put('0/0', { state: 'done', planner: 2 });
      await put('0/1', { state: 'drafted', planner: 1 });
      await put('1/0', { state: 'cancelled' });
      assert.deepEqual(await orders.counts({ taskId: id('0'), planner: 2 }), { done: 1 });
      assert.deepEqual(await orders.counts({ taskId: id('0') }), { done: 1, drafted: 1 });
      const byTask = await orders.countsByTask({ jobId: job });
      assert.deepEqual(
        [byTask.get(id('0')), byTask.get(id('1'))],
        [{ done: 1, drafted: 1 }, { cancelled: 1 }],
      );
      assert.deepEqual([...(await orders.countsByTask({ taskIds: [id('1')] })).keys()], [id('1')]);
    });

    it('are counted together with those whose orders to outside targets are not there yet', async () => {
      const outsideTargets = ['tape'];
      await put('0/0', { state: 'done', outsideTargets });
      await put('0/1', { state: 'done', outsideTargets, outsidePlanned: true });
      await put('0/2', { state: 'released', outsideTargets });
      await put('0/3', { state: 'done' });
      await put('0/4', { state: 'done', outsideTargets: [] });
      await put('0/5', { state: 'done', outsideTargets: ['vault'] });
      const scope = { taskId: id('0') };
      assert.deepEqual(await orders.countsToSettle(scope), { done: 5, released: 1, toFollow: 2 });
      await assembler.outside.noteFollowed(id('0/0'));
      await assembler.outside.noteFollowed(id('0/5'));
      assert.deepEqual(await orders.countsToSettle(scope), { done: 5, released: 1 });
    });

    it('are listed in the order of archive ids when they are done, and by job when they were retrieved', async () => {
      await put('0/0', { state: 'done', archiveId: 'b' });
      await put('0/1', { state: 'done', archiveId: 'a', kind: 'retrieve' });
      await put('0/2', { state: 'released', archiveId: '0' });
      assert.deepEqual(
        (await all(orders.done(id('0')))).map(({ archiveId }) => archiveId),
        ['a', 'b'],
      );
      assert.deepEqual(
        (await all(orders.retrieved(job))).map(({ _id }) => _id),
        [id('0/1')],
      );
    });

    it('ask once to release originals that lie in the landing zone', async () => {
      const inZone = { kind: 'landing-zone', location: 'l', bucket: 'z' } as WorkOrder['source'];
      await put('0/0', { state: 'done', source: inZone });
      await put('0/1', {
        state: 'done',
        source: { ...inZone, kind: 'source-folder' } as WorkOrder['source'],
      });
      assert.deepEqual(
        (await all(orders.withOriginals(id('0')))).map(({ _id }) => _id),
        [id('0/0')],
      );
      assert.equal(await orders.askToReleaseOriginals(id('0/0'), message(), now), true);
      assert.equal(await orders.askToReleaseOriginals(id('0/0'), message(), now), false);
      assert.deepEqual(await all(orders.withOriginals(id('0'))), []);
      assert.equal(messagesOf(await at('0/0')).length, 1);
    });

    it('of a reset are set aside once', async () => {
      await put('0/0', { state: 'done', kind: 'reset' });
      await put('0/1', { state: 'done', kind: 'archive' });
      assert.deepEqual(
        (await all(orders.toSetAside(id('0')))).map(({ _id }) => _id),
        [id('0/0')],
      );
      assert.equal(await orders.setAside(id('0/0'), message(), now), true);
      assert.equal(await orders.setAside(id('0/0'), message(), now), false);
      assert.equal((await at('0/0'))?.discardedAt?.getTime(), now.getTime());
    });

    it('that nobody registered are discarded, unless a retried job has begun to use them since they were seen', async () => {
      await put('0/0', { state: 'done' });
      await put('0/1', { state: 'failed' });
      await put('0/2', { state: 'done', registered: true });
      const [first, second, ...others] = await all(orders.unregistered(id('0'), ['done', 'failed']));
      assert.deepEqual([first?._id, second?._id, others], [id('0/0'), id('0/1'), []]);
      await assembler.store.orders.updateOne({ _id: id('0/0') }, { $set: { usedBy: 'retry' } });
      assert.equal(await orders.discard(first!, message(), now), false);
      assert.equal(await orders.discard(second!, message(), now), true);
      assert.equal(await orders.discard(second!, message(), now), false);
      assert.deepEqual((await all(orders.unregistered(id('0'), ['done', 'failed']))).length, 1);
      await orders.registerUsed('retry', `pid-${id('0')}`);
      assert.equal((await at('0/0'))?.registered, true);
      assert.equal(await orders.discard((await at('0/0'))!, message(), now), false);
    });

    it('say who else names their datablock', async () => {
      const archiveId = newId();
      await put('0/0', { archiveId });
      const mine = (await at('0/0'))!;
      assert.deepEqual(
        [await orders.isUsedBy(job, archiveId), await orders.isNamedByOthers(mine)],
        [true, false],
      );
      await assembler.store.orders.insertOne(orderOf(`${newId()}/0/0`, { archiveId }));
      assert.equal(await orders.isNamedByOthers(mine), true);
      await assembler.store.orders.updateOne({ _id: id('0/0') }, { $set: { state: 'cancelled' } });
      assert.equal(await orders.isUsedBy(job, archiveId), false);
    });

    it('note once when the archiver has accepted all messages, and anew after another message', async () => {
      await put('0/0', { state: 'released' });
      await orders.noteAcceptance(now);
      await orders.noteAcceptance(new Date(now.getTime() + 5));
      assert.deepEqual((await orders.releasedWork(job))[0]?.acceptedAt, now);
      await orders.askToStop(id('0/0'), message());
      await orders.noteAcceptance(now);
      const [released] = await orders.releasedWork(job);
      assert.deepEqual([released?.acceptedAt, released?.outbox.rows], [undefined, [{ time: now }]]);
    });

    it('tell by which routes they were planned, each once', async () => {
      await put('0/0', { route: 'b' });
      await put('0/1', { route: 'a', state: 'done' });
      await put('0/2', { route: 'a' });
      await put('0/3');
      assert.deepEqual(await orders.routesOf(job), ['a', 'b']);
    });

    it('are needed while a message is under way or the archiver has them, and forgotten by job', async () => {
      await put('0/0', { state: 'released' });
      assert.deepEqual([await orders.lanesOf(job), await orders.isNeeded(job)], [[], true]);
      await orders.end(id('0/0'), { state: 'cancelled' }, now);
      assert.equal(await orders.isNeeded(job), false);
      await orders.setAside(id('0/0'), message(), now);
      assert.equal(await orders.isNeeded(job), true);
      await put('0/1');
      await put('0/2');
      assert.deepEqual(await orders.lanesOf(job), ['lts-write']);
      await put('0/3', { target: 'lts-read' });
      await put('0/4', { priority: 2, createdAt: new Date(1) });
      await put('0/5', { createdAt: new Date(0), deferredUntil: new Date(2) });
      assert.deepEqual(await orders.nextOf(job, 'lts-write'), {
        ...{ id: id('0/4'), group: (await at('0/4'))?.group, target: 'lts-write' },
        ...{ createdAt: new Date(1), priority: 2 },
      });
      assert.equal(await orders.nextOf(job, 'read:r@tape'), undefined);
      assert.ok((await orders.lanesWaiting()).includes('lts-write'));
      await assembler.store.jobs.insertOne(jobOf(job));
      await orders.forget(job);
      assert.deepEqual([await at('0/0'), await at('0/1')], [null, null]);
    });
  });
}
