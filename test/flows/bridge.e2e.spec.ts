import assert from 'node:assert/strict';
import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { until } from '#messaging/testing';
import { BesideScicat } from '../support/beside/beside-scicat.js';
import { BesideStory, patience } from '../support/beside/beside-story.js';
import { registerFiles, type TestDataset } from '../support/datasets.js';
import type { ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

describe('Beside a SciCat that stays', () => {
  const seen = verdict();
  let beside: BesideScicat;
  let story: BesideStory;
  let client: ScicatClient;

  before(async () => {
    beside = await BesideScicat.create({
      tells: ['rabbitmq', 'url'],
      bridge: { SCICAT_PRIVILEGED_USERS: 'robot' },
    });
    await beside.start();
    story = await BesideStory.of(beside);
    ({ client } = story);
  });
  after(() => beside.stop(seen.failed));

  const lifecycleOf = async (pid: string) => (await client.dataset(pid)).datasetlifecycle;

  /** What happens while a job is planned, and the archiver has not begun. */
  async function whileArchiverIsAway(pid: string, meanwhile: (id: string) => Promise<void>): Promise<string> {
    const { archiver } = beside.apps;
    await archiver.stop();
    const id = await story.post('archive', [pid]);
    await until(async () => (await client.job(id)).statusCode === 'inProgress', patience);
    await meanwhile(id);
    archiver.start();
    await archiver.whenReady();
    return id;
  }

  it('a dataset is archived, retrieved and reset by jobs that its clients post as ever', async () => {
    const one = await story.dataset();
    await story.archived(one);
    await story.ledger.datasetIsArchived(one);

    const retrieved = await story.ends(await story.post('retrieve', [one.pid]), 'finishedSuccessful');
    const [link] = retrieved.jobResultObject.result ?? [];
    assert.equal((await fetch(link!.url)).status, 200);

    await story.ends(await story.post('reset', [one.pid]), 'finishedSuccessful');
    await story.ledger.datasetIsUntouched(one, 'datasetCreated');
  });

  it('a job that comes by feed, by HTTP and by poll is one job', async () => {
    const one = await story.dataset();
    const id = await story.archived(one);
    await story.when(id, ({ seenBy }) => seenBy.includes('feed') && seenBy.includes('door'));
    await story.ledger.datasetIsArchived(one);
  });

  it('a job that is deleted is cancelled, and leaves its dataset as it was', async () => {
    const one = await story.dataset();
    const before = await lifecycleOf(one.pid);
    const id = await whileArchiverIsAway(one.pid, async (job) => {
      await story.deleteJob(job);
      await story.when(job, ({ cancelled }) => cancelled === true);
    });
    assert.equal((await story.isOver(id)).outcome, 'cancelled');
    const after = await lifecycleOf(one.pid);
    for (const field of ['archivable', 'retrievable', 'archiveStatusMessage', 'retrieveStatusMessage'])
      assert.deepEqual(after[field], before[field], field);
    assert.deepEqual(await client.datablocks(one.pid), []);
    assert.deepEqual(await story.ledger.tarsOf(beside.catena.shares[0]!, one.pid), []);
    assert.equal((await client.call('GET', `/api/v4/jobs/${id}`)).status, 400);
    // Nothing of the cancelled job stands in the way of the next one.
    await story.archived(one);
    await story.ledger.datasetIsArchived(one);
  });

  it('a job over three datasets, one of which misses a file, archives the two others and says which one failed', async () => {
    const [first, bad, last] = (await story.datasets(3)) as [TestDataset, TestDataset, TestDataset];
    const folder = String((await client.dataset(bad.pid))['sourceFolder']);
    await rm(join(folder, 'big.h5'));
    const id = await story.post('archive', [first.pid, bad.pid, last.pid]);
    const { jobResultObject } = await story.ends(id, 'finishedWithDatasetErrors');
    assert.deepEqual(
      jobResultObject.bad?.map(({ pid, code }) => [pid, code]),
      [[bad.pid, 'archiver.originals-incomplete']],
    );
    for (const good of [first, last]) await story.ledger.datasetIsArchived(good);
    await story.ledger.datasetIsUntouched(bad, 'missingFilesError');
  });

  it('of two archive jobs for one dataset at once one archives it, and the other names that one', async () => {
    const one = await story.dataset();
    const ids = await Promise.all([story.post('archive', [one.pid]), story.post('archive', [one.pid])]);
    const ends = await Promise.all(ids.map((id) => client.jobEnd(id)));
    const winner = ends.find(({ statusCode }) => statusCode === 'finishedSuccessful');
    const loser = ends.find(({ id }) => id !== winner?.id);
    assert.ok(winner !== undefined && loser !== undefined, JSON.stringify(ends));
    await story.ends(winner.id, 'finishedSuccessful');
    await story.isRefused(loser.id, 'bridge.dataset-busy', new RegExp(winner.id));
    await story.ledger.datasetIsArchived(one);
  });

  it('a job of another type is left alone', async () => {
    const one = await story.dataset();
    const id = await story.post('somethingElse', [one.pid]);
    const { why } = await story.when(id, ({ state }) => state === 'left');
    assert.equal(why?.code, 'bridge.type-foreign');
    await story.archived(one);
    assert.equal((await client.job(id)).statusCode, 'jobSubmitted');
  });

  it('what a person says of a dataset and of the job while it runs stays, and operators read of it', async () => {
    const one = await story.dataset();
    const word = 'kept for the beamline';
    const id = await whileArchiverIsAway(one.pid, async (job) => {
      await story.changeLifecycle(one.pid, { archiveStatusMessage: word });
      const change = { statusCode: 'onHold', statusMessage: 'the beamline looks at it' };
      const { status, body } = await story.manager.call('PATCH', `/api/v4/jobs/${job}`, change);
      assert.equal(status, 200, JSON.stringify(body));
    });
    const { leftAlone, outcome } = await story.isOver(id);
    assert.equal(outcome, 'succeeded');
    assert.deepEqual(
      leftAlone?.map(({ pid, field, found }) => [pid, field, found]).sort(),
      [
        [undefined, 'statusCode', '"onHold"'],
        [one.pid, 'archiveStatusMessage', JSON.stringify(word)],
      ].sort(),
    );
    assert.equal((await client.job(id)).statusCode, 'onHold');
    const { archiveStatusMessage, retrievable, archivable } = await lifecycleOf(one.pid);
    assert.deepEqual([archiveStatusMessage, retrievable, archivable], [word, true, false]);
    const listed = (await client.datablocks(one.pid)).map(({ archiveId }) => archiveId);
    assert.deepEqual(listed.sort(), await story.ledger.tarsOf(beside.catena.shares[0]!, one.pid));
  });

  it('a dataset that is deleted while its job runs fails in it, and nothing of it stays held', async () => {
    const [gone, other] = (await story.datasets(2)) as [TestDataset, TestDataset];
    const { archiver } = beside.apps;
    await archiver.stop();
    const id = await story.post('archive', [gone.pid, other.pid]);
    await until(async () => (await client.job(id)).statusCode === 'inProgress', patience);
    const path = `/api/v3/datasets/${encodeURIComponent(gone.pid)}`;
    assert.equal((await story.manager.call('DELETE', path)).status, 200);
    archiver.start();
    await archiver.whenReady();
    const { jobResultObject } = await story.ends(id, 'finishedWithDatasetErrors');
    assert.deepEqual(
      jobResultObject.bad?.map(({ pid }) => pid),
      [gone.pid],
    );
    await story.ledger.datasetIsArchived(other);
  });

  it('a file list that grew while the job ran is not called archived', async () => {
    const one = await story.dataset();
    const { 'scicat-bridge': bridge } = beside.apps;
    const share = beside.catena.shares[0]!;
    const id = await whileArchiverIsAway(one.pid, () => bridge.stop());
    await until(async () => (await story.ledger.tarsOf(share, one.pid).catch(() => [])).length > 0, patience);
    await registerFiles(client, one.pid, [{ path: 'late.h5', size: 3, time: '2020-02-03T04:05:06.789Z' }]);
    bridge.start();
    const { jobResultObject } = await story.ends(id, 'finishedUnsuccessful');
    assert.deepEqual(
      jobResultObject.bad?.map(({ pid, code }) => [pid, code]),
      [[one.pid, 'catalog.file-list-differs']],
    );
    await story.ledger.datasetIsUntouched(one, 'scheduleArchiveJobFailed');
    const folder = String((await client.dataset(one.pid))['sourceFolder']);
    for (const { path } of one.files) await access(join(folder, path));
  });

  it('a job for a group that does not own the dataset is refused, whoever posts it', async () => {
    const one = await story.dataset();
    const admin = await beside.client('admin');
    const body = {
      ...{ type: 'archive', ownerGroup: 'strangers', ownerUser: 'stranger' },
      jobParams: { datasetList: [{ pid: one.pid, files: [] }] },
    };
    const { status, body: job } = await admin.call('POST', '/api/v4/jobs', body);
    assert.equal(status, 201, JSON.stringify(job));
    const id = String(job['id']);
    const read = async () => (await admin.call('GET', `/api/v4/jobs/${id}`)).body;
    await until(async () => (await read())['statusCode'] === 'finishedUnsuccessful', patience);
    assert.match(String((await read())['statusMessage']), /group of the job \(strangers\).*has not/s);
    const { outcome, why } = await story.isOver(id);
    assert.deepEqual([outcome, why?.code], ['refused', 'bridge.dataset-forbidden']);
    await story.ledger.datasetIsUntouched(one, 'datasetCreated');
  });

  it('at the end the bridge waits for nothing', async () => {
    assert.deepEqual(await story.waiting(), []);
  });
});
