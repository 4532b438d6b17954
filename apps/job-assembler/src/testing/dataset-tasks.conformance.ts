import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { datasetStartedV1 } from '#contracts';
import { newId } from '#kernel';
import { eventRow, type OutboxRow } from '#outbox';
import type { DatasetTasks } from '../aggregates/dataset-tasks.js';
import type { DatasetTask } from '../aggregates/records.js';
import type { Assembler } from './assembler.js';
import { messagesOf, taskOf } from './samples.js';

const now = new Date('2026-02-01T00:00:00Z');
const later = new Date(now.getTime() + 1000);
const fault = { code: 'c', message: 'm', fault: 'system' as const };

/** What the datasets of jobs must do, wherever they are kept. */
export function datasetTasksConformance(name: string, open: () => Promise<Assembler>): void {
  describe(`${name} as datasets of jobs`, () => {
    let assembler: Assembler;
    let tasks: DatasetTasks;
    let job: string;

    beforeEach(async () => {
      assembler = await open();
      tasks = assembler.tasks;
      job = newId();
    });
    const id = (place: number): string => `${job}/${place}`;
    const put = (place: number, changes: Partial<DatasetTask> = {}): Promise<unknown> =>
      assembler.store.tasks.insertOne(taskOf(id(place), changes));
    const at = (place: number): Promise<DatasetTask | null> =>
      assembler.store.tasks.findOne({ _id: id(place) });
    const stateOf = async (place: number): Promise<string | undefined> => (await at(place))?.state;
    const fresh = (place: number) => ({ _id: id(place), jobId: job, pid: 'p', workflow: 'archive' as const });
    const event = (): OutboxRow =>
      eventRow(datasetStartedV1, { jobId: job, pid: 'p', workflow: 'archive' }, now);
    async function idsOf(rows: AsyncIterable<{ readonly _id: string }>): Promise<string[]> {
      const found: string[] = [];
      for await (const { _id } of rows) found.push(_id);
      return found;
    }

    it('begin once, and give each planner a higher token', async () => {
      const { state, bytes, outbox, updatedAt } = await tasks.begin(fresh(0), now);
      assert.deepEqual([state, bytes, outbox, updatedAt], ['planning', 0, { rows: [] }, now]);
      assert.equal((await tasks.begin({ ...fresh(0), pid: 'other' }, later)).pid, 'p');
      assert.deepEqual([await tasks.takeOver(id(0)), await tasks.takeOver(id(0))], [1, 2]);
      await put(1, { state: 'cancelled' });
      assert.equal(await tasks.takeOver(id(1)), undefined);
    });

    it('are started by the newest planner only, which may say so twice', async () => {
      await tasks.begin(fresh(0), now);
      await tasks.takeOver(id(0));
      await tasks.takeOver(id(0));
      const start = (planner: number) => tasks.start(id(0), { planner, bytes: 5, event: event(), now });
      assert.deepEqual(
        [await start(1), await start(2), await start(2), await start(1)],
        [false, true, true, false],
      );
      const started = await at(0);
      assert.deepEqual([started?.state, started?.bytes, messagesOf(started).length], ['running', 5, 1]);
      assert.deepEqual(started?.outbox.dueAt, now);
    });

    it('go to the catalogue from running, and end when it says so', async () => {
      await put(0);
      assert.equal(await tasks.submit(id(0), event(), now), true);
      assert.equal(await tasks.submit(id(0), event(), now), false);
      assert.deepEqual(await tasks.registeringSince(job), now);
      assert.equal(await tasks.end(id(0), 'running', 'failed', { now, fault, event: event() }), false);
      assert.equal(await tasks.end(id(0), 'registering', 'succeeded', { now: later }), true);
      const ended = await at(0);
      assert.deepEqual([ended?.state, ended?.fault, ended?.updatedAt], ['succeeded', undefined, later]);
      assert.deepEqual([messagesOf(ended).length, await tasks.registeringSince(job)], [1, undefined]);
    });

    it('end with the reason and the message about it in the same write', async () => {
      await put(0, { state: 'planning' });
      assert.equal(await tasks.end(id(0), 'planning', 'failed', { now, fault, event: event() }), true);
      const ended = await at(0);
      assert.deepEqual([ended?.state, ended?.fault, messagesOf(ended).length], ['failed', fault, 1]);
    });

    it('are failed by their newest planner only, where a planner says so', async () => {
      await put(0, { state: 'planning', planner: 2 });
      const ending = (planner: number) => ({ now, fault, event: event(), planner });
      assert.equal(await tasks.end(id(0), 'planning', 'failed', ending(1)), false);
      assert.deepEqual([await stateOf(0), messagesOf(await at(0))], ['planning', []]);
      assert.equal(await tasks.end(id(0), 'planning', 'failed', ending(2)), true);
    });

    it('that were stopped end together, and none that is not running', async () => {
      await put(0);
      await put(1, { state: 'registering' });
      await put(2);
      const stopped = [0, 1, 2].map((place) => ({ taskId: id(place), event: event() }));
      await tasks.endStopped(stopped, now);
      assert.deepEqual(
        [await stateOf(0), await stateOf(1), await stateOf(2)],
        ['cancelled', 'registering', 'cancelled'],
      );
      assert.deepEqual([messagesOf(await at(0)).length, messagesOf(await at(1)).length], [1, 0]);
    });

    it('whose planning never began are over at once, the others stay', async () => {
      await put(1);
      await tasks.cancelUnbegun([fresh(0), fresh(1)], now);
      assert.deepEqual([await stateOf(0), await stateOf(1)], ['cancelled', 'running']);
      assert.deepEqual((await at(0))?.outbox, { rows: [] });
    });

    it('of a job that cannot be planned fail while they are being planned', async () => {
      await put(0, { state: 'planning' });
      await put(1);
      await tasks.failUnplanned(job, fault);
      assert.deepEqual(
        [await stateOf(0), (await at(0))?.fault, await stateOf(1)],
        ['failed', fault, 'running'],
      );
    });

    it('are found by id, and by job, dataset and workflow', async () => {
      await put(0, { pid: 'p' });
      assert.equal((await tasks.find(id(0)))?.pid, 'p');
      assert.equal(await tasks.find('none'), undefined);
      assert.equal((await tasks.ofDataset(job, 'p'))?._id, id(0));
      assert.equal(await tasks.ofDataset(job, 'p', 'reset'), undefined);
    });

    it('are listed by how far they are, in order', async () => {
      await put(1, { state: 'planning' });
      await put(0, { state: 'running' });
      await put(2, { state: 'failed' });
      assert.deepEqual(await tasks.counts(job), { planning: 1, running: 1, failed: 1 });
      assert.deepEqual(await idsOf(tasks.planned(job)), [id(0), id(2)]);
      assert.deepEqual(await idsOf(tasks.beingPlanned(job)), [id(1)]);
      assert.deepEqual(await tasks.running(job), [id(0)]);
      const among = await tasks.runningAmong([id(0), id(1)]);
      assert.deepEqual(
        among.map(({ _id }) => _id),
        [id(0)],
      );
      assert.deepEqual(await idsOf(tasks.ofJob(job)), [id(0), id(1), id(2)]);
    });

    it('say whether one is open, and whether the catalogue has to accept a message yet', async () => {
      assert.equal(await tasks.hasOpen(job), false);
      await put(0, { state: 'registering' });
      assert.deepEqual([await tasks.hasOpen(job), await tasks.hasUnheardNews(job)], [true, false]);
      await tasks.end(id(0), 'registering', 'failed', { now, event: event() });
      assert.deepEqual([await tasks.hasOpen(job), await tasks.hasUnheardNews(job)], [false, true]);
    });

    it('that failed are found by other jobs that archive the same dataset', async () => {
      const pid = newId();
      await put(0, { pid, state: 'failed' });
      await put(1, { pid, state: 'failed', workflow: 'verify' });
      assert.deepEqual(await idsOf(tasks.failedElsewhere(pid, 'other')), [id(0)]);
      assert.deepEqual(await idsOf(tasks.failedElsewhere(pid, job)), []);
    });

    it('are swept when they failed long ago, the oldest first, and not when they changed meanwhile', async () => {
      const old = (milliseconds: number): Date => new Date(milliseconds);
      await put(0, { state: 'failed', updatedAt: old(200) });
      await put(1, { state: 'failed', updatedAt: old(100) });
      await put(2, { state: 'failed', updatedAt: old(150), workflow: 'verify' });
      const unswept = async (): Promise<string[]> =>
        (await idsOf(tasks.unswept(old(300), 100))).filter((one) => one.startsWith(job));
      assert.deepEqual(await unswept(), [id(1), id(0)]);
      assert.equal(await tasks.markSwept({ _id: id(1), updatedAt: old(99) }, now), false);
      assert.equal(await tasks.sweepLater({ _id: id(0), updatedAt: old(99) }, now), false);
      assert.equal(await tasks.isNeeded(job), true);
      assert.equal(await tasks.markSwept({ _id: id(1), updatedAt: old(100) }, now), true);
      assert.equal(await tasks.sweepLater({ _id: id(0), updatedAt: old(200) }, later), true);
      assert.deepEqual([await unswept(), (await at(1))?.swept, (await at(0))?.updatedAt], [[], now, later]);
      assert.equal(await tasks.markSwept({ _id: id(0), updatedAt: later }, now), true);
      assert.equal(await tasks.isNeeded(job), false);
    });

    it('are needed while a message is under way, and forgotten by job', async () => {
      await put(0);
      assert.equal(await tasks.isNeeded(job), false);
      await tasks.submit(id(0), event(), now);
      assert.equal(await tasks.isNeeded(job), true);
      await tasks.forget(job);
      assert.equal(await at(0), null);
    });
  });
}
