import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { pidAsName } from '#kernel';
import type { Lifecycle } from '../domain/lifecycle.js';
import type { JobRecord } from '../persistence/records.js';
import { nextVersion } from '../records/dataset-version.js';
import { memoryClaiming, type Claiming } from '../testing/claiming.js';
import { Reconciling } from '../testing/reconciling.js';
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
async function dataset(pid: string, lifecycle: Partial<Lifecycle>, datablocks = 0): Promise<void> {
  await all.catalogue.datasets.insertOne(datasetOf(pid, lifecycle));
  for (let index = 0; index < datablocks; index += 1) {
    const archiveId = `${pidAsName(pid)}/j/${index}.tar`;
    await all.catalogue.datablocks.insertOne({ _id: archiveId, datasetId: pid, archiveId } as never);
  }
}
const words = async (pid: string): Promise<unknown[]> => {
  const { datasetlifecycle: says } = (await all.catalogue.datasets.findOne({ pid }))!;
  return [says.archivable, says.retrievable, says.archiveStatusMessage, says.retrieveStatusMessage];
};

describe('Flags of a dataset', () => {
  let check: DatasetFlags;
  beforeEach(() => {
    all = memoryClaiming();
    reconciling = new Reconciling(minAge);
    check = checkOn(new DatasetEvidence(all.catalogue, all.records));
  });
  const checkOn = (evidence: DatasetEvidence) => new DatasetFlags(all.catalogue, evidence, all.clock);
  const run = (apply = false) => reconciling.run(check, all.clock.now(), apply);

  it('are none of a finding when datablocks and jobs bear them out', async () => {
    await dataset('new', {});
    await dataset('never archived by us', { archivable: false, retrievable: true });
    await dataset('archived', archived, 2);
    await job('archived');
    await dataset('retrieved', { ...archived, retrieveStatusMessage: 'datasetRetrieved' }, 1);
    await job('retrieved');
    await dataset('failed', { archiveStatusMessage: 'scheduleArchiveJobFailed' });
    await job('failed');
    assert.deepEqual((await run(true)).outcomes, []);
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
      'archivable and archived',
      { ...archived, archivable: true },
      1,
      'dataset-flags',
      [false, true, 'datasetOnArchiveDisk', ''],
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
      assert.deepEqual((await run()).outcomes, [`${kind} found`]);
      assert.deepEqual(await words('d'), before, 'a report changes nothing');
      assert.deepEqual((await run(true)).outcomes, [`${kind} repaired`]);
      assert.deepEqual(await words('d'), after);
      assert.deepEqual((await run()).outcomes, []);
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
    assert.deepEqual((await run(true)).outcomes, []);
  });

  it('are reported and never changed where another archive system has worked, or the records may be lost', async () => {
    await dataset('others', { ...archived, archivable: true }, 1);
    await job('others');
    await all.catalogue.jobs.insertOne({ ...jobOf('external', { workflow: 'none' }), ...naming('others') });
    await dataset('lost', archived);
    await job('lost');
    await dataset('foreign', { ...archived, archivable: true });
    await job('foreign');
    await all.catalogue.datablocks.insertOne({ _id: 'x', datasetId: 'foreign', archiveId: 'x' } as never);
    const [before, found] = [await Promise.all(['others', 'lost', 'foreign'].map(words)), await run(true)];
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
      const evidence = new DatasetEvidence(all.catalogue, all.records);
      const of = evidence.of.bind(evidence);
      let looks = 0;
      evidence.of = async (pid) => {
        const found = await of(pid);
        // The first look is that of the finding.
        if ((looks += 1) === 2) await meanwhile();
        return found;
      };
      check = checkOn(evidence);
      assert.deepEqual((await run(true)).outcomes, ['dataset-stuck changed']);
      const now = await all.catalogue.datasets.findOne({ pid: 'd' });
      assert.notEqual(now?.datasetlifecycle.archivable, true);
    });

  it('are no finding when a job ends while they are looked at', async () => {
    await dataset('d', { archivable: false, retrievable: false, archiveStatusMessage: 'started' });
    await job('d');
    const evidence = new DatasetEvidence(all.catalogue, all.records);
    const of = evidence.of.bind(evidence);
    evidence.of = async (pid) => {
      await all.catalogue.datasets.updateOne({ pid }, { $inc: nextVersion });
      return of(pid);
    };
    check = checkOn(evidence);
    assert.deepEqual((await run(true)).outcomes, []);
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
