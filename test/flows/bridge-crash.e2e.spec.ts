import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { BesideScicat } from '../support/beside/beside-scicat.js';
import { BesideStory } from '../support/beside/beside-story.js';
import { dyingAt } from '../support/dying-at.js';
import { verdict } from '../support/verdict.js';

/** What an archive job passes: as it comes in, as SciCat is told of its begin, and as its datablocks are listed. */
const points = [
  'bridge.after-feed',
  'bridge.after-door',
  'bridge.after-hold',
  'bridge.before-accept',
  'bridge.after-accept',
  'bridge.before-lifecycle',
  'bridge.after-lifecycle',
  'bridge.after-report',
  'bridge.before-status',
  'bridge.after-status',
  'bridge.before-errand-done',
  'bridge.before-registration',
  'bridge.before-datablock',
  'bridge.after-datablock',
  'bridge.after-registration',
  'bridge.before-over',
  'bridge.after-over',
];

describe('A bridge that is killed while a dataset is archived', () => {
  const seen = verdict();
  let beside: BesideScicat;
  let story: BesideStory;

  before(async () => {
    beside = await BesideScicat.create({
      tells: ['rabbitmq', 'url'],
      bridge: { SCICAT_PATIENCE: '2s', BRIDGE_LEASE: '6s' },
      // Several datablocks a dataset: one is listed, the next ones are not.
      catena: { DATABLOCK_MOST_FILES: '2' },
    });
    await beside.start();
    story = await BesideStory.of(beside);
  });
  after(() => beside.stop(seen.failed));

  for (const point of points) {
    it(`at ${point} archives it all the same, and lists each datablock once`, async () => {
      const set = await story.dataset();
      const id = await dyingAt(beside, 'scicat-bridge', point, async () => {
        const job = await story.post('archive', [set.pid]);
        await story.ends(job, 'finishedSuccessful');
        return job;
      });
      await story.ledger.datasetIsArchived(set);
      assert.ok((await story.client.datablocks(set.pid)).length > 1);
      assert.deepEqual(await story.waiting(), [], id);
    });
  }
});
