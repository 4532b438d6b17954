import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { ClaimChecks } from '#claim-check';
import { idFromName, pidAsName } from '#kernel';
import { FileListComparison } from '../apply-job-reports/file-list-comparison.js';
import type { JobRecord } from '../persistence/records.js';
import { nextVersion } from '../records/dataset-version.js';
import { memoryClaiming, type Claiming } from '../testing/claiming.js';
import { Reconciling } from '#service-host/testing';
import type { Lifecycle } from '#scicat-words';
import { datasetOf, jobOf } from '../testing/samples.js';
import { DatasetEvidence } from './dataset-evidence.js';
import { DatasetFlags } from './dataset-flags.js';
import { HoldsOfEndedJobs } from './holds-of-ended-jobs.js';

const archived = { archivable: false, retrievable: true, archiveStatusMessage: 'datasetOnArchiveDisk' };
const minAge = 1000;
let all: Claiming;
let reconciling: Reconciling;

const naming = (pid: string) => ({ jobParams: { datasetList: [{ pid, files: [] }] } });
async function job(pid: string, catena: Partial<JobRecord['catena']> = { finished: true }): Promise<void> {
  const record = { ...jobOf(`of-${pid}`, catena), ...naming(pid) };
  await all.catalogue.jobs.insertOne(record);
}
const fileOf = (index: number) => ({ path: `${index}.dat`, size: index });
/** @param files that are listed; as many as there are datablocks of one file each */
async function dataset(
  pid: string,
  lifecycle: Partial<Lifecycle>,
  datablocks = 0,
  files = datablocks,
): Promise<void> {
  await all.catalogue.datasets.insertOne(datasetOf(pid, lifecycle));
  const dataFileList = Array.from({ length: files }, (_, index) => fileOf(index));
  // Some ingestors write the whole path.
  const listed = dataFileList.map(({ path, size }) => ({ path: `/s/${path}`, size }));
  await all.catalogue.origDatablocks.insertOne({ _id: pid, datasetId: pid, dataFileList: listed } as never);
  for (let index = 0; index < datablocks; index += 1)
    await datablock(pid, `${pidAsName(pid)}/j/${index}.tar`, { dataFileList: [fileOf(index)] });
}
async function datablock(pid: string, archiveId: string, more: object = {}): Promise<void> {
  const ours = { _id: idFromName(archiveId), datasetId: pid, archiveId, createdBy: 'catena' };
  await all.catalogue.datablocks.insertOne({ ...ours, dataFileList: [], ...more } as never);
}
const evidenceNow = () => {
  const comparison = new FileListComparison(all.catalogue, {} as ClaimChecks);
  return new DatasetEvidence(all.catalogue, all.records, comparison);
};
const words = async (pid: string): Promise<unknown[]> => {
  const { datasetlifecycle: says } = (await all.catalogue.datasets.findOne({ pid }))!;
  return [says.archivable, says.retrievable, says.archiveStatusMessage, says.retrieveStatusMessage];
};

