import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { MemoryShare } from '#long-term-storage/testing';
import { createLogger } from '#observability';
import type { FileAside } from '../persistence/records.js';
import type { DataElsewhere } from '../set-aside/data-elsewhere.js';
import { FormerCopies } from '../set-aside/former-copies.js';
import { SetAsideSweep } from '../set-aside/set-aside-sweep.js';
import { archiveIdOf, minAge, ReconciledArchive, reconciledPid } from '../testing/reconciled-archive.js';
import { UnknownFilesAside } from './unknown-files-aside.js';
import { UnrecordedFiles } from './unrecorded-files.js';

describe('A file on long-term storage without a record', () => {
  let archive: ReconciledArchive;
  let check: UnrecordedFiles;
  beforeEach(async () => {
    archive = await ReconciledArchive.create();
    const { records, catalogue, asides, clock, share } = archive;
    check = new UnrecordedFiles(records, catalogue, asides, clock, [share]);
  });
  const run = (apply = false) => archive.reconciling.run(check, archive.clock.now(), apply);
  /** Two runs that are far enough apart; the second one may repair. */
  async function runs(apply = false) {
    const first = await run();
    archive.clock.advance(minAge);
    return [first, await run(apply)] as const;
  }

  it('counts when two runs saw it that are far enough apart, and is set aside, where operators see it', async () => {
    const name = await archive.file();
    const first = await run();
    assert.deepEqual([first.outcomes, first.watched], [[], 1]);
    archive.clock.advance(minAge - 1);
    assert.deepEqual((await run()).outcomes, [], 'not far enough apart');
    archive.clock.advance(1);
    const found = await run();
    assert.deepEqual([found.outcomes, found.subjects], [['file-unrecorded found'], [name]]);
    assert.notEqual(await archive.share.stat(name), undefined, 'a report changes nothing');
    assert.deepEqual((await run(true)).outcomes, ['file-unrecorded repaired']);
    assert.equal(await archive.share.stat(name), undefined);
    const [aside] = await archive.asides.list(10);
    assert.deepEqual([aside?.archiveId, aside?.pid, aside?.unrecorded], [name, reconciledPid, true]);
    assert.equal(await archive.share.isSetAside(name, aside!._id), true);
    assert.deepEqual((await run()).outcomes, []);
  });

  it('is never removed by the sweep, and goes when an operator says so', async () => {
    const name = await archive.file();
    await runs(true);
    const { store, asides, catalogue, datablocks, share, clock, config } = archive;
    const formers = new FormerCopies(datablocks, [share]);
    const logger = createLogger('unrecorded', 'silent');
    // Of a dataset that is not in the catalogue, which may have been restored, every file would count as needless.
    const elsewhere = { assert: () => Promise.resolve() } as unknown as DataElsewhere;
    const sweep = new SetAsideSweep(store, asides, catalogue, elsewhere, formers, logger);
    const [{ _id: token }] = (await asides.list(1)) as [FileAside];
    for (let look = 0; look < 3; look += 1) {
      clock.advance(config.discardGrace + 86_400_000);
      assert.equal(await sweep.round(), true);
      assert.equal(await share.isSetAside(name, token), true);
    }
    assert.equal((await sweep.settleNow(token, true))?.state, 'removed');
    assert.equal(await share.isSetAside(name, token), false);
  });

  it('begins anew when a run in between did not see it, or it has changed', async () => {
    const name = await archive.file();
    await run();
    await archive.share.remove(name);
    archive.clock.advance(minAge);
    await run();
    await archive.file(name);
    assert.deepEqual((await run()).outcomes, []);
    archive.clock.advance(minAge);
    archive.share.truncate(name, 3);
    assert.deepEqual((await run()).outcomes, []);
  });

  it('is none when a record, work, or a file set aside names it', async () => {
    const [recorded, ordered] = [await archive.file(), await archive.file()];
    await archive.datablocks.record(archive.datablockOf(recorded));
    await archive.order(ordered);
    const [first, second] = await runs(true);
    assert.deepEqual([first.watched, second.watched, second.outcomes], [0, 0, []]);
  });

  it('is left to people when it lies beside a record, the catalogue lists it, or nobody can say whose it is', async () => {
    const beside = await archive.file();
    await archive.datablocks.record(archive.datablockOf(beside, { copies: [] }));
    archive.listed.add(await archive.file());
    await archive.file(`${'a'.repeat(100)}==${'0'.repeat(64)}/j/0.tar`);
    const [, found] = await runs(true);
    assert.deepEqual(
      [...found.outcomes].sort(),
      ['datablock-unknown found', 'file-beside-record found', 'file-unrecorded found'].sort(),
    );
    assert.deepEqual(await archive.asides.list(10), []);
  });

  it('is no business of the reconciler when its name is none of Catena', async () => {
    await archive.file('README.txt');
    const [, found] = await runs(true);
    assert.deepEqual([found.outcomes, found.watched], [[], 0]);
  });

  for (const [what, meanwhile] of [
    ['an archival records it', (name: string) => archive.datablocks.record(archive.datablockOf(name))],
    ['work that names it is accepted', (name: string) => archive.order(name)],
    ['the catalogue lists it', (name: string) => Promise.resolve(archive.listed.add(name))],
  ] as const)
    it(`stays where it is when ${what} between the look and the act`, async () => {
      const name = await archive.file();
      await run();
      archive.clock.advance(minAge);
      archive.meanwhile = () => meanwhile(name);
      assert.deepEqual((await run(true)).outcomes, ['file-unrecorded changed']);
      assert.notEqual(await archive.share.stat(name), undefined);
      assert.deepEqual(await archive.asides.list(10), []);
      const record = await archive.datablocks.found(name);
      assert.equal(record?.state, what.includes('records') ? 'verified' : undefined, 'no mark is left');
    });

  it('is set aside by the next run where a run died between its mark and the act', async () => {
    const name = await archive.file();
    await run();
    archive.clock.advance(minAge);
    const { share } = archive;
    const setAside = share.setAside.bind(share);
    share.setAside = () => Promise.reject(new Error('died'));
    assert.deepEqual((await run(true)).outcomes, ['file-unrecorded failed']);
    share.setAside = setAside;
    assert.deepEqual((await run(true)).outcomes, [], 'its record names it');
    archive.clock.advance(minAge);
    const { records, clock, config } = archive;
    const asides = new UnknownFilesAside(records, clock, [share], config);
    const dropped = await archive.reconciling.run(asides, clock.now(), true);
    assert.deepEqual(dropped.outcomes, ['aside-without-file repaired']);
    await runs();
    assert.deepEqual((await run(true)).outcomes, ['file-unrecorded repaired']);
    assert.equal(await share.stat(name), undefined);
  });

  it('keeps a late record of it from being believed', async () => {
    const name = await archive.file();
    await runs(true);
    assert.equal(await archive.datablocks.record(archive.datablockOf(name)), false);
  });

  it('is not looked for on a share that is away, and its first sighting stays', async () => {
    await archive.file();
    await run();
    archive.clock.advance(minAge);
    archive.share.gone = true;
    const away = await run(true);
    assert.deepEqual([away.outcomes, away.skipped.length], [[], 1]);
    archive.share.gone = false;
    assert.deepEqual((await run()).outcomes, ['file-unrecorded found']);
  });
});

