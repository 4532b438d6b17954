import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { ReconciliationCheck } from '#service-host';
import { RetrievedCopies } from '../persistence/retrieved-copies.js';
import { archiveIdOf, minAge, ReconciledArchive } from '../testing/reconciled-archive.js';
import { OverdueRows } from './overdue-rows.js';
import { UnknownDatablocks } from './unknown-datablocks.js';
import { UnlistedDatablocks } from './unlisted-datablocks.js';

let archive: ReconciledArchive;
beforeEach(async () => (archive = await ReconciledArchive.create()));
const run = (check: ReconciliationCheck) => archive.reconciling.run(check, archive.clock.now(), true);

describe('A datablock', () => {
  it('that the catalogue lists and no record knows is told, and left alone', async () => {
    const check = new UnknownDatablocks(archive.records, archive.catalogue);
    const [known, ordered, foreign] = [archiveIdOf(), archiveIdOf(), 'earlier/system.tar'];
    for (const name of [known, ordered, foreign]) archive.listed.add(name);
    await archive.datablocks.record(archive.datablockOf(known));
    await archive.order(ordered);
    const found = await run(check);
    assert.deepEqual([found.outcomes, found.subjects], [['datablock-not-ours found'], [foreign]]);
  });

  it('that a record knows and the catalogue does not list is told once nothing of it is remembered', async () => {
    const { records, catalogue, clock, config } = archive;
    const check = new UnlistedDatablocks(records, catalogue, clock, config);
    const [listed, ordered, lost] = [archiveIdOf(), archiveIdOf(), archiveIdOf()];
    for (const name of [listed, ordered, lost]) await archive.datablocks.record(archive.datablockOf(name));
    archive.listed.add(listed);
    await archive.order(ordered);
    clock.advance(config.endedWorkLifetime - 1);
    assert.deepEqual((await run(check)).outcomes, [], 'it may still be registered');
    clock.advance(1);
    const found = await run(check);
    assert.deepEqual([found.outcomes, found.subjects], [['datablock-unlisted found'], [lost]]);
    assert.equal((await archive.datablocks.found(lost))?.state, 'verified');
  });
});

describe('What is beyond its time', () => {
  it('is told: work that no archiver takes, and copies that no sweep removes', async () => {
    const check = new OverdueRows(archive.records);
    const later = (milliseconds: number) => new Date(archive.clock.now().getTime() + milliseconds);
    await archive.order(archiveIdOf());
    await archive.store.works.updateOne({}, { $set: { dueAt: later(0) } });
    const copies = new RetrievedCopies(archive.store);
    const recall = {
      name: archiveIdOf(),
      archiveId: 'a',
      bytes: 1,
      order: 'o',
      job: 'j',
      group: '',
      epoch: 1,
    };
    await copies.take(recall, archive.clock.now(), later(1));
    await copies.arrived(recall, { bytes: 1, sha256: 's' }, archive.clock.now(), later(0));
    archive.clock.advance(minAge);
    assert.deepEqual((await run(check)).outcomes, [], 'a moment ago');
    archive.clock.advance(1);
    assert.deepEqual((await run(check)).outcomes, ['work-not-taken found', 'retrieved-overdue found']);
  });
});
