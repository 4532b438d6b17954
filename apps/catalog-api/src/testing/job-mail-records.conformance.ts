import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { JobMailRecords } from '../persistence/job-mail-records.js';
import { JobRecords } from '../persistence/job-records.js';
import type { JobMail, JobRecord } from '../persistence/records.js';
import type { OpenCatalogue } from './real-catalogue.js';
import { at, jobOf, silentRelay } from './samples.js';

const due = (milliseconds: number): JobMail => ({ at: at(milliseconds), tries: 0, sent: [] });

/** What holds for mails that jobs have to send, in memory and in a database. */
export function jobMailRecordsConformance(name: string, open: () => Promise<OpenCatalogue>): void {
  describe(`Mails of jobs in ${name}`, () => {
    let opened: OpenCatalogue;
    let mails: JobMailRecords;
    let jobs: JobRecords;

    before(async () => {
      opened = await open();
      [mails, jobs] = [new JobMailRecords(opened.catalogue), new JobRecords(opened.catalogue, silentRelay)];
    });
    after(() => opened.close());
    beforeEach(() => opened.catalogue.jobs.deleteMany({}));

    async function put(id: string, dueAt: number, catena: Partial<JobRecord['catena']> = {}): Promise<void> {
      await jobs.post(jobOf(id, { mails: { start: due(dueAt) }, mailsDue: at(dueAt), ...catena }));
    }
    const catenaOf = async (id = 'j') => (await jobs.find(id))!.catena!;

    it('are taken by one process at a time, the oldest first, and none before its time', async () => {
      await put('late', 20);
      await put('early', 10);
      await put('future', 99);
      const taken = [await mails.take(at(50), at(60)), await mails.take(at(50), at(60))];
      assert.deepEqual(
        taken.map((one) => one?.job.id),
        ['early', 'late'],
      );
      assert.equal(await mails.take(at(50), at(60)), undefined);
    });

    it('go to another process when a lease has run out, and the first one writes nothing any more', async () => {
      await put('j', 10);
      const first = (await mails.take(at(20), at(30)))!;
      const second = (await mails.take(at(30), at(40)))!;
      assert.equal(second.job.id, 'j');
      assert.equal(await mails.renew(first, at(50)), undefined);
      await mails.end(first, 'start');
      await mails.postpone(first, 'start', at(99));
      assert.deepEqual((await catenaOf()).mails?.start, due(10));
      assert.ok(await mails.renew(second, at(50)));
    });

    it('that went out are noted by a process that was overtaken, too, and the one that has them now sees it', async () => {
      await put('j', 10);
      const first = (await mails.take(at(20), at(30)))!;
      const second = (await mails.take(at(30), at(40)))!;
      for (let time = 0; time < 2; time += 1)
        assert.equal(await mails.noteSent(first, 'start', 'digest'), true);
      assert.deepEqual((await catenaOf()).mails?.start?.sent, ['digest']);
      const renewed = (await mails.renew(second, at(50)))!;
      assert.deepEqual(renewed.mails.start?.sent, ['digest']);
      await mails.end(renewed, 'start');
      assert.equal(await mails.noteSent(first, 'start', 'other'), false);
      assert.equal((await catenaOf()).mails?.start, undefined);
    });

    it('remember who got them, and are over for good at their end', async () => {
      await put('j', 10);
      const taken = (await mails.take(at(20), at(30)))!;
      assert.equal(await mails.noteSent(taken, 'start', 'one'), true);
      assert.equal(await mails.noteSent(taken, 'start', 'two'), true);
      assert.deepEqual((await catenaOf()).mails?.start?.sent, ['one', 'two']);
      await mails.end(taken, 'start');
      await mails.release(taken);
      const { mails: left, mailsDue, mailsTaken } = await catenaOf();
      assert.deepEqual([left, mailsDue, mailsTaken], [undefined, undefined, undefined]);
      assert.equal(await mails.take(at(1000), at(2000)), undefined);
    });

    it('that are put off come at their time', async () => {
      await put('j', 10);
      const taken = (await mails.take(at(20), at(30)))!;
      await mails.postpone(taken, 'start', at(100));
      await mails.release(taken);
      assert.equal(await mails.take(at(99), at(200)), undefined);
      assert.equal((await mails.take(at(100), at(200)))?.job.catena?.mails?.start?.tries, 1);
    });

    it('of the end that come while that of the start is sent or put off are neither lost nor late', async () => {
      await put('j', 10);
      const taken = (await mails.take(at(20), at(30)))!;
      const job = (await jobs.find('j'))!;
      const report = { sequence: 5, finished: true, mail: { kind: 'end' as const, mail: due(25) } };
      assert.ok(await jobs.takeReport(report, { after: job, fields: {}, entries: [], rows: [] }));
      await mails.postpone(taken, 'start', at(1000));
      await mails.release(taken);
      const { mails: both, mailsDue } = await catenaOf();
      assert.deepEqual([Object.keys(both ?? {}).sort(), mailsDue], [['end', 'start'], at(25)]);
      const again = (await mails.take(at(40), at(50)))!;
      await mails.end(again, 'start');
      await mails.release(again);
      assert.equal((await mails.take(at(60), at(70)))?.job.catena?.mails?.end?.tries, 0);
    });

    it('are written with the report they tell of, or not at all', async () => {
      await jobs.post(jobOf('j', { reported: 7 }));
      const job = (await jobs.find('j'))!;
      const report = { sequence: 6, finished: false, mail: { kind: 'start' as const, mail: due(1) } };
      assert.equal(
        await jobs.takeReport(report, { after: job, fields: {}, entries: [], rows: [] }),
        undefined,
      );
      assert.equal(await mails.take(at(50), at(60)), undefined);
    });
  });
}
