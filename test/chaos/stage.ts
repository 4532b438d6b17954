import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Chance } from '../fuzz/random.js';
import type { Installation } from '../support/installation.js';
import { Fleet } from './fleet.js';
import { leftoversOf } from './leftovers.js';
import { Monkey, type Mischief } from './monkey.js';

/** What is done once the faults are over may take this long: a machine that tests run on is a busy one. */
export const patience = 300_000;

/** Where a story is played: an installation with two processes of each app, a seed, and somebody who does harm. */
export class Stage {
  private readonly began = Date.now();

  private constructor(
    readonly seed: number,
    readonly fleet: Fleet,
  ) {}

  static async set(installation: Installation): Promise<Stage> {
    const stage = new Stage(seedOfStory, await Fleet.start(installation));
    stage.log(`${stage.fleet.members.length} processes are up; logs in ${installation.directory}`);
    return stage;
  }

  get installation(): Installation {
    return this.fleet.installation;
  }

  log(line: string): void {
    console.log(
      `seed ${this.seed}, ${String(Math.round((Date.now() - this.began) / 1000)).padStart(3)} s: ${line}`,
    );
  }

  /** A source of chance for one actor: what the others do changes nothing about its choices. */
  chance(actor: number): Chance {
    return new Chance(this.seed * 1000 + actor);
  }

  /** Lets things go wrong while the story happens, at most for `limit` milliseconds, and mends everything afterwards. */
  async storm(limit: number, story: () => Promise<void>, more: readonly Mischief[] = []): Promise<string> {
    const monkey = new Monkey(this.fleet, this.chance(999), more);
    const log = (line: string): void => this.log(line);
    monkey.start();
    const over = new AbortController();
    const mended = sleep(limit, undefined, { signal: over.signal })
      .catch(() => undefined)
      .then(() => monkey.stop(log))
      .then(() => this.log('no more faults, everything is mended'));
    try {
      await story();
    } finally {
      over.abort();
      await mended;
    }
    assert.deepEqual(monkey.deaths, [], 'processes that ended without anybody having killed them');
    return monkey.summary;
  }

  /** Resolves when nothing is under way any more. */
  async rest(): Promise<void> {
    let left: string[] = [];
    let told = Date.now();
    for (const until = Date.now() + patience; Date.now() < until; await sleep(2000)) {
      left = await leftoversOf(this.installation);
      if (left.length === 0) return;
      if (Date.now() - told < 20_000) continue;
      told = Date.now();
      this.log(`waiting for ${left.join('\n    ')}`);
    }
    assert.fail(
      `expected everything to come to an end within ${patience / 1000} s, found\n${left.join('\n')}`,
    );
  }

  async isAlive(): Promise<void> {
    assert.deepEqual(await this.fleet.lifeless(), []);
  }
}

const seedOfStory = Number(process.env['CHAOS_SEED'] ?? 1);

/** Plays a story to its end and leaves with 0, or with 1 and the logs. */
export async function play(
  story: string,
  open: () => Promise<{ installation: Installation; close: (failed: boolean) => Promise<void> }>,
  happen: (stage: Stage) => Promise<string>,
): Promise<never> {
  const { installation, close } = await open();
  const stage = await Stage.set(installation);
  let failed = true;
  try {
    const summary = await happen(stage);
    failed = false;
    stage.log(`${story}: ${summary}`);
  } catch (error) {
    console.error(error);
    console.error(`${story}, seed ${seedOfStory} failed; its logs are in ${installation.directory}`);
  }
  await stage.fleet.stop();
  await close(failed);
  process.exit(failed ? 1 : 0);
}
