/**
 * A thousand retrievals from a tape library, in the order of the tape against first come, first served: the archiver's own choice of
 * what comes next, on a library whose time passes only when everybody waits. Run: `npm run bench recalls`.
 */
import { simulateRecalls, type RecallStory } from '../apps/archiver/src/testing/recall-simulation.js';

const gigabyte = 1e9;
const library = { seed: 19, requests: 1000, cartridges: 60, drives: 4, datablocks: 800, window: 1000 };
const stories: readonly (RecallStory & { readonly what: string })[] = [
  { what: 'within an hour, 5 GB each', ...library, within: 1, datablock: 5 * gigabyte },
  { what: 'within an hour, 100 GB each', ...library, within: 1, datablock: 100 * gigabyte },
  { what: 'within a day, 5 GB each', ...library, within: 24, datablock: 5 * gigabyte },
  { what: 'the same, 48 at the archiver', ...library, window: 48, within: 1, datablock: 5 * gigabyte },
];
const print = (line: string): void => void process.stdout.write(`${line}\n`);

print('| 1000 retrievals | order | mounts | drive hours | hours to the last | wait: mean | half | most |');
print('| --- | --- | --- | --- | --- | --- | --- | --- |');
for (const { what, ...story } of stories)
  for (const isInOrder of [false, true]) {
    const { mounts, driveHours, hours, wait } = await simulateRecalls(story, isInOrder);
    const figures = [driveHours, hours, wait.mean, wait.half, wait.most].map((figure) => figure.toFixed(1));
    print(`| ${[what, isInOrder ? 'of the tape' : 'first come', `${mounts}`, ...figures].join(' | ')} |`);
  }
