import assert from 'node:assert/strict';
import { Actor, Playbill } from './archive-actors.js';
import { makeProp, type Prop } from './archive-cast.js';
import { ArchiveVerdict } from './archive-verdict.js';
import type { Mischief } from './monkey.js';
import type { Stage } from './stage.js';

const turns = Number(process.env['CHAOS_JOBS'] ?? 36);
const seconds = Number(process.env['CHAOS_SECONDS'] ?? 60);
const actorCount = 6;
/** Datasets that are archived before the faults begin, so that there is something to retrieve and to verify. */
const warm = 6;
const perActor = 6;

/** Datasets from both sources, one after the other: the same seed makes the same ones. */
async function prepare(stage: Stage, actors: number): Promise<{ archived: Prop[]; fresh: Prop[][] }> {
  const client = await stage.installation.client('demo');
  const chance = stage.chance(500);
  const make = async (count: number): Promise<Prop[]> => {
    const props: Prop[] = [];
    while (props.length < count) props.push(await makeProp(stage.installation, client, chance));
    return props;
  };
  const archived = await make(warm);
  const fresh: Prop[][] = [];
  while (fresh.length < actors) fresh.push(await make(perActor));
  return { archived, fresh };
}

async function warmUp(actor: Actor, props: readonly Prop[]): Promise<void> {
  const archiving = await Promise.all(props.map((prop) => actor.post('archive', [prop])));
  const ends = await Promise.all(archiving.map((job) => actor.endOf(job!)));
  const retrieved = await actor.post('retrieve', [props[0]!]);
  ends.push(await actor.endOf(retrieved!));
  for (const { id, statusCode, statusMessage } of ends)
    assert.equal(statusCode, 'finishedSuccessful', `job ${id}, before anything went wrong: ${statusMessage}`);
}

/** What was left as it was can be archived now. */
async function encore(stage: Stage, actor: Actor, props: readonly Prop[]): Promise<void> {
  const client = await stage.installation.client('demo');
  const posted = [];
  for (const prop of props) {
    const { datasetlifecycle } = await client.dataset(prop.pid);
    if (datasetlifecycle['retrievable'] !== true)
      posted.push({ prop, job: await actor.post('archive', [prop]) });
  }
  for (const { prop, job } of posted) {
    assert.ok(job, `${prop.pid} was said to be archivable, and was refused`);
    const end = await actor.endOf(job);
    // Registered with a checksum and overwritten: what lies there now is not what was registered.
    const fails = prop.checksums && prop.newer !== undefined && prop.newer.sent !== 'not tried';
    if (!(fails && end.statusCode === 'finishedUnsuccessful'))
      assert.equal(end.statusCode, 'finishedSuccessful', `job ${job.id}: ${end.statusMessage}`);
  }
  stage.log(`${posted.length} datasets were untouched, and were archived now`);
}

/**
 * Six actors do as they like while things go wrong, everything comes to rest, and the verdict is spoken over all of it.
 *
 * @param more what goes wrong besides
 * @returns what happened, for people
 */
export async function archiving(stage: Stage, more: readonly Mischief[] = []): Promise<string> {
  const { fleet, installation } = stage;
  const bill = new Playbill();
  const doors = await Promise.all(fleet.doors.map(({ url }) => installation.client('demo', url)));
  const actors = Array.from(
    { length: actorCount },
    (_, index) => new Actor(`actor ${index}`, doors, stage.chance(index), bill),
  );
  const { archived, fresh } = await prepare(stage, actorCount);
  const all = [...archived, ...fresh.flat()];
  await warmUp(actors[0]!, archived);
  stage.log(`${all.length} datasets are there, ${archived.length} of them archived; now things go wrong`);

  let done = 0;
  const faults = await stage.storm(
    seconds * 1000,
    async () => {
      const foreign = fresh.flat();
      const live = async (actor: Actor, own: Prop[]): Promise<void> => {
        for (let turn = 0; turn < turns / actorCount; turn += 1) {
          await actor.act(own, archived, foreign);
          done += 1;
          if (done % 6 === 0) stage.log(`${done} of ${turns} turns taken`);
        }
      };
      await Promise.all(actors.map((actor, index) => live(actor, fresh[index]!)));
    },
    more,
  );
  stage.log('all actors are done');
  await stage.rest();
  await stage.isAlive();
  const judge = async (): Promise<string> => {
    const verdict = new ArchiveVerdict(installation, await installation.client('demo'), bill);
    const ends = await verdict.judge(all);
    assert.equal(verdict.problems.length, 0, `what is not as it should be:\n${verdict.problems.join('\n')}`);
    return ends;
  };
  stage.log(`everything has come to rest: ${await judge()}`);
  await encore(stage, actors[0]!, all);
  await stage.rest();
  const ends = await judge();
  const deeds = [...bill.deeds].map(([deed, times]) => `${times} × ${deed}`).join(', ');
  return `${bill.jobs.length} jobs, nothing lost, doubled, stuck or orphaned\n  ends: ${ends}\n  actors: ${deeds}\n  faults: ${faults}`;
}
