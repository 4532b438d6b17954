import { plantedFaults } from './faults/planted.js';
import { playStory } from './run-story.js';
import { randomStory } from './stories/random-story.js';

/** Seeds that a worker is to play, and the fault that is planted in the product, by its place in the list. */
export interface Portion {
  readonly seeds: readonly number[];
  readonly fault?: number;
}

/** What came of one seed. */
export interface SeedResult {
  readonly seed: number;
  readonly moments: number;
  /** The first invariant that was broken, and how. */
  readonly invariant?: string;
  readonly what?: string;
}

process.on('message', ({ seeds, fault }: Portion) => {
  void play(seeds, fault === undefined ? undefined : plantedFaults[fault]).then((results) =>
    process.send?.(results),
  );
});

async function play(
  seeds: readonly number[],
  fault: (typeof plantedFaults)[number] | undefined,
): Promise<SeedResult[]> {
  const results: SeedResult[] = [];
  for (const seed of seeds) {
    const { violations, moments } = await playStory(randomStory(seed), { fault });
    const [first] = violations;
    results.push({
      seed,
      moments,
      ...(first === undefined ? {} : { invariant: first.invariant, what: first.what }),
    });
  }
  return results;
}
