import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { plantedFaults, type NamedFault } from './faults/planted.js';
import { compared } from './real/compare.js';
import { RealServices } from './real/real-services.js';
import { playStory, type Outcome } from './run-story.js';
import { randomStory } from './stories/random-story.js';
import { shrunk } from './stories/shrink.js';
import type { Story } from './stories/story.js';
import { told, traced } from './stories/trace.js';
import { Workers } from './workers.js';

const usage = `usage: npm run simulate -- [options]

  --seeds N       plays N stories (default 1000)
  --from S        the first seed (default 0)
  --seed S        plays one story and tells it, shrunk when it breaks an invariant
  --story FILE    plays a story that was saved, and tells it
  --save FILE     where the shrunk story is saved
  --fault TEXT    with a fault planted whose name contains this
  --real N        plays N stories with the twins and with real services (MONGODB_URI, S3_…: see npm run stack), and compares their ends
  --faults        plants each fault in turn, and says which seed finds it first
`;

const { values } = parseArgs({
  options: {
    ...{ seeds: { type: 'string' }, from: { type: 'string' }, seed: { type: 'string' } },
    ...{ story: { type: 'string' }, save: { type: 'string' }, fault: { type: 'string' } },
    ...{ faults: { type: 'boolean' }, real: { type: 'string' }, help: { type: 'boolean' } },
  },
});

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function progress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${line}`);
}

/** @throws Error for a text that is in the name of none, or of several */
function faultNamed(text: string | undefined): NamedFault | undefined {
  if (text === undefined) return undefined;
  const found = plantedFaults.filter(({ name }) => name.includes(text));
  if (found.length === 1) return found[0];
  throw new Error(
    `Expected a fault whose name contains "${text}", found ${found.length}. There are:\n${plantedFaults.map(({ name }) => `  ${name}`).join('\n')}`,
  );
}

async function tell(story: Story, fault: NamedFault | undefined): Promise<boolean> {
  let outcome: Outcome = await playStory(story, { fault });
  const isBroken = outcome.violations.length > 0;
  if (isBroken) outcome = await shrunk(outcome, { fault });
  const { lines } = await traced(outcome.story, { fault });
  for (const line of told(outcome.story)) say(line);
  say('');
  for (const line of lines) say(line);
  say('');
  for (const { invariant, what, at } of outcome.violations)
    say(`BROKEN at ${at.toFixed(0)} ms: ${invariant}\n  ${what}`);
  if (!isBroken) for (const end of outcome.ends) say(`  ${end}`);
  if (values.save !== undefined) writeFileSync(values.save, JSON.stringify(outcome.story, undefined, 1));
  return !isBroken;
}

function seedsAsked(): number[] {
  const [from, count] = [Number(values.from ?? 0), Number(values.seeds ?? 1000)];
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(count) || count < 1) throw new Error(usage);
  return Array.from({ length: count }, (_, index) => from + index);
}

/** @returns whether no story broke an invariant */
async function playMany(): Promise<boolean> {
  const seeds = seedsAsked();
  const fault = faultNamed(values.fault);
  const workers = new Workers();
  const began = performance.now();
  const broken: number[] = [];
  let [played, moments] = [0, 0];
  await workers.play(seeds, fault === undefined ? undefined : plantedFaults.indexOf(fault), (result) => {
    played += 1;
    moments += result.moments;
    if (result.invariant !== undefined) {
      broken.push(result.seed);
      say(`seed ${result.seed}: ${result.invariant}: ${result.what ?? ''}`);
    }
    if (played % 50 === 0) progress(`${played} of ${seeds.length} stories, ${broken.length} broken`);
    return broken.length >= 20;
  });
  workers.end();
  const seconds = (performance.now() - began) / 1000;
  say(
    `${played} stories, ${moments} moments, ${seconds.toFixed(1)} s (${((played * 60) / seconds).toFixed(0)} stories a minute): ${broken.length} broken`,
  );
  if (broken.length > 0) say(`Tell one with: npm run simulate -- --seed ${broken[0]}`);
  return broken.length === 0;
}

/** @returns whether each fault was found */
async function findFaults(): Promise<boolean> {
  const seeds = seedsAsked();
  const workers = new Workers();
  let areAll = true;
  for (const [index, { name, breaks }] of plantedFaults.entries()) {
    if (values.fault !== undefined && !name.includes(values.fault)) continue;
    let found = '';
    await workers.play(seeds, index, ({ seed, invariant = '', what = '' }) => {
      if (breaks.includes(invariant)) found = `seed ${seed}: ${invariant}: ${what}`;
      return found !== '';
    });
    areAll &&= found !== '';
    say(`${found === '' ? 'NOT FOUND' : 'found    '}  ${name}\n           ${found}`);
  }
  workers.end();
  return areAll;
}

/** Moments of stories that are played with real services as well: each takes some milliseconds there. */
const maxRealMoments = 5000;

/** @returns whether every story came to the same end */
async function compareWithReal(count: number): Promise<boolean> {
  const services = new RealServices(process.env);
  let [same, played] = [0, 0];
  for (let seed = Number(values.from ?? 0); played < count; seed += 1) {
    if ((await playStory(randomStory(seed))).moments > maxRealMoments) continue;
    const { isSame, twins, real } = await compared(randomStory(seed), services);
    played += 1;
    if (isSame) same += 1;
    else {
      say(`seed ${seed}: with twins ${twins.ends.join('; ')}`);
      say(`seed ${seed}: with real services ${real.ends.join('; ')}`);
      for (const { invariant, what } of [...twins.violations, ...real.violations])
        say(`  ${invariant}: ${what}`);
    }
    progress(`${played} of ${count} stories, ${same} came to the same end`);
  }
  await services.close();
  say(`${same} of ${count} stories came to the same end with twins and with real services`);
  return same === count;
}

async function run(): Promise<boolean> {
  if (values.help === true) {
    say(usage);
    return true;
  }
  if (values.real !== undefined) return compareWithReal(Number(values.real));
  if (values.story !== undefined)
    return tell(JSON.parse(readFileSync(values.story, 'utf8')) as Story, faultNamed(values.fault));
  if (values.seed !== undefined) return tell(randomStory(Number(values.seed)), faultNamed(values.fault));
  return values.faults === true ? findFaults() : playMany();
}

process.exitCode = (await run()) ? 0 : 1;
