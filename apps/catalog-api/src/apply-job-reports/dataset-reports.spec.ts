import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { ClaimChecks } from '#claim-check';
import type { Envelope, Workflow } from '#contracts';
import { manifestToJson } from '#datablock';
import { idFromName, PermanentError } from '#kernel';
import { createLogger } from '#observability';
import type { DatablockRecord } from '../persistence/records.js';
import { memoryClaiming, type Claiming } from '../testing/claiming.js';
import { at, datasetOf, jobOf } from '../testing/samples.js';
import { DatablockRegistration } from './datablock-registration.js';
import { DatasetReportsConsumer } from './dataset-reports.consumer.js';
import { DatasetResets } from './dataset-resets.js';
import type { FileListComparison } from './file-list-comparison.js';

const file = { path: 'f', size: 1, permissions: 0o644, modifiedAt: at(0), sha256: '0'.repeat(64), offset: 0 };
const manifest = Buffer.from(manifestToJson({ identity: {}, members: [file] }));
const archived = { archivable: false, retrievable: true, archiveStatusMessage: 'datasetOnArchiveDisk' };
const part = { jobId: 'j', pid: 'a' };

describe('A report about a dataset', () => {
  let all: Claiming;
  let consumer: DatasetReportsConsumer;
  let lines: { archiveId: string }[];
  let check: () => Promise<void>;

  beforeEach(() => {
    all = memoryClaiming();
    lines = [];
    check = () => Promise.resolve();
    const { catalogue, records, claims, jobs, clock } = all;
    const checks = {
      readLines: () => Promise.resolve(lines),
      read: () => Promise.resolve(manifest),
    } as unknown as ClaimChecks;
    const comparison = { check: () => check() } as unknown as FileListComparison;
    consumer = new DatasetReportsConsumer(
      claims,
      new DatablockRegistration(catalogue, claims, checks, comparison, records, clock),
      new DatasetResets(catalogue, claims, checks, records, clock),
      records,
      jobs,
      createLogger('spec', 'silent'),
    );
  });

  /** A job that has the dataset. */
  const running = async (workflow: Workflow, lifecycle = {}): Promise<void> => {
    await all.catalogue.datasets.insertOne(datasetOf('a', lifecycle));
    await all.jobs.post(jobOf('j', { workflow, storing: true }));
    await all.claims.take('j', workflow, await all.catalogue.datasetsOf(['a'], ['datasetlifecycle']));
    await all.jobs.accept((await all.jobs.find('j'))!, [], { dueAt: at(0), now: at(0) });
  };
  const datablock = (
    archiveId: string,
    createdBy = 'catena',
    _id = idFromName(archiveId),
  ): Promise<unknown> =>
    all.catalogue.datablocks.insertOne({ _id, archiveId, datasetId: 'a', createdBy } as DatablockRecord);
  const report = (more: object = {}): Envelope<never> =>
    ({
      data: { ...part, datablockCount: lines.length, packedSize: 2, ...more },
    }) as unknown as Envelope<never>;
  const words = async (): Promise<unknown[]> => {
    const { datasetlifecycle: says } = (await all.catalogue.datasets.findOne({ pid: 'a' }))!;
    return [says.archiveStatusMessage, says.retrieveStatusMessage];
  };
  /** What was decided, whether the claim is over, and what job-assembler is told. */
  const outcome = async (): Promise<unknown[]> => {
    const claim = await all.records.find(part);
    const told = claim?.outbox.rows.map(({ envelope }) => envelope?.type.replace('catalog.dataset-', ''));
    return [claim?.verdict, claim?.ended, told?.join()];
  };
  const blocks = (): Promise<number> => all.catalogue.datablocks.countDocuments({ datasetId: 'a' });
  const refusal = (): Promise<void> => Promise.reject(new PermanentError('x.y', 'the lists differ'));

  for (const workflow of ['repair', 'migrate'] as const)
    it(`that what a ${workflow} was to do is done, or failed, says nothing of the dataset, which others may read meanwhile`, async () => {
      await running(workflow, archived);
      const before = (await all.catalogue.datasets.findOne({ pid: 'a' }))!.datasetlifecycle;
      const lifecycle = async () => (await all.catalogue.datasets.findOne({ pid: 'a' }))!.datasetlifecycle;
      await consumer.started(report({ workflow }));
      assert.deepEqual([await lifecycle(), await all.records.exclusiveOn(['a'])], [before, undefined]);
      for (let times = 0; times < 2; times += 1) await consumer.copiesChanged(report({ workflow }));
      assert.deepEqual([await outcome(), await lifecycle()], [[undefined, true, ''], before]);
      await consumer.failed(report({ workflow, code: 'x.y', message: 'm', fault: 'system' }));
      assert.deepEqual(await lifecycle(), before);
    });

  it('that it is archived enters the datablocks, says so once, and leaves the dataset to other jobs', async () => {
    await running('archive');
    lines = [{ archiveId: 'one' }, { archiveId: 'two' }];
    for (let times = 0; times < 2; times += 1) await consumer.archived(report());
    assert.deepEqual([await words(), await blocks()], [['datasetOnArchiveDisk', ''], 2]);
    assert.deepEqual(await outcome(), ['registered', true, 'registered.v1']);
  });

  it('that it is archived is refused for good when list and datablocks differ: the job ends it', async () => {
    await running('archive');
    lines = [{ archiveId: 'one' }];
    check = refusal;
    for (let times = 0; times < 2; times += 1) await consumer.archived(report());
    assert.deepEqual(
      [await outcome(), await blocks()],
      [['refused', undefined, 'registration-refused.v1'], 0],
    );
    await consumer.failed(report({ workflow: 'archive', code: 'x.y', message: 'm' }));
    assert.deepEqual([await words(), (await outcome())[1]], [['scheduleArchiveJobFailed', ''], true]);
  });

  it('that it is archived is refused when some datablocks are missing, or have names of others', async () => {
    await running('archive');
    lines = [{ archiveId: 'one' }];
    await datablock('one', 'other', 'an id of others');
    await consumer.archived(report());
    assert.deepEqual(await outcome(), ['refused', undefined, 'registration-refused.v1']);
    await all.catalogue.claims.updateOne({ _id: 'j:a' }, { $unset: { verdict: '' } });
    await consumer.archived(report({ datablockCount: 2 }));
    assert.equal((await outcome())[0], 'refused');
  });

  it('that it is archived goes on with what another delivery had decided, whatever this one finds', async () => {
    await running('archive');
    lines = [{ archiveId: 'one' }];
    check = async () => {
      await all.records.decide('j:a', 'registered', []);
      await refusal();
    };
    assert.match(JSON.stringify(await consumer.archived(report())), /catalog.registration-decided/);
    await consumer.archived(report());
    assert.deepEqual([await outcome(), await blocks()], [['registered', true, 'registered.v1'], 1]);
  });

  it('of a job that has lost the dataset is refused once, and of one that is over is nothing', async () => {
    await all.jobs.post(jobOf('j'));
    for (let times = 0; times < 2; times += 1) await consumer.archived(report());
    assert.deepEqual(await outcome(), [undefined, true, 'registration-refused.v1']);
    await all.records.releaseAll('j');
    await all.catalogue.jobs.updateOne({ _id: 'j' }, { $set: { 'catena.finished': true } });
    await consumer.archived(report());
    await consumer.resetPrepared(report());
    assert.equal(await all.records.find(part), undefined);
  });

  it('that a reset is prepared takes the datablocks off the list, and nothing that was not planned', async () => {
    await running('reset', archived);
    for (const archiveId of ['one', 'two']) await datablock(archiveId);
    lines = [{ archiveId: 'one' }];
    await consumer.resetPrepared(report());
    assert.deepEqual([await outcome(), await blocks()], [['refused', undefined, 'reset-refused.v1'], 2]);
    await all.catalogue.claims.updateOne({ _id: 'j:a' }, { $unset: { verdict: '' } });
    lines = [{ archiveId: 'one' }, { archiveId: 'two' }];
    for (let times = 0; times < 2; times += 1) await consumer.resetPrepared(report());
    assert.deepEqual([await words(), await blocks()], [['datasetCreated', ''], 0]);
    assert.deepEqual(await outcome(), ['reset', true, 'reset-refused.v1,reset.v1']);
  });

  it('that a reset is prepared is parked when the job is for something else', async () => {
    await running('archive');
    const { kind } = await consumer.resetPrepared(report());
    assert.deepEqual([kind, (await outcome())[0]], ['dead', undefined]);
  });

  it('that it was retrieved, verified or cancelled ends the claim, with the words for it', async () => {
    await running('retrieve', archived);
    await consumer.started(report({ workflow: 'retrieve' }));
    assert.deepEqual(await words(), ['datasetOnArchiveDisk', 'started']);
    await consumer.retrieved(report());
    assert.deepEqual(
      [await words(), await outcome()],
      [
        ['datasetOnArchiveDisk', 'datasetRetrieved'],
        [undefined, true, ''],
      ],
    );
    await consumer.cancelled(report({ workflow: 'retrieve' }));
    assert.deepEqual(await words(), ['datasetOnArchiveDisk', 'datasetRetrieved'], 'too late');
  });
});
