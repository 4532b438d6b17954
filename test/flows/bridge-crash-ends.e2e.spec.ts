import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { until } from '#messaging/testing';
import { BesideScicat } from '../support/beside/beside-scicat.js';
import { BesideStory, patience } from '../support/beside/beside-story.js';
import { dyingAt } from '../support/dying-at.js';
import { verdict } from '../support/verdict.js';

/** The writes by which mails go out; what else is passed at the end is passed at the begin, too, or between two calls of SciCat. */
const lastWords = ['bridge.before-status', 'bridge.after-status'];
const resetPoints = ['bridge.before-reset', 'bridge.between-deletions', 'bridge.after-reset'];

describe('A bridge that is killed while jobs end', () => {
  const seen = verdict();
  let beside: BesideScicat;
  let story: BesideStory;

  before(async () => {
    beside = await BesideScicat.create({
      bridge: { SCICAT_PATIENCE: '2s', BRIDGE_LEASE: '6s' },
      catena: { DATABLOCK_MOST_FILES: '2' },
    });
    await beside.start();
    story = await BesideStory.of(beside);
  });
  after(() => beside.stop(seen.failed));

  const dying = <Result>(point: string, told: () => Promise<Result>): Promise<Result> =>
    dyingAt(beside, 'scicat-bridge', point, told);

  /** A job of which everything is told but its work, which the archiver has not begun. */
  async function begun(pid: string): Promise<string> {
    const id = await story.post('archive', [pid]);
    await until(async () => (await story.client.job(id)).statusCode === 'inProgress', patience);
    await story.when(id, ({ untold }) => untold.length === 0);
    return id;
  }

  async function archiverIsBack(): Promise<void> {
    const { archiver } = beside.apps;
    archiver.start();
    await archiver.whenReady();
  }

  for (const point of lastWords) {
    it(`at ${point}, at the last words of a job, says them once`, async () => {
      const set = await story.dataset();
      await beside.apps.archiver.stop();
      const id = await begun(set.pid);
      await dying(point, async () => {
        await archiverIsBack();
        await story.ends(id, 'finishedSuccessful');
      });
      await story.ledger.datasetIsArchived(set);
      assert.deepEqual(await story.waiting(), []);
    });
  }

  for (const point of resetPoints) {
    it(`at ${point} resets all the same, and what is archived next stays`, async () => {
      const set = await story.dataset();
      await story.archived(set);
      await dying(point, async () => {
        const reset = await story.post('reset', [set.pid]);
        await story.ends(reset, 'finishedSuccessful');
      });
      await story.ledger.datasetIsUntouched(set, 'datasetCreated');
      // The job is over when the catalogue has let go of them; the archiver sets them aside after that.
      const [share] = beside.catena.shares;
      await until(async () => (await story.ledger.tarsOf(share!, set.pid)).length === 0, patience);
      await story.archived(set);
      await story.ledger.datasetIsArchived(set);
      assert.deepEqual(await story.waiting(), []);
    });
  }

  it('at bridge.after-refusal refuses all the same, once', async () => {
    const set = await story.dataset();
    await story.archived(set);
    const id = await dying('bridge.after-refusal', async () => {
      const again = await story.post('archive', [set.pid]);
      await story.isRefused(again, 'bridge.dataset-unfit', /archivable/);
      return again;
    });
    await story.ledger.datasetIsArchived(set);
    assert.deepEqual(await story.waiting(), [], id);
  });

  it('at bridge.before-cancel cancels all the same', async () => {
    const set = await story.dataset();
    await beside.apps.archiver.stop();
    const id = await begun(set.pid);
    await dying('bridge.before-cancel', async () => {
      await story.deleteJob(id);
      await story.when(id, ({ cancelled }) => cancelled === true);
    });
    await archiverIsBack();
    assert.equal((await story.isOver(id)).outcome, 'cancelled');
    await story.ledger.datasetIsUntouched(set, 'datasetCreated');
    assert.deepEqual(await story.waiting(), []);

    await story.archived(set);
    await story.ledger.datasetIsArchived(set);
  });
});
