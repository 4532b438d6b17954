import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { randomStory } from '../stories/random-story.js';
import { compared } from './compare.js';
import { RealServices } from './real-services.js';

/** Small ones; `npm run simulate -- --real 200` plays more. */
const seeds = [0, 1, 9];

describe('A story that is played with twins', () => {
  const services = new RealServices(process.env);
  after(() => services.close());

  for (const seed of seeds)
    it(`comes to the same end with a real database, object store and file system: seed ${seed}`, async () => {
      const { twins, real } = await compared(randomStory(seed), services);
      assert.deepEqual([...twins.violations, ...real.violations], []);
      assert.deepEqual(real.ends, twins.ends);
    });
});
