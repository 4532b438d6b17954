import { playStory, type Circumstances, type Outcome } from '../run-story.js';
import type { Step, Story } from './story.js';

/** Plays of one shrinking: each takes a few tenths of a second. */
const maxPlays = 300;

/** The first violation of a story, where it is the one that is looked for. */
async function stillBroken(
  story: Story,
  invariant: string,
  how: Circumstances,
): Promise<Outcome | undefined> {
  const outcome = await playStory(story, how);
  return outcome.violations[0]?.invariant === invariant ? outcome : undefined;
}

/** Simpler stories of the same kind, the boldest first. */
function* simpler(story: Story): Generator<Story> {
  for (const { pid } of story.datasets) if (story.datasets.length > 1) yield withoutDataset(story, pid);
  for (const index of story.steps.keys())
    yield { ...story, steps: story.steps.filter((_, at) => at !== index) };
  for (const [name, value] of Object.entries(story.weather))
    if (value > 0) yield { ...story, weather: { ...story.weather, [name]: 0 } };
  for (const [index, dataset] of story.datasets.entries())
    if (dataset.files.length > 1) {
      const fewer = { ...dataset, files: dataset.files.slice(0, -1) };
      yield { ...story, datasets: story.datasets.map((one, at) => (at === index ? fewer : one)) };
    }
}

function withoutDataset(story: Story, gone: string): Story {
  const steps = story.steps.flatMap((step): Step[] => {
    if (step.does === 'overwrite') return step.pid === gone ? [] : [step];
    if (step.does !== 'post') return [step];
    const pids = step.pids.filter((pid) => pid !== gone);
    return pids.length === 0 ? [] : [{ ...step, pids }];
  });
  return { ...story, steps, datasets: story.datasets.filter(({ pid }) => pid !== gone) };
}

/**
 * The shortest story found that breaks the same invariant. What is left out changes no draw of what stays, so that most of the
 * story goes on as it did.
 */
export async function shrunk(broken: Outcome, how: Circumstances): Promise<Outcome> {
  const { invariant } = broken.violations[0]!;
  let best = broken;
  let plays = 0;
  for (let isBetter = true; isBetter && plays < maxPlays;) {
    isBetter = false;
    for (const story of simpler(best.story)) {
      if ((plays += 1) > maxPlays) break;
      const outcome = await stillBroken(story, invariant, how);
      if (outcome === undefined) continue;
      best = outcome;
      isBetter = true;
      break;
    }
  }
  return best;
}
