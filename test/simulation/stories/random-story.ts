import { Chance } from '../world/chance.js';
import type { Weather } from '../world/world.js';
import { processNames } from '../apps/installation.js';
import { clearsUpAfter, type Step, type Story, type StoryDataset } from './story.js';

const groups = ['amber', 'birch'] as const;

/** The story of a seed: what a shift at a facility may bring, in sixteen seconds. */
export function randomStory(seed: number): Story {
  const chance = new Chance(seed);
  const count = chance.happens('a busy day', 0.15) ? 6 : chance.between('datasets', 1, 3);
  const datasets = Array.from({ length: count }, (_, index) => datasetFrom(chance, index));
  const steps = [...jobsFrom(chance, datasets), ...misfortunesFrom(chance)];
  return {
    seed,
    weather: weatherFrom(chance),
    datasets,
    steps: steps.sort((left, right) => left.at - right.at),
  };
}

function datasetFrom(chance: Chance, index: number): StoryDataset {
  const hasChecksum = chance.happens('checksums', 0.5);
  const files = Array.from({ length: chance.between('files', 1, 4) }, (_, file) => ({
    path: file === 3 ? `folder/file-${file}` : `file-${file}`,
    content: `content of file ${file} of dataset ${index}`,
    hasChecksum,
  }));
  return { pid: `20.500/${index}`, group: chance.oneOf('group', groups), files };
}

function jobsFrom(chance: Chance, datasets: readonly StoryDataset[]): Step[] {
  const steps: Step[] = [];
  for (const group of groups) {
    const owned = datasets.filter((dataset) => dataset.group === group);
    if (owned.length === 0) continue;
    const isTogether = owned.length > 1 && chance.happens('together', 0.4);
    const lists = isTogether ? [owned] : owned.map((dataset) => [dataset]);
    for (const [index, list] of lists.entries()) steps.push(...jobsOn(chance, `${group}-${index}`, list));
  }
  return steps;
}

/** The jobs that one client posts for its datasets, and what else it does. */
function jobsOn(chance: Chance, client: string, datasets: readonly StoryDataset[]): Step[] {
  const [{ group }] = datasets as [StoryDataset];
  const pids = datasets.map(({ pid }) => pid);
  const steps: Step[] = [];
  const began = chance.between('first job', 100, 4000);
  const post = (type: 'archive' | 'retrieve' | 'reset', at: number): string => {
    const key = `${client}-${type}-${steps.length}`;
    steps.push({ does: 'post', at, key, type, group, pids });
    return key;
  };
  const first = post('archive', began);
  const later = (label: string): number => began + chance.between(label, 50, 5000);
  if (chance.happens('second client', 0.25)) post('archive', began + chance.between('how soon', 0, 1500));
  if (chance.happens('cancels', 0.3)) steps.push({ does: 'cancel', at: later('cancel'), key: first, group });
  if (chance.happens('retries', 0.25))
    steps.push({ does: 'retry', at: later('retry') + 2000, key: first, group });
  if (chance.happens('retrieves', 0.5)) {
    const second = post('retrieve', later('retrieve') + 1500);
    if (chance.happens('cancels too', 0.2))
      steps.push({ does: 'cancel', at: later('cancel of that') + 2000, key: second, group });
  }
  if (chance.happens('resets', 0.15)) post('reset', later('reset') + 3000);
  if (chance.happens('overwrites', 0.25)) {
    const { pid, files } = chance.oneOf('overwritten dataset', datasets);
    const { path, content } = chance.oneOf('overwritten file', files);
    const other = content.replace('content', 'CONTENT');
    steps.push({ does: 'overwrite', at: later('overwrite'), pid, path, content: other });
  }
  return steps;
}

function misfortunesFrom(chance: Chance): Step[] {
  const steps: Step[] = [];
  const at = (label: string): number => chance.between(label, 100, clearsUpAfter - 4000);
  const process = (label: string) => chance.oneOf(label, processNames);
  for (let count = chance.between('kills', 0, 3); count > 0; count -= 1)
    steps.push({
      ...{ does: 'kill', at: at('kill'), process: process('who is killed') },
      awayFor: chance.between('how long killed', 50, 4000),
    });
  for (let count = chance.between('freezes', 0, 2); count > 0; count -= 1)
    steps.push({
      ...{ does: 'freeze', at: at('freeze'), process: process('who is frozen') },
      // Longer than any lease, now and then.
      awayFor: chance.between('how long frozen', 500, 9000),
    });
  for (let count = chance.between('cuts', 0, 2); count > 0; count -= 1)
    steps.push({
      ...{ does: 'cut', at: at('cut'), process: process('who is cut off') },
      awayFor: chance.between('how long cut off', 100, 3000),
    });
  if (chance.happens('unmounted', 0.2))
    steps.push({
      ...{ does: 'unmount', at: at('unmount'), share: chance.oneOf('which share', [0, 1] as const) },
      awayFor: chance.between('how long unmounted', 500, 5000),
    });
  return steps;
}

function weatherFrom(chance: Chance): Weather {
  const part = (label: string, most: number): number =>
    chance.happens(`${label} at all`, 0.5) ? chance.next(label) * most : 0;
  return {
    refused: part('refused', 0.01),
    unanswered: part('unanswered', 0.01),
    slow: part('slow', 0.01),
    doubled: part('doubled', 0.1),
    lost: part('lost', 0.2),
  };
}
