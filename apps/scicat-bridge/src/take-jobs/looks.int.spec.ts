import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { datasetFailedV1, type DatasetListLine, type JobSubmittedV1 } from '#contracts';
import { PermanentError, TransientError } from '#kernel';
import { BridgeStory, file } from '../testing/bridge-story.js';

describe('A job that a way in named', () => {
  let story: BridgeStory;

  before(async () => {
    story = await BridgeStory.begin(process.env['MONGODB_URI']);
  });
  afterEach(() => story.anew());
  after(() => story.end());

  /** What became of it, and what SciCat says of it. */
  const outcome = async (id = 'j'): Promise<unknown[]> => {
    const job = await story.job(id);
    return [job?.state, job?.why?.code, story.scicat.records.jobs.get(id)?.statusCode];
  };
  const seen = async (id = 'j', by: 'feed' | 'door' | 'poll' = 'feed'): Promise<void> => {
    await story.jobs.see(id, by);
    await story.go();
  };
  const refused = 'finishedUnsuccessful';

  it('is handed over once, however often and from wherever it is named', async () => {
    story.scicat.records.addDataset('a', [file]);
    story.scicat.records.addJob('j', ['a']);
    await Promise.all([
      story.jobs.see('j', 'feed'),
      story.jobs.see('j', 'door'),
      story.jobs.see('j', 'poll'),
    ]);
    await story.go();
    await seen('j', 'door');
    assert.deepEqual((await story.said('j')).join(), 'catalog.job-submitted.v1');
    assert.deepEqual([...((await story.job('j'))?.seenBy ?? [])].sort(), ['door', 'feed', 'poll']);
  });

  it('has its datasets in the message, and many of them in the control bucket', async () => {
    const pids = Array.from({ length: 400 }, (_, place) => `20.500.12345/${place}`);
    for (const pid of pids) story.scicat.records.addDataset(pid, [file]);
    const [short, long] = [['20.500.12345/1', '20.500.12345/0'], pids.slice(2).reverse()];
    const linesOf = (some: readonly string[]) => some.map((pid) => ({ pid, files: [] }));
    for (const [id, some] of [
      ['j', short],
      ['k', long],
    ] as const) {
      story.scicat.records.addJob(id, some);
      await seen(id);
    }
    const told = async (id: string) =>
      (await story.job(id))?.outbox.rows[0]?.envelope?.data as unknown as JobSubmittedV1;
    assert.deepEqual((await told('j')).datasets, linesOf(short));
    const { datasets, datasetCount, datasetList } = await told('k');
    assert.deepEqual([datasets, datasetCount], [undefined, long.length]);
    assert.deepEqual(await story.claimChecks.readLines<DatasetListLine>(datasetList!), linesOf(long));
    assert.equal(await story.claimChecks.findLines('job-lists/j.ndjson'), undefined);
  });

  it('and that SciCat does not have is left after a minute, and looked at again when it is named later', async () => {
    await story.jobs.see('j', 'door');
    await story.go(30_000);
    assert.equal((await story.job('j'))?.state, 'seen');
    // Longer than the longest pause between two looks, which is drawn by lot.
    await story.go(600_000);
    assert.deepEqual(await outcome(), ['left', 'bridge.job-unknown', undefined]);
    story.scicat.records.addDataset('a', [file]);
    story.scicat.records.addJob('j', ['a']);
    story.clock.advance(61_000);
    await seen();
    assert.equal((await story.job('j'))?.state, 'accepted');
  });

  it('and that is of another type, or begun, is left alone, and nothing of it is touched', async () => {
    story.scicat.records.addDataset('a', [file]);
    story.scicat.records.addJob('other', ['a'], { type: 'somethingElse' });
    story.scicat.records.addJob('begun', ['a'], { statusCode: 'inProgress' });
    await seen('other');
    await seen('begun');
    assert.deepEqual(await outcome('other'), ['left', 'bridge.type-foreign', 'jobSubmitted']);
    assert.deepEqual(await outcome('begun'), ['left', 'bridge.job-begun', 'inProgress']);
    assert.deepEqual(story.writes, []);
  });

  it('and cannot be worked through is refused in SciCat with the reason, and holds nothing', async () => {
    const { records } = story.scicat;
    records.addDataset('a', [file]);
    records.addDataset('foreign', [file], { ownerGroup: 'another' });
    records.addDataset('archived', [file], { datasetlifecycle: { archivable: false, retrievable: true } });
    const codes = {
      none: [[], 'bridge.datasets-uncounted'],
      twice: [['a', 'a'], 'bridge.dataset-repeated'],
      missing: [['a', 'b'], 'bridge.dataset-missing'],
      forbidden: [['a', 'foreign'], 'bridge.dataset-forbidden'],
      unfit: [['a', 'archived'], 'bridge.dataset-unfit'],
    } as const;
    for (const [id, [pids, code]] of Object.entries(codes)) {
      records.addJob(id, pids);
      await seen(id);
      const job = records.jobs.get(id);
      assert.deepEqual(await outcome(id), ['over', code, refused]);
      assert.deepEqual(job?.jobResultObject?.['code'], code);
      assert.deepEqual(await story.said(id), []);
    }
    records.addJob('fine', ['a']);
    await seen('fine');
    assert.equal((await story.job('fine'))?.state, 'accepted');
  });

  it('of privileged people needs no right of its group; one of others for whose datasets it has none is refused', async () => {
    const { records } = story.scicat;
    records.addDataset('a', [file], { datasetlifecycle: { archivable: true, retrievable: true } });
    records.addDataset('shared', [file], {
      ...{ ownerGroup: 'another', accessGroups: ['group'] },
      datasetlifecycle: { archivable: true, retrievable: true },
    });
    records.addJob('admin', ['a'], { createdBy: 'admin', ownerGroup: 'another' });
    records.addJob('reads', ['shared'], { type: 'retrieve' });
    records.addJob('resets', ['shared'], { type: 'reset' });
    for (const id of ['admin', 'reads', 'resets']) await seen(id);
    assert.equal((await story.job('admin'))?.state, 'accepted');
    assert.equal((await story.job('reads'))?.state, 'accepted');
    assert.deepEqual(await outcome('resets'), ['over', 'bridge.dataset-forbidden', refused]);
  });

  it('and wants a dataset that another one has is refused, and names that one', async () => {
    const { records } = story.scicat;
    records.addDataset('a', [file]);
    records.addDataset('b', [file]);
    records.addJob('first', ['a']);
    records.addJob('second', ['b', 'a']);
    await seen('first');
    await seen('second');
    assert.deepEqual(await outcome('second'), ['over', 'bridge.dataset-busy', refused]);
    assert.match(records.jobs.get('second')?.statusMessage ?? '', /job first/);
    records.addJob('third', ['b']);
    await seen('third');
    assert.equal((await story.job('third'))?.state, 'accepted');
  });

  it('waits while it is not decided whether the one in its way is done', async () => {
    const { records } = story.scicat;
    let asked = 0;
    records.addDataset('a', [file]);
    records.addJob('first', ['a']);
    records.addJob('second', ['a']);
    await story.jobs.see('first', 'feed');
    story.scicat.before = (method) => {
      // The first one has its datasets, and is asked for once more what they say.
      if (method === 'datasets' && ++asked % 2 === 0) throw new TransientError('scicat.away', 'away');
    };
    await story.go(1000);
    await story.jobs.see('second', 'feed');
    story.scicat.before = undefined;
    await story.takeOne();
    assert.deepEqual(
      [(await story.job('first'))?.state, (await story.job('second'))?.state],
      ['seen', 'seen'],
    );
    assert.equal((await story.job('second'))?.why?.code, 'bridge.dataset-undecided');
    await story.go();
    const states = [(await story.job('first'))?.state, (await story.job('second'))?.state].sort();
    assert.deepEqual(states, ['accepted', 'over']);
  });

  it('of two that want the same datasets in another order one gets them, whoever is quicker', async () => {
    for (let round = 0; round < 5; round += 1) {
      await story.anew();
      const { records } = story.scicat;
      const pids = ['a', 'b', 'c', 'd'];
      for (const pid of pids) records.addDataset(pid, [file]);
      records.addJob('one', pids);
      records.addJob('two', [...pids].reverse());
      await Promise.all([story.jobs.see('one', 'feed'), story.jobs.see('two', 'feed')]);
      await Promise.all([story.takeOne(), story.takeOne()]);
      await story.go();
      const states = [(await story.job('one'))?.state, (await story.job('two'))?.state].sort();
      assert.deepEqual(states, ['accepted', 'over']);
    }
  });

  it('to reset a public dataset is refused: its readers would not get their files any more', async () => {
    story.scicat.records.addDataset('a', [file], { isPublished: true });
    story.scicat.records.addJob('j', ['a'], { type: 'reset' });
    await seen();
    assert.deepEqual(await outcome(), ['over', 'bridge.dataset-published', refused]);
  });

  it('to read a dataset that another one resets is refused', async () => {
    const { records } = story.scicat;
    records.addDataset('a', [file], { datasetlifecycle: { archivable: false, retrievable: true } });
    records.addJob('resets', ['a'], { type: 'reset' });
    records.addJob('reads', ['a'], { type: 'retrieve' });
    await seen('resets');
    const { datasetlifecycle, ...dataset } = records.datasets.get('a')!;
    records.datasets.set('a', { ...dataset, datasetlifecycle: { ...datasetlifecycle, retrievable: true } });
    await seen('reads');
    assert.deepEqual(await outcome('reads'), ['over', 'bridge.dataset-busy', refused]);
  });

  it('and of which nothing can be read is left, and looked at again when it is named later', async () => {
    story.scicat.records.addDataset('a', [file]);
    story.scicat.records.addJob('j', ['a']);
    story.scicat.before = (method) => {
      if (method === 'job') throw new PermanentError('scicat.odd-answer', 'datasetList is a number');
    };
    await seen();
    assert.deepEqual(await outcome(), ['left', 'scicat.odd-answer', 'jobSubmitted']);
    story.scicat.before = undefined;
    story.clock.advance(61_000);
    await seen();
    assert.equal((await story.job('j'))?.state, 'accepted');
  });

  it('to reset a dataset that another one reads is refused', async () => {
    const { records } = story.scicat;
    records.addDataset('a', [file], { datasetlifecycle: { archivable: false, retrievable: true } });
    records.addJob('reads', ['a'], { type: 'retrieve' });
    records.addJob('resets', ['a'], { type: 'reset' });
    await seen('reads');
    await seen('resets');
    assert.deepEqual(await outcome('resets'), ['over', 'bridge.dataset-busy', refused]);
  });
});

