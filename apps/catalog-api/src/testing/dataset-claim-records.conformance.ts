import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { DatasetClaimRecords } from '../persistence/dataset-claim-records.js';
import type { ClaimRecord } from '../persistence/records.js';
import type { OpenCatalogue } from './real-catalogue.js';
import { at, jobOf, message, silentRelay, start } from './samples.js';

/** What holds for claims on datasets, in memory and in a database. */
export function datasetClaimRecordsConformance(name: string, open: () => Promise<OpenCatalogue>): void {
  describe(`Claims on datasets in ${name}`, () => {
    let opened: OpenCatalogue;
    let claims: DatasetClaimRecords;

    before(async () => {
      opened = await open();
      claims = new DatasetClaimRecords(opened.catalogue, silentRelay);
    });
    after(() => opened.close());
    beforeEach(() => opened.catalogue.claims.deleteMany({}));

    const flags = { archivable: true, archiveStatusMessage: 'datasetCreated' };
    const claim = (
      jobId: string,
      pids: readonly string[],
      exclusive = true,
      since = start,
    ): Promise<boolean> =>
      claims.claim(
        { jobId, workflow: exclusive ? 'archive' : 'verify', exclusive, at: since },
        pids.map((pid) => ({ pid, before: flags })),
      );
    const a = { jobId: 'j', pid: 'a' };
    const found = async (pid = 'a', jobId = 'j'): Promise<ClaimRecord> =>
      (await claims.find({ jobId, pid }))!;
    const pidsOf = async (jobId: string): Promise<string[]> => {
      const pids: string[] = [];
      for await (const { pid } of claims.openOf(jobId, 2)) pids.push(pid);
      return pids;
    };

    it('are taken with all datasets of the job or with none: one job has a dataset to itself', async () => {
      assert.equal(await claim('j', ['a', 'b']), true);
      assert.equal(await claim('k', ['c', 'b', 'd']), false);
      assert.deepEqual([await pidsOf('j'), await pidsOf('k')], [['a', 'b'], []]);
      assert.deepEqual(await found(), {
        ...{ _id: 'j:a', ...a, workflow: 'archive', exclusive: 'a', before: flags, at: start },
        outbox: { rows: [] },
      });
      assert.equal((await claims.exclusiveOn(['x', 'b']))?.jobId, 'j');
      assert.equal(await claims.exclusiveOn(['c']), undefined);
    });

    it('of jobs that only read stand beside each other', async () => {
      assert.equal(await claim('j', ['a'], false), true);
      assert.equal(await claims.besides('j', ['a']), undefined);
      assert.equal(await claim('k', ['a'], false), true);
      assert.equal((await claims.besides('j', ['a']))?.jobId, 'k');
      assert.equal(await claims.exclusiveOn(['a']), undefined);
      assert.ok((await claims.openOn('a')) !== undefined);
    });

    it('remember what the datasets say now', async () => {
      await claim('j', ['a', 'b']);
      await claims.rememberBefore('j', [{ pid: 'b', before: { archivable: false } }]);
      await claims.rememberBefore('j', []);
      assert.deepEqual([(await found()).before, (await found('b')).before], [flags, { archivable: false }]);
    });

    it('are decided once, with the message about it', async () => {
      await claim('j', ['a']);
      const row = message();
      assert.equal(await claims.decide('j:a', 'refused', [row]), true);
      assert.equal(await claims.decide('j:a', 'registered', [message()]), false);
      const { verdict, outbox } = await found();
      assert.deepEqual([verdict, outbox], ['refused', { rows: [row], dueAt: start }]);
      assert.equal((await claims.findOpen('j:a'))?.verdict, 'refused');
    });

    it('that ended are decided no more, tell of their end once, and leave the dataset to the next job', async () => {
      await claim('j', ['a']);
      const row = message();
      await claims.end(a, [row]);
      await claims.end(a, [message()]);
      assert.equal(await claims.decide('j:a', 'registered', []), false);
      const { ended, exclusive, verdict, outbox } = await found();
      assert.deepEqual([ended, exclusive, verdict, outbox.rows], [true, undefined, undefined, [row]]);
      for (const none of [await claims.findOpen('j:a'), await claims.openOn('a')])
        assert.equal(none, undefined);
      assert.equal(await claims.isOpen({ _id: 'j:a' }), false);
      assert.equal(await claim('k', ['a']), true);
    });

    it('that are gone are put back as ended ones with their message, but never over one that is there', async () => {
      const row = message();
      await claims.putEnded({ ...a, workflow: 'archive' }, row);
      await claims.putEnded({ ...a, workflow: 'archive' }, message());
      assert.deepEqual(await found(), {
        ...{ _id: 'j:a', ...a, workflow: 'archive', ended: true, before: {}, at: start },
        outbox: { rows: [row], dueAt: start },
      });
      await claim('k', ['a']);
      await claims.putEnded({ jobId: 'k', pid: 'a', workflow: 'archive' }, message());
      assert.equal(await claims.isOpen({ _id: 'k:a' }), true);
    });

    it('that ended are forgotten once their messages are gone, open ones are not', async () => {
      await claim('j', ['a', 'b']);
      await claims.end({ jobId: 'j', pid: 'b' }, []);
      await claims.putEnded({ jobId: 'k', pid: 'a', workflow: 'archive' }, message());
      for (const _id of ['j:a', 'j:b', 'k:a']) await claims.forget(_id);
      const left = await opened.catalogue.claims.find({}).sort({ _id: 1 }).toArray();
      assert.deepEqual(
        left.map(({ _id }) => _id),
        ['j:a', 'k:a'],
      );
    });

    it('without a job are orphans after a while, whom one of many takes over', async () => {
      await opened.catalogue.jobs.deleteMany({});
      await opened.catalogue.jobs.insertOne(jobOf('there'));
      await claim('there', ['a']);
      await claim('gone', ['b', 'c']);
      await claim('young', ['d'], true, at(50));
      const [orphan, ...others] = await claims.orphans(at(50));
      assert.deepEqual([orphan?._id, others.length], ['gone:b', 1]);
      const taken = await Promise.all([1, 2, 3].map(() => claims.takeOver(orphan!, at(60))));
      assert.deepEqual(
        taken.filter((one) => one !== undefined),
        [{ ...orphan, at: at(60) }],
      );
      assert.deepEqual(
        (await claims.orphans(at(50))).map(({ _id }) => _id),
        ['gone:c'],
      );
    });

    it('are let go of as they were seen: one that was taken over since stays', async () => {
      await claim('j', ['a', 'b', 'c']);
      const seen = [await found('a'), await found('b'), await found('c')];
      const [one, two, three] = seen as [ClaimRecord, ClaimRecord, ClaimRecord];
      await claims.takeOver(one, at(9));
      await claims.end({ jobId: 'j', pid: 'c' }, []);
      assert.deepEqual(await claims.stillOpen(seen), new Set(['b']));
      assert.deepEqual([await claims.isOpen(one), await claims.isOpen(two)], [false, true]);
      assert.equal(await claims.isOpen({ _id: one._id, at: at(9) }), true);
      await claims.release(one);
      await claims.releaseMany([one, two]);
      await claims.releaseMany([]);
      assert.deepEqual([await pidsOf('j'), await claims.stillOpen([three])], [['a'], new Set()]);
      await claims.releaseAll('j');
      assert.equal(await claims.find(a), undefined);
    });
  });
}
