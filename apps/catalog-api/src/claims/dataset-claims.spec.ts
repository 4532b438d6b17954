import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { Workflow } from '#contracts';
import { lifecycleSteps } from '#scicat-words';
import type { ClaimRecord } from '../persistence/records.js';
import { memoryClaiming, orphanAge, type Claiming } from '../testing/claiming.js';
import { at, datasetOf, jobOf } from '../testing/samples.js';

const free = [true, false, 'datasetCreated', ''];
const scheduledToArchive = [false, false, 'scheduledForArchiving', ''];
const archived = { archivable: false, retrievable: true, archiveStatusMessage: 'datasetOnArchiveDisk' };

describe('A job that takes datasets', () => {
  let all: Claiming;
  let shown: { pid: string; doi: string } | undefined;

  beforeEach(async () => {
    shown = undefined;
    all = memoryClaiming(() => shown);
    await all.catalogue.datasets.insertMany([datasetOf('a'), datasetOf('b'), datasetOf('old', archived)]);
  });

  const storing = (id: string): Promise<boolean> =>
    all.jobs.post({ ...jobOf(id, { storing: true }), createdAt: all.clock.now() });
  const take = async (jobId: string, pids: string[], workflow: Workflow = 'archive'): Promise<void> => {
    if (!(await all.jobs.exists(jobId))) await storing(jobId);
    await all.claims.take(jobId, workflow, await all.catalogue.datasetsOf(pids, ['datasetlifecycle', '__v']));
  };
  const accept = async (jobId: string): Promise<unknown> =>
    all.jobs.accept((await all.jobs.find(jobId))!, [], { dueAt: at(0), now: at(0) });
  const running = async (jobId: string, pids: string[], workflow?: Workflow): Promise<void> => {
    await take(jobId, pids, workflow);
    await accept(jobId);
  };
  const claimOf = async (pid: string, jobId = 'j'): Promise<ClaimRecord> =>
    (await all.records.find({ jobId, pid }))!;
  const words = async (pid: string): Promise<unknown[]> => {
    const { datasetlifecycle: says } = (await all.catalogue.datasets.findOne({ pid }))!;
    return [says.archivable, says.retrievable, says.archiveStatusMessage, says.retrieveStatusMessage];
  };
  const left = (): Promise<number> => all.catalogue.claims.countDocuments({});

  it('marks them scheduled, and remembers what they said before', async () => {
    await take('j', ['a', 'b']);
    assert.deepEqual([await words('a'), await words('b')], [scheduledToArchive, scheduledToArchive]);
    const { archivable, archiveStatusMessage } = (await claimOf('a')).before;
    assert.deepEqual([archivable, archiveStatusMessage], [true, 'datasetCreated']);
    await all.claims.take('none', 'none', [datasetOf('a')]);
    assert.equal(await left(), 2, 'a job of another system takes nothing');
  });

  it('is refused, naming the job that has one of them, and gets none', async () => {
    await running('first', ['b']);
    await assert.rejects(take('j', ['a', 'b']), {
      status: 409,
      message: /b is being worked on by job first/,
    });
    assert.deepEqual([await words('a'), await left()], [free, 1]);
  });

  it('is told to post again while nobody can tell a crash from a slow moment, and takes over what a crash left', async () => {
    await take('crashed', ['a']);
    await assert.rejects(take('j', ['a']), { status: 503, message: /Post again in 1 s/ });
    all.clock.advance(orphanAge + 1);
    await take('k', ['a']);
    assert.equal(await all.jobs.exists('crashed'), false);
    assert.deepEqual([await words('a'), await left()], [scheduledToArchive, 1]);
    assert.equal((await claimOf('a', 'k')).before.archivable, true, 'as it was before the crash');
  });

  it('gets nothing when a sweep gave it up before they were marked', async () => {
    await storing('j');
    const datasets = await all.catalogue.datasetsOf(['a'], ['datasetlifecycle', '__v']);
    await all.jobs.giveUp('j');
    await assert.rejects(all.claims.take('j', 'archive', datasets), { status: 503 });
    assert.deepEqual(await words('a'), free);
  });

  it('that gives up while a sweep has taken its claim over leaves the claim, and the flags, to the sweep', async () => {
    await take('j', ['a']);
    await all.jobs.giveUp('j');
    all.clock.advance(orphanAge + 1);
    const { records, claims } = all;
    const [isOpen, takeOver] = [records.isOpen.bind(records), records.takeOver.bind(records)];
    let abandoned: Promise<void> = Promise.resolve();
    let [taken, goOn]: (() => void)[] = [];
    const isTaken = new Promise<void>((resolve) => (taken = resolve));
    const mayGoOn = new Promise<void>((resolve) => (goOn = resolve));
    // The creator looks at its claim just after the sweep has made it its own; the sweep goes on when the creator has ended.
    records.isOpen = async (claim) => {
      records.isOpen = isOpen;
      await isTaken;
      return isOpen(claim);
    };
    records.takeOver = async (claim, now) => {
      const mine = await takeOver(claim, now);
      taken!();
      await mayGoOn;
      return mine;
    };
    abandoned = claims.abandon('j');
    await new Promise(setImmediate);
    const swept = claims.releaseOrphans();
    await abandoned;
    assert.equal(await left(), 1, 'the claim is the sweep’s');
    goOn!();
    await swept;
    assert.deepEqual([await words('a'), await left()], [free, 0]);
  });

  it('gives them back as they were, but for those whose part is over', async () => {
    await running('j', ['a', 'b']);
    await all.records.end({ jobId: 'j', pid: 'b' }, []);
    await all.claims.undo('j');
    assert.deepEqual([await words('a'), await words('b'), await left()], [free, scheduledToArchive, 0]);
  });

  it('that was never accepted gives back only what says what it wrote', async () => {
    await take('j', ['a', 'b']);
    await all.catalogue.datasets.updateOne(
      { pid: 'b' },
      { $set: { 'datasetlifecycle.archiveStatusMessage': 'by hand' } },
    );
    await all.claims.abandon('j');
    assert.deepEqual([await words('a'), (await words('b'))[2], await left()], [free, 'by hand', 0]);
  });

  it('shares them with others that only read, and a reset has them to itself', async () => {
    await running('reads', ['old'], 'retrieve');
    await running('reads too', ['old'], 'verify');
    await assert.rejects(take('j', ['old'], 'reset'), { status: 409 });
    assert.deepEqual((await words('old')).slice(0, 3), Object.values(archived), 'as it was');
    for (const jobId of ['reads', 'reads too']) await all.claims.undo(jobId);
    await running('j', ['old'], 'reset');
    assert.deepEqual((await words('old')).slice(0, 3), [false, false, 'scheduledForReset']);
    await assert.rejects(take('reads', ['old'], 'verify'), { status: 409 });
  });

  it('of a reset is refused for what a publication shows', async () => {
    shown = { pid: 'old', doi: '10.1/x' };
    await assert.rejects(take('j', ['old'], 'reset'), { status: 409, message: /10\.1\/x shows/ });
    assert.equal(await left(), 0);
  });

  it('decides once what becomes of the datablocks, and not once the claim is over', async () => {
    await running('j', ['a', 'b']);
    assert.equal(await all.claims.decide(await claimOf('a'), 'registered'), 'registered');
    assert.equal(await all.claims.decide(await claimOf('a'), 'refused'), 'registered');
    const slow = await claimOf('b');
    await all.records.end({ jobId: 'j', pid: 'b' }, []);
    assert.equal(await all.claims.decide(slow, 'refused'), undefined);
  });

  it('writes no word on a dataset once its claim is over', async () => {
    await running('j', ['a']);
    const claim = await claimOf('a');
    await all.claims.apply(claim, lifecycleSteps.archiveStarted);
    assert.equal((await words('a'))[2], 'started');
    await all.claims.undo('j');
    await all.claims.apply(claim, lifecycleSteps.archived);
    assert.deepEqual(await words('a'), free);
  });

  it('keeps file lists from changing: writes that were announced before it fail', async () => {
    const blocks = all.catalogue.records('OrigDatablock');
    await blocks.insertOne({ _id: 'block', datasetId: 'a' });
    const passage = await all.fence.pass('OrigDatablock', 'a', { _id: 'block' });
    assert.equal(await blocks.countDocuments({ _id: 'block', ...passage }), 1);
    await running('j', ['a']);
    assert.equal(await blocks.countDocuments({ _id: 'block', ...passage }), 0);
    await assert.rejects(all.fence.pass('OrigDatablock', 'a', { _id: 'block' }), { status: 409 });
    assert.deepEqual(await blocks.findOne({ _id: 'block' }), { _id: 'block', datasetId: 'a' });
    await all.claims.undo('j');
    await all.fence.pass('OrigDatablock', 'a', { _id: 'block' });
  });
});
