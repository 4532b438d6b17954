import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { invariants } from './invariants/all.js';
import { playStory } from './run-story.js';
import { randomStory } from './stories/random-story.js';
import { Workers } from './workers.js';

/** Seeds in each run of the tests; `npm run simulate -- --seeds 10000` plays more. */
const seeds = Array.from({ length: 300 }, (_, seed) => seed);

describe('The assembler, the archiver and the catalogue, whatever happens', () => {
  const workers = new Workers();
  after(() => workers.end());

  it(`keep ${invariants.length} invariants through ${seeds.length} random stories`, async () => {
    const broken: string[] = [];
    let played = 0;
    await workers.play(seeds, undefined, ({ seed, invariant, what = '' }) => {
      played += 1;
      if (invariant !== undefined)
        broken.push(`seed ${seed}: ${invariant}: ${what} (npm run simulate -- --seed ${seed})`);
      return broken.length >= 5;
    });
    assert.deepEqual(broken, []);
    assert.equal(played, seeds.length);
  });
});

describe('A story', () => {
  it('of one seed is the same story each time, moment by moment', async () => {
    const [first, second] = [await momentsOf(11), await momentsOf(11)];
    assert.ok(first.length > 1000);
    assert.deepEqual(second, first);
  });

  it('of another seed is another one', async () => {
    assert.notDeepEqual(await momentsOf(12), await momentsOf(11));
  });

  it('has jobs that succeed, and some that are cancelled or retried', async () => {
    const ends = new Map<string, number>();
    for (let seed = 0; seed < 12; seed += 1)
      for (const end of (await playStory(randomStory(seed))).ends)
        ends.set(end.split(' ').slice(0, 2).join(' '), 1);
    for (const end of ['archive finishedSuccessful', 'archive jobCancel', 'retrieve finishedSuccessful'])
      assert.ok(ends.has(end), `no story came to ${end}: ${[...ends.keys()].join(', ')}`);
  });
});

async function momentsOf(seed: number): Promise<string[]> {
  const moments: string[] = [];
  await playStory(randomStory(seed), {
    heard: ({ at, owner, what }) => moments.push(`${at} ${owner?.name ?? ''} ${what}`),
  });
  return moments;
}