describe('Flags of a dataset', () => {
  let check: DatasetFlags;
  beforeEach(() => {
    all = memoryClaiming();
    reconciling = new Reconciling(minAge);
    check = checkOn(evidenceNow());
  });
  const checkOn = (evidence: DatasetEvidence) => new DatasetFlags(all.catalogue, evidence, all.clock);
  const run = (apply = false) => reconciling.run(check, all.clock.now(), apply);
  /** Two runs that are far enough apart; the second one repairs. */
  async function runs() {
    await run();
    all.clock.advance(minAge);
    return run(true);
  }

  it('are none of a finding when datablocks and jobs bear them out', async () => {
    await dataset('new', {});
    await dataset('never archived by us', { archivable: false, retrievable: true });
    await dataset('archived', archived, 2);
    await job('archived');
    await dataset('retrieved', { ...archived, retrieveStatusMessage: 'datasetRetrieved' }, 1);
    await job('retrieved');
    await dataset('failed', { archiveStatusMessage: 'scheduleArchiveJobFailed' });
    await job('failed');
    assert.deepEqual((await runs()).outcomes, []);
  });

  for (const [name, lifecycle, datablocks, kind, after] of [
    [
      'archived, and said to be started',
      { archivable: false, retrievable: false, archiveStatusMessage: 'started' },
      2,
      'dataset-stuck',
      [false, true, 'datasetOnArchiveDisk', ''],
    ],
    [
      'scheduled by a job that is gone',
      { archivable: false, retrievable: false, archiveStatusMessage: 'scheduledForArchiving' },
      0,
      'dataset-stuck',
      [true, false, 'datasetCreated', ''],
    ],
    [
      'archived and not retrievable',
      { ...archived, retrievable: false },
      1,
      'dataset-flags',
      [false, true, 'datasetOnArchiveDisk', ''],
    ],
    [
      'retrievable and never archived',
      { archivable: true, retrievable: true },
      0,
      'dataset-flags',
      [true, false, 'datasetCreated', ''],
    ],
    [
      'being retrieved by no job',
      { ...archived, retrieveStatusMessage: 'started' },
      1,
      'retrieval-stuck',
      [false, true, 'datasetOnArchiveDisk', ''],
    ],
  ] as const)
    it(`are set to what datablocks and jobs say when it is ${name}`, async () => {
      await dataset('d', lifecycle, datablocks);
      await job('d');
      const before = await words('d');
      assert.deepEqual((await run(true)).outcomes, [], 'seen for the first time');
      all.clock.advance(minAge);
      assert.deepEqual((await run()).outcomes, [`${kind} found`]);
      assert.deepEqual(await words('d'), before, 'a report changes nothing');
      assert.deepEqual((await run(true)).outcomes, [`${kind} repaired`]);
      assert.deepEqual(await words('d'), after);
      assert.deepEqual((await run()).outcomes, []);
    });

  it('are borne out by datablocks with all files, whatever directories the lists name', async () => {
    await dataset('d', { archivable: false, retrievable: false, archiveStatusMessage: 'started' }, 2);
    await job('d');
    const directory = { path: '/s', size: 4096, perm: 'drwxr-xr-x' };
    await all.catalogue.origDatablocks.updateOne({ _id: 'd' }, {
      $push: { dataFileList: directory },
    } as never);
    const first = { archiveId: `${pidAsName('d')}/j/0.tar` };
    const other = { path: 'empty', size: 4096, perm: 'drwx------' };
    await all.catalogue.datablocks.updateOne(first, { $push: { dataFileList: other } } as never);
    assert.deepEqual((await runs()).outcomes, ['dataset-stuck repaired']);
  });

  it('are left alone while a job works on it, holds it, or is still to begin', async () => {
    const stuck = { archivable: false, retrievable: false, archiveStatusMessage: 'started' };
    await dataset('worked on', stuck);
    await job('worked on', { finished: false });
    await dataset('held', stuck);
    await job('held');
    await all.records.claim({ jobId: 'other', workflow: 'archive', exclusive: true, at: all.clock.now() }, [
      { pid: 'held', before: {} },
    ]);
    assert.deepEqual((await runs()).outcomes, []);
  });

  it('that were changed since are looked at once more before they count: a person may be setting them', async () => {
    await dataset('d', { ...archived, retrievable: false }, 1);
    await job('d');
    await run();
    all.clock.advance(minAge);
    await all.catalogue.datasets.updateOne({ pid: 'd' }, { $inc: nextVersion });
    const again = await run(true);
    assert.deepEqual([again.outcomes, again.watched], [[], 1]);
    all.clock.advance(minAge);
    assert.deepEqual((await run(true)).outcomes, ['dataset-flags repaired']);
  });

  for (const [what, lifecycle, datablocks, files, kind] of [
    [
      'some datablocks are registered, and not all files are in them',
      { archivable: false, retrievable: false, archiveStatusMessage: 'started' },
      ...([3, 10, 'dataset-stuck'] as const),
    ],
    [
      'datablocks hold files that are not listed',
      { archivable: false, retrievable: false, archiveStatusMessage: 'started' },
      ...([3, 2, 'dataset-stuck'] as const),
    ],
    [
      'it is archivable beside its datablocks, as an archive manager may want it',
      { ...archived, archivable: true, retrievable: false },
      ...([2, 2, 'dataset-flags'] as const),
    ],
  ] as const)
    it(`are reported and never changed where ${what}`, async () => {
      await dataset('d', lifecycle, datablocks, files);
      await job('d');
      const before = await words('d');
      assert.deepEqual((await runs()).outcomes, [`${kind} found`]);
      assert.deepEqual(await words('d'), before);
    });

  for (const [what, archiveId, more] of [
    ['its owner has given a name like one of ours', 'd=/j/x', { _id: 'of its owner', createdBy: 'owner' }],
    ['has another id than ours have', 'd=/j/x', { _id: 'y' }],
    ['another system has registered', 'x', { createdBy: 'other' }],
  ] as const)
    it(`are reported and never changed beside a datablock that ${what}`, async () => {
      const name = archiveId.replace('d=', pidAsName('d'));
      await dataset('d', { archivable: false, retrievable: false, archiveStatusMessage: 'started' });
      await job('d');
      await datablock('d', name, more);
      const before = await words('d');
      assert.deepEqual((await runs()).outcomes, ['dataset-stuck found']);
      assert.deepEqual(await words('d'), before);
    });

  it('are reported and never changed where another archive system has worked, or the records may be lost', async () => {
    await dataset('others', { ...archived, archivable: true }, 1);
    await job('others');
    await all.catalogue.jobs.insertOne({ ...jobOf('external', { workflow: 'none' }), ...naming('others') });
    await dataset('lost', archived);
    await job('lost');
    await dataset('foreign', { ...archived, archivable: true });
    await job('foreign');
    await datablock('foreign', 'x', { _id: 'x' });
    const [before, found] = [await Promise.all(['others', 'lost', 'foreign'].map(words)), await runs()];
    assert.deepEqual(
      [...found.outcomes].sort(),
      ['dataset-flags found', 'dataset-flags found', 'datablocks-missing found'].sort(),
    );
    assert.deepEqual(await Promise.all(['others', 'lost', 'foreign'].map(words)), before);
  });

  for (const [what, meanwhile] of [
    [
      'a job archives it',
      () =>
        all.catalogue.datasets.updateOne(
          { pid: 'd' },
          { $set: { 'datasetlifecycle.archiveStatusMessage': 'datasetOnArchiveDisk' }, $inc: nextVersion },
        ),
    ],
    [
      'a job claims it, and marks it',
      () => all.catalogue.datasets.updateOne({ pid: 'd' }, { $inc: nextVersion }),
    ],
    ['it is deleted', () => all.catalogue.datasets.deleteOne({ pid: 'd' })],
  ] as const)
    it(`stay as they are when ${what} between the look and the write`, async () => {
      await dataset('d', { archivable: false, retrievable: false, archiveStatusMessage: 'started' });
      await job('d');
      const evidence = evidenceNow();
      const of = evidence.of.bind(evidence);
      let looks = 0;
      evidence.of = async (pid) => {
        const found = await of(pid);
        // The first two looks are those of the findings.
        if ((looks += 1) === 3) await meanwhile();
        return found;
      };
      check = checkOn(evidence);
      assert.deepEqual((await runs()).outcomes, ['dataset-stuck changed']);
      const now = await all.catalogue.datasets.findOne({ pid: 'd' });
      assert.notEqual(now?.datasetlifecycle.archivable, true);
    });

  it('stay as they are when files are listed between the look and the act that its datablocks do not hold', async () => {
    await dataset('d', { archivable: false, retrievable: false, archiveStatusMessage: 'started' }, 2);
    await job('d');
    const evidence = evidenceNow();
    const of = evidence.of.bind(evidence);
    let looks = 0;
    evidence.of = async (pid) => {
      const more = { _id: 'more', datasetId: 'd', dataFileList: [{ path: 'more.dat', size: 1 }] };
      if ((looks += 1) === 3) await all.catalogue.origDatablocks.insertOne(more as never);
      return of(pid);
    };
    check = checkOn(evidence);
    const before = await words('d');
    assert.deepEqual((await runs()).outcomes, ['dataset-stuck changed']);
    assert.deepEqual(await words('d'), before);
  });

  it('are no finding when a job ends while they are looked at', async () => {
    await dataset('d', { archivable: false, retrievable: false, archiveStatusMessage: 'started' });
    await job('d');
    const evidence = evidenceNow();
    const of = evidence.of.bind(evidence);
    evidence.of = async (pid) => {
      await all.catalogue.datasets.updateOne({ pid }, { $inc: nextVersion });
      return of(pid);
    };
    check = checkOn(evidence);
    const found = await runs();
    assert.deepEqual([found.outcomes, found.watched], [[], 0]);
  });
});