describe('A file that is set aside without a record', () => {
  it('is recorded, so that operators see it and its sweep looks at it', async () => {
    const archive = await ReconciledArchive.create();
    const share: MemoryShare = archive.share;
    const { records, clock, config } = archive;
    const check = new UnknownFilesAside(records, clock, [share], config);
    const run = (apply = false) => archive.reconciling.run(check, clock.now(), apply);
    const name = await archive.file(archiveIdOf());
    await share.setAside(name, 'token');
    await run();
    clock.advance(minAge);
    assert.deepEqual((await run()).outcomes, ['aside-without-record found']);
    assert.deepEqual((await run(true)).outcomes, ['aside-without-record repaired']);
    const [aside] = await archive.asides.list(10);
    assert.deepEqual(
      [aside?._id, aside?.archiveId, aside?.state, aside?.unrecorded],
      ['token', name, 'kept', true],
    );
    assert.deepEqual((await run()).outcomes, []);
  });

  it('is not brought back by the sweep where the catalogue lists the datablock: it may be a former, damaged copy', async () => {
    const archive = await ReconciledArchive.create();
    const { records, clock, config, share } = archive;
    const name = await archive.file(archiveIdOf());
    await share.setAside(name, 'token');
    await archive.datablocks.record(archive.datablockOf(name));
    archive.listed.add(name);
    const check = new UnknownFilesAside(records, clock, [share], config);
    for (let time = 0; time < 2; time += 1) {
      await archive.reconciling.run(check, clock.now(), true);
      clock.advance(minAge);
    }
    const { store, asides, catalogue, datablocks } = archive;
    const elsewhere = { assert: () => Promise.resolve() } as unknown as DataElsewhere;
    const formers = new FormerCopies(datablocks, [share]);
    const logger = createLogger('unrecorded', 'silent');
    const sweep = new SetAsideSweep(store, asides, catalogue, elsewhere, formers, logger);
    clock.advance(config.discardGrace);
    assert.equal(await sweep.round(), true);
    assert.equal(await share.isSetAside(name, 'token'), true);
    assert.equal(await share.stat(name), undefined);
    // An operator says that it may go: that is not enough before there is a good copy.
    await sweep.settleNow('token', true);
    assert.equal(await share.isSetAside(name, 'token'), true);
    await archive.file(name);
    await sweep.settleNow('token', true);
    assert.equal(await share.isSetAside(name, 'token'), false);
    assert.notEqual(await share.stat(name), undefined, 'the copy stays');
  });

  it('is no drift when its mover keeps the record anew before the act', async () => {
    const archive = await ReconciledArchive.create();
    const { records, clock, config, share } = archive;
    const [archiveId, now] = [archiveIdOf(), clock.now()];
    const dueAt = new Date(now.getTime() + 1);
    await records.keepAside({
      ...{ _id: 't', share: share.name, archiveId, pid: reconciledPid, jobId: 'j', reason: 'r' },
      ...{ setAsideAt: now, dueAt },
    });
    clock.advance(minAge);
    const drop = records.dropAside.bind(records);
    records.dropAside = async (seen) => {
      await archive.store.asides.updateOne({ _id: 't' }, { $set: { dueAt: clock.now() } });
      return drop(seen);
    };
    const check = new UnknownFilesAside(records, clock, [share], config);
    const found = await archive.reconciling.run(check, clock.now(), true);
    assert.deepEqual(found.outcomes, ['aside-without-file changed']);
    assert.equal((await archive.asides.list(10)).length, 1);
  });
});
