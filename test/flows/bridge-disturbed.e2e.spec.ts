import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { until } from '#messaging/testing';
import { BesideScicat } from '../support/beside/beside-scicat.js';
import { BesideStory, patience } from '../support/beside/beside-story.js';
import { DisturbingProxy, type Disturbance } from '../support/beside/disturbing-proxy.js';
import { verdict } from '../support/verdict.js';

describe('Beside the bridge, a SciCat', () => {
  const seen = verdict();
  let scicat: DisturbingProxy;
  let beside: BesideScicat;
  let story: BesideStory;

  before(async () => {
    scicat = await DisturbingProxy.open();
    beside = await BesideScicat.create({
      bridge: {
        ...{ SCICAT_URL: scicat.url, SCICAT_PATIENCE: '3s' },
        ...{ BRIDGE_RETRY_PAUSE: '200ms', BRIDGE_RETRY_PAUSE_MOST: '500ms' },
      },
      catena: { DATABLOCK_MOST_FILES: '3' },
    });
    scicat.target = beside.scicat.url;
    await beside.start();
    story = await BesideStory.of(beside);
  });
  after(async () => {
    await beside.stop(seen.failed);
    await scicat.close();
  });

  /** The first question at each address, and every other write: what is asked in a row must come to its end some time. */
  function everySecond(disturbance: Disturbance, methods: RegExp): void {
    const counts = new Map<string, number>();
    scicat.disturb((method, path) => {
      const count = (counts.get(`${method} ${path}`) ?? 0) + 1;
      counts.set(`${method} ${path}`, count);
      return methods.test(method) && (method === 'GET' ? count === 1 : count % 2 === 1)
        ? disturbance
        : 'none';
    });
  }

  const writes = /POST|PATCH|DELETE/;
  const kinds: readonly (readonly [Disturbance, string, RegExp])[] = [
    ['502', 'is answered 502', /./],
    ['html', 'is answered with a page and 200', /./],
    ['empty', 'is answered with nothing and 200, and did not happen', /./],
    ['blank', 'is answered with nothing and a success, and did happen', writes],
    ['half', 'is answered in half, and did happen', writes],
    ['hidden', 'is never answered, and did happen', writes],
    ['slow', 'is answered too late, and did happen', writes],
  ];
  for (const [disturbance, what, methods] of kinds)
    it(`of which many a call ${what} leads to nothing that is done twice, or left undone`, async () => {
      try {
        everySecond(disturbance, methods);
        const sets = await story.datasets(2);
        const ids = await Promise.all(sets.map(({ pid }) => story.post('archive', [pid])));
        for (const id of ids) await story.ends(id, 'finishedSuccessful');
        for (const set of sets) await story.ledger.datasetIsArchived(set);
        const [first] = sets;
        await story.ends(await story.post('reset', [first!.pid]), 'finishedSuccessful');
        await story.ledger.datasetIsUntouched(first!, 'datasetCreated');
        assert.ok((scicat.disturbed.get(disturbance) ?? 0) > 5);
      } finally {
        scicat.calm();
      }
      await until(async () => (await story.waiting()).length === 0, patience);
    });

  it('of which a gateway alone confirms that a datablock is deleted is asked again before the dataset counts as reset', async () => {
    const set = await story.dataset();
    await story.archived(set);
    everySecond('empty', /DELETE/);
    await story.ends(await story.post('reset', [set.pid]), 'finishedSuccessful');
    scicat.calm();
    await story.ledger.datasetIsUntouched(set, 'datasetCreated');
    assert.deepEqual(await story.waiting(), []);
  });
});
