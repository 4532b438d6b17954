import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import {
  datasetArchivedV1,
  datasetCancelledV1,
  datasetFailedV1,
  datasetRetrievedV1,
  datasetStartedV1,
  jobStartedV1,
} from '#contracts';
import { PermanentError, TransientError } from '#kernel';
import { BridgeStory, file } from '../testing/bridge-story.js';

const block = { size: 3, packedSize: 10, chkAlg: 'sha256', version: '1.0', dataFileList: [] };

describe('What SciCat is told of a job', () => {
  let story: BridgeStory;

  before(async () => {
    story = await BridgeStory.begin(process.env['MONGODB_URI']);
  });
  afterEach(() => story.anew());
  after(() => story.end());

  const accepted = async (pids = ['a'], type = 'archive'): Promise<void> => {
    const { records } = story.scicat;
    for (const pid of pids)
      records.addDataset(pid, [file], {
        datasetlifecycle: {
          archivable: type === 'archive',
          retrievable: type !== 'archive',
          archiveStatusMessage: 'x',
        },
      });
    records.addJob('j', pids, { type });
    await story.jobs.see('j', 'feed');
    await story.go();
    assert.equal((await story.job('j'))?.state, 'accepted');
  };
  const lifecycle = (pid = 'a') => story.scicat.records.datasets.get(pid)!.datasetlifecycle;
  const started = async (pid = 'a'): Promise<void> => {
    await story.report(datasetStartedV1, { jobId: 'j', pid, workflow: 'archive' });
    await story.go();
  };
  const over = async (outcome: 'succeeded' | 'failed' | 'cancelled' = 'succeeded'): Promise<void> => {
    await story.reportEnd('j', [], outcome);
    await story.go();
    assert.equal((await story.job('j'))?.state, 'over');
  };
  const status = (): string | undefined => story.scicat.records.jobs.get('j')?.statusCode;
  const other = async (archiveId: string, more: object = {}): Promise<void> => {
    await story.scicat.createDatablock('a', { archiveId, ...block, ...more });
  };
  const foreign = (archiveId: string): void => {
    for (const [id, one] of story.scicat.records.datablocks)
      if (one.archiveId === archiveId) story.scicat.records.datablocks.set(id, { ...one, createdBy: 'else' });
  };

  it('is not written over what a person wrote of a dataset meanwhile, which is told of once', async () => {
    await accepted();
    const { records } = story.scicat;
    const dataset = records.datasets.get('a')!;
    records.datasets.set('a', {
      ...dataset,
      datasetlifecycle: { ...dataset.datasetlifecycle, archiveStatusMessage: 'on hold by Ada' },
    });
    await started();
    await story.reportArchived('j', 'a');
    await story.go();
    await over();
    const { archiveStatusMessage, retrievable, archivable } = lifecycle();
    assert.deepEqual([archiveStatusMessage, retrievable, archivable], ['on hold by Ada', true, false]);
    const { leftAlone, leftAloneCount } = (await story.job('j'))!;
    assert.equal(leftAloneCount, 1);
    const [{ pid, field, expected, found, wanted }] = leftAlone as [NonNullable<typeof leftAlone>[number]];
    assert.deepEqual(
      [pid, field, expected, found, wanted],
      ['a', 'archiveStatusMessage', '"scheduledForArchiving"', '"on hold by Ada"', '"started"'],
    );
    assert.match(records.jobs.get('j')?.statusMessage ?? '', /1 field\(s\) that others changed/);
  });

  it('is not written over a status that another program gave the job', async () => {
    await accepted();
    const { records } = story.scicat;
    records.jobs.set('j', { ...records.jobs.get('j')!, statusCode: 'takenByAda' });
    await story.report(jobStartedV1, { jobId: 'j', datasets: 1, bytes: 3 });
    await started();
    await story.reportArchived('j', 'a');
    await story.go();
    await over();
    assert.equal(status(), 'takenByAda');
    assert.equal(lifecycle().retrievable, true);
    assert.ok(((await story.job('j'))?.leftAlone ?? []).every(({ field }) => field === 'statusCode'));
  });

  it('ends with flags as before when it was cancelled, and when it failed with the reason', async () => {
    await accepted(['a', 'b']);
    await started('a');
    await story.report(datasetCancelledV1, { jobId: 'j', pid: 'a', workflow: 'archive' });
    const fault = { workflow: 'archive', code: 'archiver.originals-incomplete', message: 'm' } as const;
    await story.report(datasetFailedV1, { jobId: 'j', pid: 'b', ...fault, fault: 'user' });
    await story.go();
    await over('cancelled');
    assert.deepEqual([lifecycle('a').archivable, lifecycle('a').archiveStatusMessage], [true, 'x']);
    assert.deepEqual(
      [lifecycle('b').archivable, lifecycle('b').archiveStatusMessage],
      [true, 'missingFilesError'],
    );
    assert.equal(status(), 'jobCancel');
  });

  it('that is deleted in SciCat cancels it, once, and its datasets are let go of', async () => {
    await accepted();
    await started();
    story.scicat.records.jobs.delete('j');
    await story.go(300_000);
    const cancels = (await story.said('j')).filter((type) => type.startsWith('catalog.job-cancel'));
    assert.equal(cancels.length, 1);
    await story.report(datasetCancelledV1, { jobId: 'j', pid: 'a', workflow: 'archive' });
    await over('cancelled');
    assert.equal(lifecycle().archivable, true);
    story.scicat.records.addJob('next', ['a']);
    await story.jobs.see('next', 'feed');
    await story.go();
    assert.equal((await story.job('next'))?.state, 'accepted');
  });

  it('does not take a SciCat that is away for one that has deleted it', async () => {
    await accepted();
    story.scicat.awayFor(50);
    await story.go(600_000);
    assert.deepEqual(await story.said('j'), ['catalog.job-submitted.v1']);
  });

  it('of a dataset that was deleted meanwhile is that its datablocks cannot be listed', async () => {
    await accepted();
    story.scicat.records.datasets.delete('a');
    await story.reportArchived('j', 'a');
    await story.go();
    assert.ok((await story.said('j')).includes('catalog.dataset-registration-refused.v1 a'));
    const fault = { workflow: 'archive', code: 'bridge.dataset-gone', message: 'm', fault: 'user' } as const;
    await story.report(datasetFailedV1, { jobId: 'j', pid: 'a', ...fault });
    await over('failed');
    assert.equal(status(), 'finishedUnsuccessful');
  });

  it('of one that is deleted between two of its datablocks is a refusal in place of what was decided', async () => {
    await accepted();
    story.scicat.records.originals.set('a', [[file, { path: 'g', size: 1 }]]);
    let created = 0;
    story.scicat.after = (method) => {
      if (method !== 'createDatablock') return;
      created += 1;
      if (created === 1) story.scicat.records.datasets.delete('a');
    };
    await story.reportArchived('j', 'a', [file, { path: 'g', size: 1 }], 2);
    await story.go();
    const said = await story.said('j');
    assert.ok(said.includes('catalog.dataset-registration-refused.v1 a'), said.join());
    assert.ok(!said.includes('catalog.dataset-registered.v1 a'), said.join());
  });

  it('of datablocks that do not hold what SciCat lists by now is nothing: they are refused', async () => {
    await accepted();
    story.scicat.records.originals.set('a', [[file], [{ path: 'late', size: 1 }]]);
    await story.reportArchived('j', 'a');
    await story.go();
    assert.ok((await story.said('j')).includes('catalog.dataset-registration-refused.v1 a'));
    assert.equal(story.scicat.records.datablocks.size, 0);
  });

  it('of a datablock whose name is taken is a refusal; one that is taken meanwhile makes it wait', async () => {
    await accepted();
    await other('a/j/0.tar', { size: 99 });
    await story.reportArchived('j', 'a');
    await story.go();
    assert.ok((await story.said('j')).includes('catalog.dataset-registration-refused.v1 a'));

    await story.anew();
    await accepted();
    story.scicat.before = async (method) => {
      if (method !== 'createDatablock') return;
      story.scicat.before = undefined;
      await other('a/j/0.tar', { size: 99 });
    };
    await story.reportArchived('j', 'a');
    await story.go();
    const job = await story.job('j');
    assert.equal(job?.why?.code, 'bridge.archive-id-taken');
    assert.ok(!(await story.said('j')).some((type) => type.startsWith('catalog.dataset-reg')));
    story.scicat.records.datablocks.clear();
    await story.go(600_000);
    assert.ok((await story.said('j')).includes('catalog.dataset-registered.v1 a'));
  });

  it('holds up one dataset that cannot be told, not the others, and the end of the job', async () => {
    await accepted(['a', 'b']);
    story.scicat.before = (method, [pid]) => {
      if (method === 'writeLifecycle' && pid === 'a')
        throw new TransientError('scicat.rights', 'not that one');
    };
    await story.reportArchived('j', 'a');
    await story.reportArchived('j', 'b');
    await story.reportEnd('j', []);
    await story.go();
    assert.ok((await story.said('j')).includes('catalog.dataset-registered.v1 b'));
    assert.deepEqual(
      [(await story.job('j'))?.state, (await story.job('j'))?.why?.code],
      ['accepted', 'scicat.rights'],
    );
    assert.deepEqual((await story.lists.errandsOf('j')).map(({ pid }) => pid ?? 'the job').sort(), [
      'a',
      'the job',
    ]);
    story.scicat.before = undefined;
    await story.go(600_000);
    assert.equal((await story.job('j'))?.state, 'over');
  });

  it('of a reset takes off the list what was planned and is ours, and nothing else', async () => {
    await accepted(['a'], 'reset');
    for (const name of ['one', 'two']) await other(name);
    await story.reportResetPrepared('j', 'a', ['one', 'two']);
    await story.go();
    assert.equal(story.scicat.records.datablocks.size, 0);
    assert.ok((await story.said('j')).includes('catalog.dataset-reset.v1 a'));
    assert.equal(lifecycle().archivable, true);

    for (const spoil of ['foreign', 'unplanned']) {
      await story.anew();
      await accepted(['a'], 'reset');
      for (const name of ['one', 'two']) await other(name);
      if (spoil === 'foreign') foreign('two');
      await story.reportResetPrepared('j', 'a', spoil === 'foreign' ? ['one', 'two'] : ['one']);
      await story.go();
      assert.equal(story.scicat.records.datablocks.size, 2, spoil);
      assert.ok((await story.said('j')).includes('catalog.dataset-reset-refused.v1 a'), spoil);
    }
  });

  it('that comes after its part has ended, or after the job, changes nothing', async () => {
    await accepted(['a'], 'retrieve');
    await story.report(datasetRetrievedV1, { jobId: 'j', pid: 'a' });
    await story.go();
    assert.equal(lifecycle().retrieveStatusMessage, 'datasetRetrieved');
    await over();
    const writes = story.writes.length;
    await story.report(datasetStartedV1, { jobId: 'j', pid: 'a', workflow: 'retrieve' });
    await story.report(jobStartedV1, { jobId: 'j', datasets: 1, bytes: 3 });
    await story.go();
    assert.equal(story.writes.length, writes);
    assert.equal(status(), 'finishedSuccessful');
  });

  it('that comes for a job that is over is closed, and nobody waits for it', async () => {
    await accepted();
    await over('failed');
    await story.report(datasetStartedV1, { jobId: 'j', pid: 'a', workflow: 'archive' });
    await story.go();
    assert.deepEqual(await story.lists.errandsOf('j'), []);
    assert.equal((await story.lists.untold(1000)).count, 0);
  });

  it('goes on with the other datasets where one cannot be marked, and to delete the job cancels it all the same', async () => {
    const fault = new TransientError('scicat.rights', 'not that one');
    story.scicat.before = (method, [pid]) => {
      if (method === 'writeLifecycle' && pid === 'a') throw fault;
    };
    await accepted(['a', 'b']);
    await started('b');
    assert.equal(lifecycle('b').archiveStatusMessage, 'started');
    story.scicat.records.jobs.delete('j');
    await story.go(900_000);
    assert.ok((await story.said('j')).includes('catalog.job-cancel-requested.v1'));
  });

  it('is not that a job was deleted because it was not found once', async () => {
    await accepted();
    await started();
    const job = story.scicat.records.jobs.get('j')!;
    story.scicat.records.jobs.delete('j');
    await story.reportEnd('j', [], 'succeeded');
    await story.takeOne();
    assert.equal((await story.job('j'))?.why?.code, 'bridge.job-absent');
    story.scicat.records.jobs.set('j', job);
    await story.go();
    assert.equal(status(), 'finishedSuccessful');
  });

  it('is not that a job was deleted because two looks at the same moment did not find it', async () => {
    await accepted();
    const job = story.scicat.records.jobs.get('j')!;
    story.clock.advance(61_000);
    story.scicat.records.jobs.delete('j');
    await story.reportEnd('j', [], 'succeeded');
    await story.takeOne();
    assert.equal((await story.job('j'))?.absent, 1);
    story.scicat.records.jobs.set('j', job);
    await story.go();
    assert.equal(status(), 'finishedSuccessful');
    assert.deepEqual(await story.said('j'), ['catalog.job-submitted.v1']);
  });

  it('of datablocks whose list is lost is a refusal: the job comes to its end', async () => {
    await accepted();
    const lost = { bucket: 'catena-control', key: 'nowhere', size: 1, sha256: '0'.repeat(64) };
    await story.report(datasetArchivedV1, {
      ...{ jobId: 'j', pid: 'a', datablockCount: 1, packedSize: 10, datablocks: lost },
    });
    await story.go();
    assert.ok((await story.said('j')).includes('catalog.dataset-registration-refused.v1 a'));
  });

  it('with a result that is too large for SciCat is its counts', async () => {
    await accepted();
    let refused = 0;
    story.scicat.before = (method, [, words]) => {
      if (method !== 'writeJob' || !JSON.stringify(words).includes('"good"')) return;
      refused += 1;
      throw new PermanentError('scicat.refused', 'too large', { details: { status: 413 } });
    };
    await story.reportEnd('j', [{ pid: 'a', outcome: 'succeeded', datablocks: [] }]);
    await story.go();
    const job = story.scicat.records.jobs.get('j');
    assert.deepEqual([refused, job?.statusCode], [1, 'finishedSuccessful']);
    const counts = { datasetsSucceeded: 1, datasetsFailed: 0, datasetsCancelled: 0 };
    assert.deepEqual(job?.jobResultObject, { ...counts, truncated: true });
  });

  it('of datablocks of which SciCat refuses one for good is that none is listed', async () => {
    await accepted();
    story.scicat.records.originals.set('a', [[file, { path: 'g', size: 1 }]]);
    story.scicat.before = (method, [, datablock]) => {
      if (method === 'createDatablock' && JSON.stringify(datablock).includes('/1.tar'))
        throw new PermanentError('scicat.refused', 'no', { details: { status: 400 } });
    };
    await story.reportArchived('j', 'a', [file, { path: 'g', size: 1 }], 2);
    await story.go();
    assert.equal(story.scicat.records.datablocks.size, 0);
    assert.ok((await story.said('j')).includes('catalog.dataset-registration-refused.v1 a'));
  });

  it('of two retrievals of one dataset is what each of them found, and neither takes the other for a stranger', async () => {
    await accepted(['a'], 'retrieve');
    const retrieving = { pid: 'a', workflow: 'retrieve' } as const;
    await story.report(datasetStartedV1, { jobId: 'j', ...retrieving });
    await story.go();
    story.scicat.records.addJob('k', ['a'], { type: 'retrieve' });
    await story.jobs.see('k', 'feed');
    await story.go();
    assert.equal(lifecycle().retrieveStatusMessage, 'scheduledForRetrieval');
    await story.report(datasetRetrievedV1, { jobId: 'j', pid: 'a' });
    await over();
    assert.equal(lifecycle().retrieveStatusMessage, 'datasetRetrieved');
    assert.equal((await story.job('j'))?.leftAloneCount, undefined);
    await story.report(datasetCancelledV1, { jobId: 'k', ...retrieving });
    await story.reportEnd('k', [], 'cancelled');
    await story.go();
    assert.ok(!['started', 'scheduledForRetrieval'].includes(lifecycle().retrieveStatusMessage ?? ''));
  });

  it('of a reset waits while SciCat does not show what it was planned for', async () => {
    await accepted(['a'], 'reset');
    await story.reportResetPrepared('j', 'a', ['one']);
    await story.go();
    assert.equal((await story.job('j'))?.why?.code, 'bridge.datablocks-unseen');
    assert.ok(!(await story.said('j')).some((type) => type.includes('reset')));
    await other('one');
    await story.go(600_000);
    assert.ok((await story.said('j')).includes('catalog.dataset-reset.v1 a'));
  });
});