describe('A job of SciCat v3, which marks its datasets itself', () => {
  let story: BridgeStory;

  before(async () => {
    story = await BridgeStory.begin(process.env['MONGODB_URI'], {
      ...{ SCICAT_JOBS_API: 'v3', SCICAT_JOB_RIGHTS: 'scicat' },
    });
  });
  after(() => story.end());

  it('is taken, and a failure puts back what they said before that', async () => {
    const { records } = story.scicat;
    const marked = { archivable: false, retrievable: false, archiveStatusMessage: 'scheduledForArchiving' };
    records.addDataset('a', [file], { datasetlifecycle: marked });
    records.addJob('j', ['a']);
    await story.jobs.see('j', 'poll');
    await story.go();
    assert.equal((await story.job('j'))?.state, 'accepted');
    const fault = { workflow: 'archive', code: 'archiver.x', message: 'm', fault: 'system' } as const;
    await story.report(datasetFailedV1, { jobId: 'j', pid: 'a', ...fault });
    await story.reportEnd('j', [{ pid: 'a', outcome: 'failed', datablocks: [] }], 'failed');
    await story.go();
    const { archivable, archiveStatusMessage } = records.datasets.get('a')!.datasetlifecycle;
    assert.deepEqual([archivable, archiveStatusMessage], [true, 'scheduleArchiveJobFailed']);
  });
});
