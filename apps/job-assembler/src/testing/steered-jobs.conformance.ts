import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { cancelWorkV1 } from '#contracts';
import { newId } from '#kernel';
import { eventRow } from '#outbox';
import type { AssemblyJob, WorkOrder } from '../aggregates/records.js';
import { movedReason } from '../domain/lane-reasons.js';
import type { Assembler } from './assembler.js';
import { meanwhileOn } from './meanwhile.js';
import { rulesOf } from './release-rules.js';
import { jobOf, messagesOf, orderOf } from './samples.js';

const now = new Date('2026-02-01T00:00:00Z');
const after = (milliseconds: number): Date => new Date(now.getTime() + milliseconds);
const word = { by: 'olga', reason: 'beamtime', now };
const totals = { datasets: 1, bytes: 1 };

/** What operators' words about jobs must do to jobs and their work, wherever they are kept. */
export function steeredJobsConformance(name: string, open: () => Promise<Assembler>): void {
  describe(`${name} as jobs that operators steer`, () => {
    let assembler: Assembler;
    let id: string;
    beforeEach(async () => {
      assembler = await open();
      await assembler.store.jobs.deleteMany({});
      await assembler.store.orders.deleteMany({});
      id = newId();
    });
    const put = (changes: Partial<AssemblyJob> = {}): Promise<unknown> =>
      assembler.store.jobs.insertOne(jobOf(id, { planningUntil: now, ...changes }));
    const putOrder = (place: string, changes: Partial<WorkOrder> = {}): Promise<unknown> =>
      assembler.store.orders.insertOne(orderOf(`${id}/${place}`, changes));
    const at = async (place: string): Promise<WorkOrder> =>
      (await assembler.store.orders.findOne({ _id: `${id}/${place}` }))!;
    const command = eventRow(cancelWorkV1, { workOrderId: 'w', jobId: 'j' }, now);
    const lane = { group: 'g', target: 'lts-write' };
    const offered = async (): Promise<[string, number][]> =>
      (await assembler.orders.oldestPlanned(lane, 9)).map((one) => [one.id.split('/').at(-1)!, one.priority]);

    it('have a priority, and say who gave it last', async () => {
      await put();
      const first = await assembler.jobs.prioritise(id, 0, word);
      assert.deepEqual(
        [first?.priority, first?.steering],
        [0, { version: 1, by: 'olga', at: now, reason: 'beamtime', what: 'priority' }],
      );
      assert.equal((await assembler.jobs.prioritise(id, 2, { ...word, by: 'ben' }))?.steering?.version, 2);
      assert.equal((await assembler.jobs.find(id))?.priority, 2);
    });

    it('are held until an operator lets them go, and held once; whoever is late misses', async () => {
      await put();
      const held = await assembler.jobs.hold(id, undefined, { ...word, entry: 'e1' });
      assert.deepEqual([held?.held, held?.steering?.what, held?.steering?.entry], [true, 'hold', 'e1']);
      assert.equal(await assembler.jobs.hold(id, undefined, { ...word, by: 'ben' }), undefined);
      assert.deepEqual(
        messagesOf(await assembler.store.jobs.findOne({ _id: id })),
        ['assembly.job-steered.v1'],
        'in the same write, and of the one who was obeyed',
      );
      assert.equal(await assembler.jobs.takeDue(after(86_400_000), 1000), undefined, 'it is not planned');
      assert.deepEqual(
        (await assembler.jobs.held(now, 9)).map(({ _id }) => _id),
        [id],
      );
      const both = await Promise.all(
        ['anna', 'ben'].map((by) => assembler.jobs.letGo(id, { ...word, by, now: after(5) })),
      );
      assert.equal(both.filter((one) => one !== undefined).length, 1, 'one of two at once');
      assert.equal((await assembler.jobs.takeDue(after(6), 1000))?._id, id);
      assert.deepEqual(await assembler.jobs.held(after(6), 9), []);
      assert.equal(await assembler.jobs.letGo(id, { ...word, now: after(7) }), undefined);
    });

    it('that have begun are held as well, and are held no more when their time has come', async () => {
      await put({ state: 'running', totals });
      assert.ok(await assembler.jobs.hold(id, after(100), word));
      assert.equal((await assembler.jobs.held(after(99), 9)).length, 1);
      assert.equal((await assembler.jobs.held(after(100), 9)).length, 0);
      assert.equal(await assembler.jobs.letGo(id, { ...word, now: after(100) }), undefined);
      const again = await assembler.jobs.hold(id, undefined, { ...word, now: after(101) });
      assert.equal(again?.held, true, 'it may be held again');
      await assembler.store.jobs.updateOne({ _id: id }, { $set: { cancelRequested: true } });
      assert.equal(await assembler.jobs.hold(id, undefined, { ...word, now: after(104) }), undefined);
    });

    it('keep the time they had while they are held: it counts again when they are let go', async () => {
      for (const begun of [{}, { state: 'running' as const, totals }]) {
        id = newId();
        await put(begun);
        const timeOf = async () => {
          const { notBefore, deferredUntil = notBefore } = (await assembler.jobs.find(id))!;
          return deferredUntil;
        };
        await assembler.jobs.defer(id, after(500), { ...word, by: 'ben' });
        const held = (await assembler.jobs.hold(id, undefined, { ...word, now: after(1) }))!;
        assert.deepEqual([held.hold?.by, held.hold?.earlier], ['olga', after(500)]);
        await assembler.jobs.prioritise(id, 0, { ...word, by: 'anna', now: after(2) });
        const paused = movedReason((await assembler.jobs.find(id))!, after(600));
        assert.deepEqual([paused?.code, paused?.facts['by']], ['paused', 'olga']);
        assert.ok(await assembler.jobs.letGo(id, { ...word, now: after(3) }));
        assert.deepEqual(await timeOf(), after(500));
        const deferred = movedReason((await assembler.jobs.find(id))!, after(4));
        assert.deepEqual([deferred?.code, deferred?.facts['by']], ['deferred', 'ben']);
        assert.ok(await assembler.jobs.hold(id, after(100), { ...word, now: after(5) }));
        assert.deepEqual(await timeOf(), after(500), 'a hold that ends before makes it no earlier');
        assert.equal(movedReason((await assembler.jobs.find(id))!, after(100))?.code, 'deferred');
        assert.equal(await assembler.jobs.letGo(id, { ...word, now: after(100) }), undefined);
        assert.ok(await assembler.jobs.hold(id, after(900), { ...word, now: after(101) }));
        assert.deepEqual(await timeOf(), after(900));
        assert.ok(await assembler.jobs.letGo(id, { ...word, now: after(600) }));
        assert.equal(await timeOf(), undefined, 'its time has come meanwhile');
        assert.equal(movedReason((await assembler.jobs.find(id))!, after(600)), undefined);
      }
    });

    it('stay held by who holds them when another defers them: the time counts when they are let go', async () => {
      for (const begun of [{}, { state: 'running' as const, totals }]) {
        id = newId();
        await put(begun);
        const stateAt = async (now: Date) => {
          const { notBefore, deferredUntil = notBefore, ...job } = (await assembler.jobs.find(id))!;
          return [movedReason({ ...job, deferredUntil }, now)?.facts['by'], deferredUntil];
        };
        await assembler.jobs.hold(id, after(100), word, 'drain');
        const deferred = (await assembler.jobs.defer(id, after(500), { ...word, by: 'ben', now: after(1) }))!;
        assert.deepEqual(deferred.hold, {
          ...{ by: 'olga', reason: 'beamtime', at: now, mode: 'drain' },
          ...{ until: after(100), earlier: after(500) },
        });
        const news = (await assembler.store.jobs.findOne({ _id: id }))!.outbox.rows.at(-1)?.envelope;
        assert.equal((news?.data as { until?: string }).until, after(500).toISOString());
        assert.deepEqual(await stateAt(after(99)), ['olga', after(500)]);
        assert.deepEqual(await stateAt(after(100)), ['ben', after(500)]);
        assert.ok(await assembler.jobs.defer(id, undefined, { ...word, by: 'ben', now: after(2) }));
        assert.deepEqual(await stateAt(after(99)), ['olga', after(100)], 'at once: when it is let go');
        assert.ok(await assembler.jobs.letGo(id, { ...word, now: after(3) }));
        assert.deepEqual(await stateAt(after(3)), [undefined, undefined]);
      }
    });

    it('are held by what they are when the write comes, not by what they were', async () => {
      await put();
      let words = 0;
      const jobs = meanwhileOn(assembler.store.jobs, 'findOneAndUpdate', async () => {
        if ((words += 1) === 1) await assembler.jobs.defer(id, after(500), { ...word, by: 'ben' });
      });
      const held = await assembler.with({ jobs }).jobs.hold(id, undefined, word);
      assert.deepEqual(held?.hold?.earlier, after(500));
    });

    it('are found many at once, without their messages', async () => {
      await put();
      const found = await assembler.jobs.findAll([id, 'none']);
      assert.deepEqual(
        found.map((job) => [job._id, 'outbox' in job]),
        [[id, false]],
      );
    });

    it('have work that is listed page by page, newest first, without drafts', async () => {
      for (let n = 0; n < 7; n += 1)
        await putOrder(`0/${n}`, {
          ...{ createdAt: after(n < 4 ? 0 : n), targets: [n % 2 === 0 ? 'a' : 'b'] },
          ...(n === 6 ? { state: 'drafted' } : {}),
        });
      const seen: string[] = [];
      for (let place: string | undefined; ;) {
        const { items, next } = await assembler.figures.page({ jobId: id }, place, 2);
        seen.push(...items.map((one) => one.id));
        if ((place = next) === undefined) break;
      }
      assert.deepEqual(
        seen.map((one) => one.split('/').at(-1)),
        ['5', '4', '3', '2', '1', '0'],
      );
      const { items } = await assembler.figures.page(
        { jobId: id, target: 'b', state: 'planned' },
        undefined,
        9,
      );
      assert.deepEqual(
        items.map((one) => [one.id.split('/').at(-1), one.lane]),
        [
          ['5', 'lts-write'],
          ['3', 'lts-write'],
          ['1', 'lts-write'],
        ],
      );
    });

    it('know their place in line, and what is still under way of what a pause holds back', async () => {
      const other = newId();
      for (let n = 0; n < 3; n += 1)
        await assembler.store.orders.insertOne(orderOf(`${other}/0/${n}`, { createdAt: after(n) }));
      await putOrder('0/0', { createdAt: after(2) });
      await putOrder('0/1', { state: 'done', endedAt: after(5) });
      await putOrder('0/2', { state: 'released', readAt: 'tape', targets: ['tape', 'disk'], group: 'h' });
      await putOrder('0/3', { state: 'released', targets: ['tape', 'disk'], route: 'r' });
      assert.deepEqual(await assembler.figures.placeIn(id, 'lts-write', now), {
        ...{ before: 2, endedSince: 1, isShared: false },
      });
      assert.equal(await assembler.figures.placeIn('none', 'lts-write', now), undefined);
      const left = (scope: Parameters<typeof assembler.figures.countReleased>[0]) =>
        assembler.figures.countReleased(scope);
      assert.deepEqual(
        await Promise.all([
          left('all'),
          left('group:h'),
          left('route:r'),
          left(`job:${id}`),
          left('job:none'),
        ]),
        [2, 1, 1, 2, 0],
      );
      assert.deepEqual(
        await Promise.all([left('target:tape'), left('target:disk'), left('target:other')]),
        [2, 1, 0],
        'what is read at the tape is not under way at the disk',
      );
    });

    it('obey no one who has not seen the last word, and nobody once they are over', async () => {
      await put();
      assert.ok(await assembler.jobs.prioritise(id, 0, { ...word, version: 0 }));
      assert.equal(await assembler.jobs.prioritise(id, 2, { ...word, version: 0 }), undefined);
      assert.equal(await assembler.jobs.defer(id, after(9), { ...word, version: 0 }), undefined);
      assert.ok(await assembler.jobs.defer(id, after(9), { ...word, version: 1 }));
      const both = await Promise.all(
        [0, 2].map((one) => assembler.jobs.prioritise(id, one as 0 | 2, { ...word, version: 2 })),
      );
      assert.equal(both.filter((one) => one !== undefined).length, 1, 'one of two at once');
      await assembler.store.jobs.updateOne({ _id: id }, { $set: { state: 'finished' } });
      assert.equal(await assembler.jobs.prioritise(id, 0, word), undefined);
      assert.equal(await assembler.jobs.defer(id, undefined, word), undefined);
    });

    it('that have not begun begin at their new time, whoever planned them a moment before', async () => {
      await put();
      const planner = (await assembler.jobs.takeDue(now, 100))!;
      assert.deepEqual((await assembler.jobs.defer(id, after(500), word))?.notBefore, after(500));
      assert.equal(await assembler.jobs.renew(planner, after(100)), false);
      assert.equal(await assembler.jobs.takeDue(after(499), 100), undefined);
      assert.equal((await assembler.jobs.takeDue(after(500), 100))?._id, id);
    });

    it('that wait for a time of their own begin at once when an operator says so', async () => {
      await put({ planningUntil: after(900), notBefore: after(900) });
      assert.equal((await assembler.jobs.defer(id, undefined, word))?.notBefore, undefined);
      assert.equal((await assembler.jobs.takeDue(now, 100))?._id, id);
    });

    it('that have begun stay among those that are looked after, and release nothing more until then', async () => {
      await put({ state: 'running', totals });
      const job = (await assembler.jobs.defer(id, after(500), word))!;
      assert.deepEqual([job.deferredUntil, job.notBefore], [after(500), undefined]);
      const underWay: string[] = [];
      for await (const { _id } of assembler.jobs.underWay(now, 9)) underWay.push(_id);
      assert.deepEqual(underWay, [id]);
      await put({ _id: `${id}-c`, state: 'running', totals, cancelRequested: true });
      assert.equal(await assembler.jobs.defer(`${id}-c`, after(500), word), undefined, 'it is to end');
    });

    it('that were moved to a later time since a planner took them do not begin with it', async () => {
      await put();
      await assembler.jobs.takeDue(now, 100);
      assert.ok(await assembler.jobs.defer(id, after(500), word));
      assert.equal(await assembler.jobs.announce(id, totals, command, now), false);
      assert.equal((await assembler.jobs.find(id))?.totals, undefined);
      assert.equal(await assembler.jobs.announce(id, totals, command, after(500)), true);
      const begun = await assembler.jobs.defer(id, after(900), word);
      assert.deepEqual([begun?.deferredUntil, begun?.notBefore], [after(900), after(500)]);
    });

    it('are planned while their group, or everything, is paused only to end them', async () => {
      await put();
      assert.equal(await assembler.jobs.takeDue(now, 100, 'all'), undefined);
      assert.equal(await assembler.jobs.takeDue(now, 100, ['g']), undefined);
      assert.equal((await assembler.jobs.takeDue(now, 100, ['h']))?._id, id);
      await assembler.jobs.requestCancel(id, now);
      assert.equal((await assembler.jobs.takeDue(after(200), 100, ['g']))?._id, id);
      assert.equal((await assembler.jobs.takeDue(after(400), 100, 'all'))?._id, id);
    });

    it('that are held back stand in the way of no other, however long they have been due', async () => {
      await assembler.store.jobs.insertMany([
        ...[1, 2, 3].map((n) => jobOf(`${id}-h${n}`, { group: `held-${id}`, planningUntil: after(-n) })),
        ...[1, 2].map((n) => jobOf(`${id}-o${n}`, { group: `other-${n}-${id}`, planningUntil: after(-n) })),
      ]);
      await assembler.jobs.requestCancel(`${id}-h2`, now);
      const taken = [];
      for (let look = 0; look < 4; look += 1)
        taken.push((await assembler.jobs.takeDue(now, 100, [`held-${id}`]))?._id);
      assert.deepEqual(taken, [`${id}-h2`, `${id}-o2`, `${id}-o1`, undefined]);
    });

    it('are remembered until their work has heard the last word', async () => {
      await put();
      await assembler.jobs.prioritise(id, 0, word);
      await assembler.jobs.prioritise(id, 2, word);
      await assembler.jobs.noteSteered(id, 1);
      assert.deepEqual(
        (await assembler.jobs.toSteer(9)).map(({ _id }) => _id),
        [id],
      );
      await assembler.jobs.noteSteered(id, 2);
      assert.deepEqual(await assembler.jobs.toSteer(9), []);
    });

    it('give their work a priority and a time, as long as it is not released; a word that comes late changes nothing', async () => {
      await putOrder('0/0', { state: 'drafted', priority: 1 });
      await putOrder('0/1');
      await putOrder('0/2', { state: 'released', priority: 1 });
      await assembler.steered.hear({ jobId: id }, { version: 2, priority: 0, deferredUntil: after(9) });
      await assembler.steered.hear({ jobId: id }, { version: 1, priority: 2 });
      for (const place of ['0/0', '0/1']) {
        const { priority, deferredUntil, steered } = await at(place);
        assert.deepEqual([priority, deferredUntil, steered], [0, after(9), 2]);
      }
      assert.equal((await at('0/2')).priority, 1);
      await putOrder('1/0');
      await assembler.steered.hear({ taskId: `${id}/0` }, { version: 3, priority: 0 });
      assert.equal((await at('1/0')).priority, undefined, "another dataset's");
      assert.equal((await at('0/1')).deferredUntil, undefined);
    });

    it('offer of each priority the oldest work that is not deferred; work of before 0.6 is normal', async () => {
      await putOrder('0/a', { createdAt: after(1) });
      await putOrder('0/b', { createdAt: after(2), priority: 1 });
      await putOrder('0/c', { createdAt: after(3), priority: 0 });
      await putOrder('0/d', { createdAt: after(0), priority: 2 });
      await putOrder('0/e', { createdAt: after(0), priority: 0, deferredUntil: after(9) });
      assert.deepEqual(await offered(), [
        ['c', 0],
        ['a', 1],
        ['b', 1],
        ['d', 2],
      ]);
      await assembler.steered.endDeferrals(after(8));
      assert.equal((await offered()).length, 4);
      await assembler.steered.endDeferrals(after(9));
      assert.deepEqual((await offered())[0], ['e', 0]);
    });

    it('do not see work released that is deferred between the look and the write', async () => {
      await putOrder('0/0');
      const orders = meanwhileOn(assembler.store.orders, 'updateOne', () =>
        assembler.steered.hear({ jobId: id }, { version: 1, deferredUntil: after(9) }),
      );
      const late = assembler.with({ orders }).orders;
      assert.ok(await late.planned(`${id}/0/0`));
      assert.equal(await late.release(`${id}/0/0`, { command, now }), false);
      assert.deepEqual([(await at('0/0')).state, (await at('0/0')).outbox.rows], ['planned', []]);
    });

    it('count what waits at the archiver for something that is away at its targets, and against nobody else', async () => {
      await putOrder('0/0', { target: 'write:r@a', state: 'released', waits: 'x', waitCode: 'work.waiting' });
      await putOrder('0/1', { target: 'write:r@a', state: 'released', waits: 'x', waitCode: 'work.queued' });
      const slots = await assembler.orders.slots(rulesOf());
      assert.deepEqual([slots.at('a', 'write'), slots.ofAll(), slots.ofGroup('g')], [2, 1, 1]);
    });

    it('count the slots of work that reads at the target that was chosen for it', async () => {
      await putOrder('0/0', { target: 'read:r@a|b' });
      await putOrder('0/1', { target: 'write:r@a+b', state: 'released' });
      await assembler.orders.release(`${id}/0/0`, { command, now, readAt: 'b' });
      const slots = await assembler.orders.slots(rulesOf());
      assert.deepEqual([slots.at('a', 'read'), slots.at('b', 'read')], [0, 1]);
      assert.deepEqual([slots.at('a', 'write'), slots.at('b', 'write'), slots.ofAll()], [1, 1, 2]);
    });
  });
}
