import { shareNames } from '../apps/installation.js';
import { playStory, type Outcome } from '../run-story.js';
import type { Story } from '../stories/story.js';
import { RealServices } from './real-services.js';

/** A story that came to the same end with twins and with real services, or did not. */
export interface Comparison {
  readonly story: Story;
  readonly twins: Outcome;
  readonly real: Outcome;
  readonly isSame: boolean;
}

/** Plays a story with the twins and, in the same order of the same moments, with real services. */
export async function compared(story: Story, services: RealServices): Promise<Comparison> {
  // Signatures of requests to an object store count by the time of day.
  const began = Date.now();
  const twins = await playStory(story, { began });
  await services.prepare(shareNames);
  const real = await playStory(story, { began, services: services.services });
  const isSame =
    real.violations.length === 0 && twins.violations.length === 0 && real.ends.join() === twins.ends.join();
  return { story, twins, real, isSame };
}