describe('A hold on a dataset', () => {
  beforeEach(() => {
    all = memoryClaiming();
    reconciling = new Reconciling(minAge);
  });

  it('is let go of when its job is over, in two runs that are far enough apart, and never before', async () => {
    const check = new HoldsOfEndedJobs(all.records, all.jobs, all.claims);
    const run = (apply = false) => reconciling.run(check, all.clock.now(), apply);
    await dataset('d', { archivable: false, archiveStatusMessage: 'started' });
    await dataset('e', { archivable: false, archiveStatusMessage: 'started' });
    await job('d');
    await job('e', { finished: false });
    for (const pid of ['d', 'e'])
      await all.records.claim(
        { jobId: `of-${pid}`, workflow: 'archive', exclusive: true, at: all.clock.now() },
        [{ pid, before: { archivable: true, retrievable: false, archiveStatusMessage: 'datasetCreated' } }],
      );
    assert.deepEqual((await run(true)).outcomes, []);
    all.clock.advance(minAge);
    assert.deepEqual((await run(true)).outcomes, [], 'seen for the first time');
    all.clock.advance(minAge);
    const found = await run(true);
    assert.deepEqual([found.outcomes, found.subjects], [['hold-of-ended-job repaired'], ['d']]);
    assert.deepEqual(await words('d'), [true, false, 'datasetCreated', '']);
    assert.equal((await all.records.openOn('e'))?.jobId, 'of-e');
    assert.deepEqual((await run()).outcomes, []);
  });
});
