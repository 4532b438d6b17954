import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { jobStartedV1 } from '#contracts';
import { newId } from '#kernel';
import { eventRow, type OutboxRow } from '#outbox';
import type { Jobs } from '../aggregates/jobs.js';
import type { AssemblyJob } from '../aggregates/records.js';
import type { Assembler } from './assembler.js';
import { jobOf, messagesOf } from './samples.js';

const now = new Date('2026-02-01T00:00:00Z');
const after = (milliseconds: number): Date => new Date(now.getTime() + milliseconds);
const fault = { code: 'c', message: 'm', fault: 'system' as const };

/** What accepted jobs must do, wherever they are kept. */
export function jobsConformance(name: string, open: () => Promise<Assembler>): void {
  describe(`${name} as jobs`, () => {
    let assembler: Assembler;
    let jobs: Jobs;
    let id: string;

    beforeEach(async () => {
      assembler = await open();
      await assembler.store.jobs.deleteMany({});
      jobs = assembler.jobs;
      id = newId();
    });
    const put = (changes: Partial<AssemblyJob> = {}, _id = id): Promise<unknown> =>
      assembler.store.jobs.insertOne(jobOf(_id, changes));
    const stored = async (_id = id): Promise<AssemblyJob> => (await assembler.store.jobs.findOne({ _id }))!;
    const fresh = { jobType: 'archive', workflow: 'archive' as const, group: 'g' };
    const event = (): OutboxRow => eventRow(jobStartedV1, { jobId: id, datasets: 1, bytes: 1 }, now);
    async function idsOf(rows: AsyncIterable<{ readonly _id: string }>): Promise<string[]> {
      const found: string[] = [];
      for await (const { _id } of rows) found.push(_id);
      return found;
    }

    it('are accepted once, due at once', async () => {
      await jobs.accept({ _id: id, ...fresh }, now);
      await jobs.accept({ _id: id, ...fresh, group: 'other' }, after(5));
      const { state, group, planningUntil, acceptedAt, outbox, cancelRequested } = await stored();
      assert.deepEqual([state, group, planningUntil, acceptedAt], ['accepted', 'g', now, now]);
      assert.deepEqual([outbox, cancelRequested], [{ rows: [] }, false]);
    });

    it('are cancelled while they are not over', async () => {
      assert.equal(await jobs.requestCancel(id, now), false);
      await put();
      assert.deepEqual([await jobs.isCancelled(id), await jobs.requestCancel(id, now)], [false, true]);
      assert.deepEqual([await jobs.isCancelled(id), (await stored()).updatedAt], [true, now]);
      await put({ state: 'finished' }, `${id}-over`);
      assert.equal(await jobs.requestCancel(`${id}-over`, now), false);
    });

    it('are given to one planner at a time, the longest due first', async () => {
      await put({ planningUntil: now }, `${id}-b`);
      await put({ planningUntil: after(-5) }, `${id}-a`);
      await put({ planningUntil: after(5) }, `${id}-c`);
      assert.equal(await jobs.isOneDue(now), true);
      assert.deepEqual(
        [(await jobs.takeDue(now, 100))?._id, (await jobs.takeDue(now, 100))?._id],
        [`${id}-a`, `${id}-b`],
      );
      assert.deepEqual([await jobs.takeDue(now, 100), await jobs.isOneDue(now)], [undefined, false]);
      assert.deepEqual((await stored(`${id}-a`)).planningUntil, after(100));
      assert.equal(await jobs.renew(await stored(`${id}-a`), after(200)), true);
      assert.deepEqual((await stored(`${id}-a`)).planningUntil, after(200));
    });

    it('obey the planner that took them last: an earlier one keeps nothing, and gives nothing back', async () => {
      await put({ planningUntil: now });
      const earlier = (await jobs.takeDue(now, 100))!;
      const later = (await jobs.takeDue(after(100), 100))!;
      assert.equal(await jobs.renew(earlier, after(900)), false);
      await jobs.planAgain(earlier, now);
      await jobs.planAgainAfter(earlier, now, { message: 'too late', code: 'c' });
      assert.deepEqual([(await stored()).planningUntil, (await stored()).planFault], [after(200), undefined]);
      assert.equal(await jobs.renew(later, after(300)), true);
      await jobs.start(id, now);
      assert.equal(await jobs.renew(later, after(400)), false, 'it is planned');
    });

    it('are planned again with the reason why they could not be, until a turn goes well', async () => {
      await put();
      await jobs.planAgainAfter({ _id: id }, after(5), { message: 'x'.repeat(2000), code: 'catalog.away' });
      assert.deepEqual(
        [(await stored()).planFault?.length, (await stored()).planningUntil],
        [1000, after(5)],
      );
      assert.equal(await jobs.renew({ _id: id }, after(99)), false, 'a renewal that comes late');
      await jobs.planAgain(await stored(), after(6));
      assert.deepEqual([(await stored()).planFault, (await stored()).planningUntil], [undefined, after(6)]);
    });

    it('say once what they are about', async () => {
      await put();
      const totals = { datasets: 1, bytes: 2 };
      assert.equal(await jobs.announce(id, totals, event(), now), true);
      assert.equal(await jobs.announce(id, { datasets: 9, bytes: 9 }, event(), now), false);
      const job = await stored();
      assert.deepEqual(
        [job.totals, messagesOf(job), job.outbox.dueAt],
        [totals, ['assembly.job-started.v1'], now],
      );
    });

    it('remember how far their plan is, and never less', async () => {
      await put();
      await jobs.notePlanned(id, 5, now);
      await jobs.notePlanned(id, 3, now);
      assert.equal((await stored()).planned, 5);
    });

    it('run when their plan is complete, or cannot be completed', async () => {
      await put({ planFault: 'x' });
      assert.deepEqual([await jobs.start(id, now), await jobs.start(id, now)], [true, false]);
      assert.deepEqual([(await stored()).state, (await stored()).planFault], ['running', undefined]);
      assert.equal(await jobs.startFailed({ _id: id }, fault, now), false);
      await put({}, `${id}-b`);
      assert.equal(await jobs.startFailed({ _id: `${id}-b` }, fault, now), true);
      assert.deepEqual((await stored(`${id}-b`)).fault, fault);
    });

    it('are given up by the planner that took them last only', async () => {
      await put({ planningUntil: now });
      const earlier = (await jobs.takeDue(now, 100))!;
      const later = (await jobs.takeDue(after(100), 100))!;
      assert.equal(await jobs.startFailed(earlier, fault, now), false);
      assert.deepEqual([(await stored()).state, (await stored()).fault], ['accepted', undefined]);
      assert.equal(await jobs.startFailed(later, fault, now), true);
      assert.equal((await stored()).state, 'running');
    });

    it('finish once, with the message about it', async () => {
      await put({ state: 'running' });
      assert.equal(await jobs.finish(id, 'partial', event(), now), true);
      assert.equal(await jobs.finish(id, 'failed', event(), now), false);
      const job = await stored();
      assert.deepEqual([job.state, job.outcome, messagesOf(job).length], ['finished', 'partial', 1]);
    });

    it('whose time is still to come are due then, and looked at from then on', async () => {
      await jobs.accept({ _id: id, jobType: 'a', workflow: 'archive', group: '', notBefore: after(9) }, now);
      assert.deepEqual(await idsOf(jobs.underWay(now, 9)), []);
      assert.deepEqual(await jobs.stale(now, after(99), 9), []);
      assert.equal(await jobs.takeDue(after(8), 50), undefined);
      assert.deepEqual(await idsOf(jobs.underWay(after(9), 9)), [id]);
      assert.equal((await jobs.takeDue(after(9), 50))?._id, id);
    });

    it('are due at once when they are cancelled before their time; after it, their planner keeps its lease', async () => {
      await jobs.accept({ _id: id, jobType: 'a', workflow: 'archive', group: '', notBefore: after(9) }, now);
      await jobs.endWaiting(id, after(1));
      assert.deepEqual([(await stored()).planningUntil, (await stored()).notBefore], [after(1), undefined]);
      await put({ planningUntil: after(50), notBefore: after(-1) }, `${id}-b`);
      await jobs.endWaiting(`${id}-b`, now);
      assert.deepEqual((await stored(`${id}-b`)).planningUntil, after(50));
    });

    it('of a time that is over are due at once, and keep no word of it', async () => {
      await jobs.accept({ _id: id, jobType: 'a', workflow: 'archive', group: '', notBefore: after(-9) }, now);
      assert.deepEqual([(await stored()).planningUntil, (await stored()).notBefore], [now, undefined]);
    });

    it('are found without their messages', async () => {
      await put();
      const found = await jobs.find(id);
      assert.deepEqual([found?._id, found !== undefined && 'outbox' in found], [id, false]);
      assert.equal(await jobs.find('none'), undefined);
    });

    it('are looked at while they are not over, the one that waited longest first', async () => {
      await put({ updatedAt: after(2), state: 'running' }, `${id}-b`);
      await put({ updatedAt: after(1) }, `${id}-a`);
      await put({ updatedAt: after(0), state: 'finished' }, `${id}-c`);
      assert.deepEqual(await idsOf(jobs.underWay(now, 9)), [`${id}-a`, `${id}-b`]);
      assert.deepEqual(await jobs.stale(now, after(2), 9), [{ _id: `${id}-a`, workflow: 'archive' }]);
      await jobs.touch(`${id}-b`, after(-9));
      await jobs.touch(`${id}-c`, after(-9));
      assert.deepEqual(await idsOf(jobs.underWay(now, 1)), [`${id}-b`]);
      assert.deepEqual((await stored(`${id}-c`)).updatedAt, after(0));
    });

    it('say what they wait for, or nothing', async () => {
      await put();
      const slot = {
        code: 'limit.global',
        since: now,
        facts: { limit: 1, used: 1 },
        message: 'a slot',
      } as const;
      await jobs.noteWaiting(id, [slot]);
      assert.deepEqual([(await stored()).waitsFor, (await stored()).wait], [['a slot'], [slot]]);
      await jobs.noteWaiting(id, []);
      assert.deepEqual(['waitsFor' in (await stored()), 'wait' in (await stored())], [false, false]);
    });

    it('are forgotten when they are over, and not when anything about them changed meanwhile', async () => {
      await put({ state: 'finished', updatedAt: now });
      const [seen] = await idsOf(jobs.finishedBefore(after(1), 9));
      assert.equal(seen, id);
      assert.deepEqual(await idsOf(jobs.finishedBefore(now, 9)), []);
      assert.equal(await jobs.beginForgetting({ _id: id, updatedAt: after(1) }), false);
      assert.equal(await jobs.forgetLater({ _id: id, updatedAt: after(1) }, after(9)), false);
      assert.equal(await jobs.forgetLater({ _id: id, updatedAt: now }, after(9)), true);
      await jobs.forget(id);
      assert.equal((await stored())._id, id, 'not before the decision');
      assert.equal(await jobs.beginForgetting({ _id: id, updatedAt: after(9) }), true);
      await jobs.forget(id);
      assert.equal(await stored(), null);
    });

    it('are not forgotten while a message of them is under way, or a job retries them', async () => {
      await put({ state: 'finished', updatedAt: now, outbox: { rows: [event()] } });
      assert.equal(await jobs.beginForgetting({ _id: id, updatedAt: now }), false);
      assert.equal(await jobs.isRetried(id), false);
      await put({ retryOf: id }, `${id}-retry`);
      assert.equal(await jobs.isRetried(id), true);
    });
  });

  describe(`${name} as leases`, () => {
    it('are held by one process until their time is over', async () => {
      const { leases } = await open();
      const lease = newId();
      assert.equal(await leases.hold(lease, 'one', 60_000), true);
      assert.deepEqual(
        [await leases.hold(lease, 'other', 60_000), await leases.hold(lease, 'one', -1)],
        [false, true],
      );
      assert.equal(await leases.hold(lease, 'other', 60_000), true);
      assert.equal(await leases.hold(lease, 'one', 60_000), false);
    });
  });
}
