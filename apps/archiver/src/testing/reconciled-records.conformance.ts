import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Datablocks } from '../persistence/datablocks.js';
import { ReconciledRecords } from '../persistence/reconciled-records.js';
import { RetrievedCopies } from '../persistence/retrieved-copies.js';
import type { StoredDatablock } from '../persistence/records.js';
import type { OpenStore } from './real-archiver-store.js';

const start = new Date('2026-01-01T00:00:00Z');
const at = (milliseconds: number): Date => new Date(start.getTime() + milliseconds);
const owned = { _id: 'a', jobId: 'j', pid: 'p' };
const datablock: StoredDatablock = {
  ...{ ...owned, filesSha256: 'f', fileCount: 1, size: 1, packedSize: 1, sha256: 's', state: 'verified' },
  manifest: { bucket: 'control', key: 'a', size: 1, sha256: 'm' },
  copies: [{ share: 'one', verifiedAt: start }],
};

/** What holds for the writes of reconciliations, in memory and in a database. */
export function reconciledRecordsConformance(name: string, open: () => Promise<OpenStore>): void {
  describe(`Records that a reconciliation writes in ${name}`, () => {
    let opened: OpenStore;
    let records: ReconciledRecords;
    let datablocks: Datablocks;

    before(async () => {
      opened = await open();
      records = new ReconciledRecords(opened.store);
      datablocks = new Datablocks(opened.store);
    });
    after(() => opened.close());
    beforeEach(async () => {
      await opened.store.datablocks.deleteMany({});
      await opened.store.asides.deleteMany({});
      await opened.store.retrieved.deleteMany({});
    });

    it('are marks that keep late records away, put where there is no record, and taken back as they were put', async () => {
      assert.equal(await records.markUnrecorded(owned, at(1)), true);
      assert.equal(await records.markUnrecorded(owned, at(2)), false);
      assert.equal(await datablocks.record(datablock), false);
      await records.unmark('a', at(2));
      assert.equal((await records.known(['a'])).has('a'), true, 'another mark');
      await records.unmark('a', at(1));
      assert.equal((await records.known(['a'])).has('a'), false);
      assert.equal(await datablocks.record(datablock), true);
      assert.equal(await records.markUnrecorded(owned, at(3)), false);
      await datablocks.discard(owned, at(3));
      await records.unmark('a', at(3));
      assert.equal((await datablocks.found('a'))?.state, 'discarded', 'one that has content is no bare mark');
    });

    it('are of files set aside once, and dropped only as they were seen', async () => {
      const aside = { ...{ _id: 't', share: 'one', archiveId: 'a', pid: 'p', jobId: 'j', reason: 'r' } };
      const times = { setAsideAt: start, dueAt: at(1) };
      assert.equal(await records.keepAside({ ...aside, ...times }), true);
      assert.equal(await records.keepAside({ ...aside, ...times, reason: 'other' }), false);
      assert.equal(await records.isAsideRecorded('t'), true);
      assert.equal(await records.isNamed('a'), true);
      assert.equal(await records.dropAside({ _id: 't', dueAt: at(2) }), false);
      assert.equal(await records.dropAside({ _id: 't', dueAt: at(1) }), true);
    });

    it('hold a stray object against recalls, and are let go of by the reconciliation alone', async () => {
      const copies = new RetrievedCopies(opened.store);
      const recall = { name: 'a', archiveId: 'a', bytes: 1, order: 'o', job: 'j', group: '', epoch: 1 };
      assert.equal(await records.holdStray('a', at(10)), true);
      assert.equal(await copies.take(recall, at(1), at(5)), false);
      await records.releaseStray('a');
      assert.equal(await copies.take(recall, at(1), at(5)), true);
      assert.equal(await records.holdStray('a', at(10)), false);
      await records.releaseStray('a');
      assert.equal((await records.retrievedKnown(['a'])).has('a'), true);
    });

    it('are of copies that are gone, as they were seen: those of 0.7 without an order, too', async () => {
      const copies = new RetrievedCopies(opened.store);
      const recall = { name: 'a', archiveId: 'a', bytes: 1, order: 'o', job: 'j', group: '', epoch: 1 };
      await copies.take(recall, at(0), at(5));
      await copies.arrived(recall, { bytes: 1, sha256: 's' }, at(1), at(100));
      const seen = { _id: 'a', until: at(5), order: 'o', epoch: 1 };
      assert.equal(await records.forgetAsSeen({ ...seen, epoch: 2 }), false);
      assert.equal(await records.forgetAsSeen({ _id: 'a', until: at(5) }), false);
      assert.equal(await records.forgetAsSeen(seen), true);
      await opened.store.retrieved.insertOne({ _id: 'b', state: 'present', holder: 'h', until: at(5) });
      assert.equal(await records.forgetAsSeen({ _id: 'b', until: at(5) }), true);
    });
  });
}
