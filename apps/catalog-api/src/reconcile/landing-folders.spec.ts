import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { ClaimChecks } from '#claim-check';
import { idFromName, ManualClock, pidAsName } from '#kernel';
import { MemoryObjectStore } from '#storage/testing';
import { FileListComparison } from '../apply-job-reports/file-list-comparison.js';
import type { CatalogApiConfig } from '../catalog-api.config.js';
import { memoryClaiming, type Claiming } from '../testing/claiming.js';
import { Reconciling } from '#service-host/testing';
import { datasetOf, jobOf } from '../testing/samples.js';
import { DatasetEvidence } from './dataset-evidence.js';
import { LandingFolders } from './landing-folders.js';

const bucket = 'landing-zone';
const day = 86_400_000;
const archived = { archivable: false, retrievable: true, archiveStatusMessage: 'datasetOnArchiveDisk' };

describe('A file in the landing zone', () => {
  let all: Claiming;
  let objects: MemoryObjectStore;
  let evidence: DatasetEvidence;
  let reconciling: Reconciling;
  // The object store of tests has a clock of its own.
  let clock: ManualClock;
  beforeEach(async () => {
    clock = new ManualClock(new Date());
    all = memoryClaiming();
    objects = new MemoryObjectStore();
    await objects.ensureBucket(bucket);
    const comparison = new FileListComparison(all.catalogue, {} as ClaimChecks);
    evidence = new DatasetEvidence(all.catalogue, all.records, comparison);
    reconciling = new Reconciling(day);
    await all.catalogue.datasets.insertMany([datasetOf('new'), datasetOf('archived', archived)]);
    await all.catalogue.jobs.insertOne({
      ...jobOf('j', { finished: true }),
      jobParams: { datasetList: [{ pid: 'archived' }] },
    });
    const archiveId = 'archived=/j/0.tar';
    const datablock = { _id: idFromName(archiveId), datasetId: 'archived', archiveId, createdBy: 'catena' };
    await all.catalogue.datablocks.insertOne(datablock as never);
    for (const pid of ['new', 'archived', 'gone']) await put(pid);
    await deleted('gone');
    await objects.put(bucket, 'not ours/a', Buffer.from('a'), { size: 1 });
  });
  const keyOf = (pid: string) => `${pidAsName(pid)}/a.dat`;
  const put = (pid: string, content = 'a') =>
    objects.put(bucket, keyOf(pid), Buffer.from(content), { size: content.length });
  /** After all that was put so far. */
  const deleted = (pid: string) =>
    all.catalogue.other('History').insertOne({
      ...{ subsystem: 'Dataset', documentId: pid, operation: 'delete' },
      timestamp: new Date(clock.now().getTime() + 60_000),
    });
  const isThere = async (pid: string) => (await objects.head(bucket, keyOf(pid))) !== undefined;
  const run = (apply = false) => {
    const config = { landingZone: { bucket } } as CatalogApiConfig;
    return reconciling.run(new LandingFolders(evidence, objects, config), clock.now(), apply);
  };

  it('goes when its dataset is gone, in two runs far enough apart; that of others stays, archived or not', async () => {
    assert.deepEqual((await run(true)).outcomes, [], 'too young');
    clock.advance(2 * day);
    assert.deepEqual((await run(true)).outcomes, [], 'seen for the first time');
    clock.advance(day);
    assert.deepEqual((await run(true)).outcomes, [
      'landing-not-released found',
      'landing-dataset-gone repaired',
    ]);
    assert.deepEqual(await Promise.all(['new', 'archived', 'gone'].map(isThere)), [true, true, false]);
    assert.deepEqual((await run()).outcomes, ['landing-not-released found']);
  });

  it('stays, and keeps no other one from being judged, when its dataset has no flags, as in old catalogues', async () => {
    // Before that of the others.
    const { datasetlifecycle: _, ...old } = datasetOf('0old');
    await all.catalogue.datasets.insertOne(old as never);
    await put('0old');
    clock.advance(2 * day);
    await run();
    clock.advance(day);
    assert.ok((await run(true)).outcomes.includes('landing-dataset-gone repaired'));
    assert.equal(await isThere('0old'), true);
  });

  it('stays when nobody can say that its dataset was deleted: the catalogue may have lost it', async () => {
    await all.catalogue.other('History').deleteMany({});
    clock.advance(2 * day);
    await run();
    clock.advance(day);
    assert.deepEqual((await run(true)).outcomes, [
      'landing-not-released found',
      'landing-dataset-gone found',
    ]);
    assert.equal(await isThere('gone'), true);
    // A deletion from before the file was written says nothing about it.
    await all.catalogue.other('History').insertOne({
      ...{ subsystem: 'Dataset', documentId: 'gone', operation: 'delete', timestamp: new Date(0) },
    });
    assert.ok((await run(true)).outcomes.includes('landing-dataset-gone found'));
  });

  for (const [what, meanwhile] of [
    ['its dataset is registered', () => all.catalogue.datasets.insertOne(datasetOf('gone'))],
    ['a client writes it anew', () => put('gone', 'new')],
  ] as const)
    it(`stays when ${what} between the look and the act`, async () => {
      clock.advance(2 * day);
      await run();
      clock.advance(day);
      const dataset = evidence.dataset.bind(evidence);
      let looks = 0;
      evidence.dataset = async (pid) => {
        // The first look is that of the finding.
        if (pid !== 'gone' || (looks += 1) !== 2) return dataset(pid);
        if (what.startsWith('its')) await meanwhile();
        const found = await dataset(pid);
        if (!what.startsWith('its')) await meanwhile();
        return found;
      };
      assert.ok((await run(true)).outcomes.includes('landing-dataset-gone changed'));
      assert.equal(await isThere('gone'), true);
    });
});
