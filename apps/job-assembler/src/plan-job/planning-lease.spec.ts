import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ManualClock, wait } from '#kernel';
import { createLogger } from '#observability';
import type { Jobs } from '../aggregates/jobs.js';
import { memoryAssembler, type Assembler } from '../testing/assembler.js';
import { jobOf } from '../testing/samples.js';
import { planTaken } from './dataset-drafts.js';
import { PlanningLease } from './planning-lease.js';

describe('The lease of a planner', () => {
  const logger = createLogger('planning-lease.spec', 'silent');
  const lease = 15;
  let clock: ManualClock;
  let assembler: Assembler;
  let jobs: Jobs;
  beforeEach(async () => {
    clock = new ManualClock();
    assembler = memoryAssembler(clock);
    jobs = assembler.jobs;
    await assembler.store.jobs.insertOne(jobOf('j', { planningUntil: clock.now() }));
  });
  async function taken(of: Jobs = jobs): Promise<PlanningLease> {
    return new PlanningLease(of, (await jobs.takeDue(clock.now(), lease))!, { clock, lease, logger });
  }
  const lost = async (held: PlanningLease): Promise<void> => {
    while (held.lost === undefined) await wait(1);
  };

  it('goes on for as long as the planner takes steps', async () => {
    const held = await taken();
    const until = async (): Promise<number> => (await jobs.find('j'))!.planningUntil.getTime();
    for (let step = 0; step < 3; step += 1) {
      clock.advance(10 * lease);
      await held.keep();
      while ((await until()) !== clock.now().getTime() + lease) await wait(1);
    }
    held.end();
  });

  it('is not kept by a planner that hangs in a step', async () => {
    const held = await taken();
    clock.advance(10 * lease + 1);
    await lost(held);
    await assert.rejects(held.keep(), { code: planTaken });
    assert.notEqual(await jobs.takeDue(clock.now(), lease), undefined, 'it is due for others');
  });

  it('is lost to the planner that has taken the job since', async () => {
    const held = await taken();
    await assembler.store.jobs.updateOne({ _id: 'j' }, { $inc: { planner: 1 } });
    await lost(held);
    await assert.rejects(held.keep(), { code: planTaken });
  });

  it('is over when the database takes no heartbeats for so long', async () => {
    const away = { renew: () => Promise.reject(new Error('away')) } as unknown as Jobs;
    const held = await taken(away);
    clock.advance(lease);
    await lost(held);
    held.end();
  });
});
