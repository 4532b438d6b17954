import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { JobRecords, type JobNote } from '../persistence/job-records.js';
import type { JobHistoryEntry, JobRecord } from '../persistence/records.js';
import type { OpenCatalogue } from './real-catalogue.js';
import { at, jobOf, message, silentRelay, start } from './samples.js';

const times = { dueAt: at(30), now: at(5) };
const entry = (more: Partial<JobHistoryEntry> = {}): JobHistoryEntry => ({
  ...{ at: start, by: 'me', statusCode: 's', statusMessage: 'm' },
  ...more,
});

/** What holds for the jobs of the catalogue, in memory and in a database. */
export function jobRecordsConformance(name: string, open: () => Promise<OpenCatalogue>): void {
  describe(`Jobs of the catalogue in ${name}`, () => {
    let opened: OpenCatalogue;
    let jobs: JobRecords;

    before(async () => {
      opened = await open();
      jobs = new JobRecords(opened.catalogue, silentRelay);
    });
    after(() => opened.close());
    beforeEach(() => opened.catalogue.jobs.deleteMany({}));

    const put = async (id: string, catena: Partial<JobRecord['catena']> = {}): Promise<JobRecord> => {
      assert.equal(await jobs.post(jobOf(id, catena)), true);
      return found(id);
    };
    const found = async (id = 'j'): Promise<JobRecord> => (await jobs.find(id))!;
    const note = (job: JobRecord, statusCode: string, rows: JobNote['rows'] = []): JobNote => {
      const fields = { statusCode, updatedAt: at(9), 'jobParams.executionTime': 7 };
      return { after: { ...job, statusCode }, fields, entries: [entry({ statusCode })], rows };
    };

    it('are posted once under the key of a caller', async () => {
      const idempotency = { user: 'me', key: 'k', digest: 'd' };
      await put('j', { idempotency, storing: true });
      assert.equal(await jobs.post(jobOf('other', { idempotency })), false);
      assert.equal(await jobs.exists('other'), false);
      assert.equal((await jobs.postedUnder('me', 'k'))?.id, 'j');
      assert.equal(await jobs.postedUnder('you', 'k'), undefined);
    });

    it('are there for nobody until they are accepted, with the messages about that', async () => {
      const job = await put('j', { storing: true });
      assert.deepEqual(
        [await jobs.isAccepted('j'), await jobs.isStoring('j'), await jobs.exists('j')],
        [false, true, true],
      );
      assert.equal(await jobs.findAccepted('j'), undefined);
      const row = message();
      const accepted = await jobs.accept(job, [row], times);
      assert.deepEqual(accepted?.catena?.outbox, { rows: [row], dueAt: at(30) });
      const { catena, updatedAt } = (await jobs.findAccepted('j'))!;
      assert.deepEqual(
        [catena?.outbox, catena?.storing, updatedAt],
        [accepted.catena.outbox, undefined, at(5)],
      );
    });

    it('are accepted though the driver sends the write again, and not once they were given up', async () => {
      const job = await put('j', { storing: true });
      await jobs.accept(job, [message()], times);
      assert.ok((await jobs.accept(job, [message()], times)) !== undefined);
      assert.equal((await found()).catena?.outbox.rows.length, 1, 'the first one counts');
      const other = await put('k', { storing: true });
      await jobs.giveUp('k');
      assert.equal(await jobs.accept(other, [message()], times), undefined);
      assert.equal(await jobs.exists('k'), false);
    });

    it('are given up only while they are being stored', async () => {
      for (const id of ['old', 'accepted']) await put(id, { storing: true });
      await jobs.accept(await found('accepted'), [], times);
      await jobs.giveUp('accepted');
      await jobs.giveUpOlder(start);
      assert.equal(await jobs.exists('old'), true, 'it is not older than that');
      await jobs.giveUpOlder(at(1));
      assert.deepEqual([await jobs.exists('old'), await jobs.exists('accepted')], [false, true]);
    });

    it('are cancelled once, with the request in the history, and not when they are over', async () => {
      await put('j');
      await put('over', { finished: true });
      await put('stored', { storing: true });
      const row = message();
      const cancelled = await jobs.requestCancel('j', row, entry());
      assert.deepEqual(
        [cancelled?.catena?.cancelRequested, cancelled?.catena?.history, cancelled?.catena?.outbox.rows],
        [true, [entry()], [row]],
      );
      for (const id of ['j', 'over', 'stored', 'nobody'])
        assert.equal(await jobs.requestCancel(id, message(), entry()), undefined, id);
    });

    it('that are over note a late request of each person once', async () => {
      await put('j', { finished: true });
      await put('open');
      assert.ok((await jobs.noteLateCancel('j', entry())) !== undefined);
      assert.equal(await jobs.noteLateCancel('j', entry({ at: at(1) })), undefined);
      assert.ok((await jobs.noteLateCancel('j', entry({ by: 'you' }))) !== undefined);
      assert.equal(await jobs.noteLateCancel('open', entry()), undefined);
      assert.equal((await found()).catena?.history.length, 2);
    });

    it('take reports in their order: an older one, or one after the end, changes nothing', async () => {
      const job = await put('j');
      const goesOn = (sequence: number) => ({ sequence, finished: false });
      assert.equal((await jobs.takeReport(goesOn(2), note(job, 'two')))?.statusCode, 'two');
      for (const sequence of [1, 2])
        assert.equal(await jobs.takeReport(goesOn(sequence), note(job, 'late')), undefined);
      const ended = await jobs.takeReport({ sequence: 3, finished: true }, note(job, 'end', [message()]));
      assert.deepEqual(
        [ended?.statusCode, ended?.catena?.finished, ended?.catena?.reported, ended?.catena?.changes],
        ['end', true, 3, 2],
      );
      assert.deepEqual([ended?.jobParams, ended?.catena?.outbox.rows.length], [{ executionTime: 7 }, 1]);
      assert.equal(await jobs.isOver('j'), true);
      for (const finished of [true, false])
        assert.equal(await jobs.takeReport({ sequence: 4, finished }, note(job, 'late')), undefined);
      assert.equal((await found()).statusCode, 'end');
    });

    it('take progress until they are over', async () => {
      const progress = {
        bytesDone: 1,
        bytesTotal: 2,
        datasetsDone: 0,
        datasetsTotal: 1,
        phase: 'packing' as const,
        at: start,
      };
      await put('j');
      await put('over', { finished: true });
      for (const id of ['j', 'over']) await jobs.takeProgress(id, progress);
      assert.deepEqual((await found()).catena?.progress, progress);
      assert.equal((await found('over')).catena?.progress, undefined);
    });

    it('take any status, over or not, and keep the latest entries of their history', async () => {
      const job = await put('j', { finished: true, history: Array.from({ length: 500 }, () => entry()) });
      const changed = (await jobs.takeStatus(note(job, 'other', [message()])))!;
      assert.deepEqual([changed.statusCode, changed.catena?.finished], ['other', true]);
      assert.deepEqual(
        [changed.catena?.history.length, changed.catena?.history.at(-1)?.statusCode],
        [500, 'other'],
      );
      assert.equal(await jobs.takeStatus(note(jobOf('nobody'), 'x')), undefined);
    });

    it('take what was merged only when nobody changed them since they were read', async () => {
      const job = await put('j');
      const merged = (await jobs.takeMerged(job, note(job, 'one')))!;
      assert.equal(await jobs.takeMerged(job, note(job, 'two')), undefined);
      assert.equal((await jobs.takeMerged(merged, note(job, 'two')))?.statusCode, 'two');
    });

    it('are removed when Catena does not work on them, now or later', async () => {
      await put('running');
      await put('over', { finished: true });
      await put('elsewhere', { workflow: 'none' });
      const { catena: _, ...foreign } = jobOf('foreign');
      await opened.catalogue.jobs.insertMany([foreign, { ...foreign, _id: 'patched', id: 'patched' }]);
      await jobs.takeStatus(note(await found('patched'), 'seen'));
      for (const id of ['over', 'elsewhere', 'foreign', 'patched']) {
        const removed = await jobs.remove(id);
        assert.deepEqual([removed?.id, removed?.catena], [id, undefined]);
        assert.equal(await jobs.exists(id), false);
      }
      for (const id of ['running', 'nobody']) assert.equal(await jobs.remove(id), undefined);
      assert.equal(await jobs.exists('running'), true);
    });
  });
}
