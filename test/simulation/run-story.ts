import { Installation, processNames, type Replacements } from './apps/installation.js';
import type { ServicesFor } from './apps/services.js';
import type { SimulatedApp } from './apps/settings.js';
import { invariants } from './invariants/all.js';
import { Records } from './invariants/records.js';
import { Actors } from './stories/actors.js';
import { register } from './stories/stage.js';
import { clearsUpAfter, type Story } from './stories/story.js';
import { inTimeOf } from './world/clockwork.js';
import type { Moment } from './world/scheduler.js';
import { calm, World } from './world/world.js';

/** Simulated milliseconds after which an installation that was left in peace must have done all its work. */
const maxRest = 20 * 60_000;
/** Simulated milliseconds between two looks whether all is quiet. */
const lookInterval = 1000;

/** Something does not hold. */
export interface Violation {
  readonly invariant: string;
  readonly what: string;
  /** Milliseconds after the beginning. */
  readonly at: number;
}

export interface Outcome {
  readonly story: Story;
  readonly violations: readonly Violation[];
  readonly moments: number;
  /** What came of it, for comparisons: jobs, datasets and files. */
  readonly ends: readonly string[];
}

/** A fault that is planted on purpose: something of the product is replaced, or a call of a database is changed on its way. */
export interface PlantedFault {
  readonly replaced?: ReadonlyMap<SimulatedApp, Replacements>;
  plant?(installation: Installation): void;
}

export interface Circumstances {
  readonly fault?: PlantedFault | undefined;
  /** Hears of every moment. */
  readonly heard?: (moment: Moment) => void;
  /** In place of the twins in memory. */
  readonly services?: ServicesFor;
  /** When the story begins; real services do not believe every clock. Default: the first of January 2026. */
  readonly began?: number;
  /** Sees the installation before anything happens. */
  readonly observe?: (installation: Installation) => void;
}

/** Plays a story from its beginning until all is quiet, and judges it. The same story plays the same way, always. */
export async function playStory(story: Story, circumstances: Circumstances = {}): Promise<Outcome> {
  const { heard, began } = circumstances;
  const world = new World(story.seed, calm, heard, began);
  const unhandled: unknown[] = [];
  const note = (error: unknown): unknown => unhandled.push(error);
  process.on('unhandledRejection', note);
  try {
    return await inTimeOf(world, () => play(story, world, circumstances, unhandled));
  } finally {
    process.off('unhandledRejection', note);
  }
}

async function play(
  story: Story,
  world: World,
  { fault, observe, services }: Circumstances,
  unhandled: readonly unknown[],
): Promise<Outcome> {
  const { scheduler, began } = world;
  const installation = new Installation(world, fault?.replaced, services);
  const actors = new Actors(installation, story);
  const watched = { installation, story, actors };
  const violations: Violation[] = [];
  // Real services are looked at when all is quiet, not at every moment.
  if (services === undefined)
    for (const invariant of invariants)
      invariant.watch?.(watched, (what) =>
        violations.push({ invariant: invariant.name, what, at: scheduler.now - began }),
      );
  fault?.plant?.(installation);
  observe?.(installation);
  await installation.prepare();
  for (const dataset of story.datasets) await register(installation, dataset);
  for (const name of processNames) installation.start(name);
  actors.begin();
  sweepNowAndThen(installation);
  world.weather = story.weather;
  const isBroken = (): boolean => violations.length > 0 || installation.fatal.length + unhandled.length > 0;
  let isEndless = !(await scheduler.run(began + clearsUpAfter, isBroken));
  world.weather = calm;
  for (const name of processNames) installation.start(name);
  const latest = scheduler.now + maxRest;
  await installation.refresh(false);
  while (
    !isEndless &&
    !isBroken() &&
    scheduler.now < latest &&
    underWay(installation, actors) !== undefined
  ) {
    isEndless = !(await scheduler.run(scheduler.now + lookInterval, isBroken));
    await installation.refresh(false);
    installation.sweep();
  }
  const at = scheduler.now - began;
  const left = underWay(installation, actors);
  if (left !== undefined && !isEndless && !isBroken())
    violations.push({ invariant: 'all comes to rest', what: `After ${maxRest} ms in peace: ${left}.`, at });
  if (isEndless) violations.push({ invariant: 'stories end', what: 'It took too many moments.', at });
  for (const { process, error } of installation.fatal)
    violations.push({ invariant: 'apps go on', what: `${process}: ${String(error)}`, at });
  for (const error of unhandled)
    violations.push({ invariant: 'apps go on', what: `Nobody has handled ${stackOf(error)}`, at });
  await installation.refresh(true);
  if (violations.length === 0)
    for (const invariant of invariants)
      await invariant.judge?.(watched, (what) => violations.push({ invariant: invariant.name, what, at }));
  return { story, violations, moments: scheduler.moments, ends: endsOf(installation) };
}

/** Sweeps come by at any time: minutes apart in an installation, seconds apart in a story. */
function sweepNowAndThen(installation: Installation): void {
  const { scheduler, chance, began } = installation.world;
  scheduler.after(chance.between('sweeps', 500, 6000), undefined, 'sweeps', () => {
    installation.sweep();
    if (scheduler.now < began + clearsUpAfter) sweepNowAndThen(installation);
  });
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** What is still under way; undefined when all is quiet. */
function underWay(installation: Installation, actors: Actors): string | undefined {
  const records = new Records(installation);
  const asides = installation.databases.archiver.documents<{ reset?: true; looks?: number }>('set_aside');
  if (actors.waiting > 0) return 'clients wait';
  if (!records.jobs.every(({ catena }) => catena?.finished === true)) return 'jobs';
  if (!records.assemblyJobs.every(({ state }) => state === 'finished')) return 'jobs in the assembler';
  if (!records.works.every(({ state }) => state !== 'open')) return 'work';
  if (!records.claims.every(({ ended }) => ended === true)) return 'claims';
  if (records.unsent.length > 0 || installation.broker.waiting().size > 0) return 'messages';
  // What may be all that is left of a dataset that was reset stays until an operator lets it go; where the catalogue was away, the
  // sweep comes back in an hour.
  if (!asides.every(({ reset, looks = 0 }) => reset === true || looks > 0)) return 'files set aside';
  const files = installation.shares.flatMap((share) => [...share.contents.keys()]);
  return files.every((name) => records.isListed(name) || records.isKeptForRetry(name))
    ? undefined
    : 'unregistered datablocks';
}

function endsOf(installation: Installation): string[] {
  const { jobs, datasets, datablocks } = new Records(installation);
  return [
    ...jobs.map(({ type, statusCode }) => `${type} ${statusCode}`),
    ...datasets.map(({ pid, datasetlifecycle }) => `${pid} ${datasetlifecycle.archiveStatusMessage}`),
    ...datablocks.map(
      ({ datasetId, dataFileList }) => `${datasetId} ${dataFileList.map(({ path }) => path).join()}`,
    ),
  ].sort();
}
