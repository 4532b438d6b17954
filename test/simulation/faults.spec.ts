import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { plantedFaults } from './faults/planted.js';
import { invariants } from './invariants/all.js';
import { playStory } from './run-story.js';
import { shrunk } from './stories/shrink.js';
import { randomStory } from './stories/random-story.js';
import { traced } from './stories/trace.js';
import { Workers } from './workers.js';

const maxSeeds = 1000;

describe('A planted fault', () => {
  const workers = new Workers();
  after(() => workers.end());

  for (const [index, { name, breaks, firstSeed }] of plantedFaults.entries())
    it(`is found within ${maxSeeds} seeds: ${name}`, async () => {
      let found: string | undefined;
      const others: string[] = [];
      // The seed that found it last time finds it again, unless what the product asks of its services has changed since.
      const all = Array.from({ length: maxSeeds }, (_, seed) => seed);
      for (const seeds of [[firstSeed], all]) {
        await workers.play(seeds, index, ({ seed, invariant = '', what = '' }) => {
          if (breaks.includes(invariant)) found = `seed ${seed}: ${what}`;
          else if (invariant !== '') others.push(`seed ${seed}: ${invariant}: ${what}`);
          return found !== undefined;
        });
        if (found !== undefined) break;
      }
      assert.ok(
        found !== undefined,
        `expected one of ${breaks.join(', ')} broken, found ${others.join('\n')}`,
      );
    });

  it('breaks an invariant that there is, and each invariant is broken by one', () => {
    const known = new Set([...invariants.map((invariant) => invariant.name), 'all comes to rest']);
    const broken = new Set(plantedFaults.flatMap(({ breaks }) => breaks));
    assert.deepEqual(
      [...broken].filter((name) => !known.has(name)),
      [],
    );
    assert.deepEqual(
      [...known].filter((name) => !broken.has(name)),
      [],
    );
  });

  it('is told by a story that was shrunk, and breaks the same invariant each time it is played', async () => {
    const fault = plantedFaults.find(({ name }) => name.startsWith('S4'))!;
    const broken = await playStory(randomStory(fault.firstSeed), { fault });
    const best = await shrunk(broken, { fault });
    const { invariant } = broken.violations[0]!;
    assert.equal(best.violations[0]?.invariant, invariant);
    assert.ok(best.story.steps.length < broken.story.steps.length);
    const saved = JSON.parse(JSON.stringify(best.story)) as typeof best.story;
    const { outcome, lines } = await traced(saved, { fault });
    assert.equal(outcome.violations[0]?.invariant, invariant);
    assert.ok(
      lines.some((line) => line.includes('overwrite')) && lines.some((line) => line.includes('removes')),
    );
  });
});
