import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { Phase } from '#contracts';
import { ManualClock } from '#kernel';
import { createLogger } from '#observability';
import type { AppHealth, PartHealth } from '#service-host';
import { memoryAssembler, type Assembler } from '../testing/assembler.js';
import type { JobAssemblerConfig } from '../job-assembler.config.js';
import { configOf } from '../testing/assembler-config.js';
import { waitingReportsOn } from '../testing/waiting.js';
import { routesOf, targetOf } from '../testing/release-rules.js';
import { jobOf, orderOf, taskOf } from '../testing/samples.js';
import type { ProgressReports } from './progress-reports.js';
import type { WaitingReports } from './waiting-reports.js';

describe('What jobs wait for', () => {
  const logger = createLogger('waiting-reports.spec', 'silent');
  let clock: ManualClock;
  let assembler: Assembler;
  let told: [string, Phase][];
  let archiver: () => Promise<PartHealth>;
  let reports: WaitingReports;
  let reportsWith: (changes: Partial<JobAssemblerConfig>) => WaitingReports;
  beforeEach(async () => {
    clock = new ManualClock();
    assembler = memoryAssembler(clock);
    told = [];
    const progress = { tell: (jobId: string, phase: Phase) => Promise.resolve(told.push([jobId, phase])) };
    const health = { add: (_: string, look: typeof archiver) => (archiver = look) };
    const limits = { global: 3, perGroup: 2, perTarget: 3 };
    reportsWith = (changes) =>
      waitingReportsOn(assembler, configOf({ limits, ...changes }), {
        ...{ progress: progress as unknown as ProgressReports, health: health as unknown as AppHealth },
        ...{ clock, logger },
      });
    reports = reportsWith({});
    reports.onApplicationBootstrap();
    await reports.beforeApplicationShutdown();
  });
  const look = async (): Promise<string[] | undefined> => {
    await reports.look();
    return (await assembler.jobs.find('j'))?.waitsFor;
  };

  it('is looked for while a job is under way: nobody keeps the turn before', async () => {
    await reports.round();
    assert.equal(await assembler.leases.hold('waiting', 'another', 1000), true);
    await assembler.store.jobs.insertOne(jobOf('j', { planFault: 'the catalogue is away' }));
    await reports.round();
    assert.equal((await assembler.jobs.find('j'))?.waitsFor, undefined, 'it is the turn of another process');
    clock.advance(1001);
    await reports.round();
    assert.deepEqual((await assembler.jobs.find('j'))?.waitsFor, ['its plan: the catalogue is away']);
  });

  it('is said in the job and to the catalogue, and taken back once when there is nothing more', async () => {
    await assembler.store.jobs.insertOne(jobOf('j', { planFault: 'the catalogue is away' }));
    assert.deepEqual(await look(), ['its plan: the catalogue is away']);
    await assembler.jobs.planAgain({ _id: 'j' }, clock.now());
    assert.equal(await look(), undefined);
    assert.equal(await look(), undefined);
    assert.deepEqual(told, [
      ['j', 'waiting'],
      ['j', 'packing'],
    ]);
  });

  for (const [held, groups, sentence] of [
    [2, ['g', 'g'], 'its group has all of its 2 (LIMIT_PER_GROUP)'],
    [3, ['g', 'h', 'h'], 'all 3 are taken (LIMIT_GLOBAL)'],
  ] as const)
    it(`names the limit that ${held} released work orders of ${groups.join(', ')} leave no room in`, async () => {
      await assembler.store.jobs.insertOne(jobOf('j', { state: 'running' }));
      await assembler.store.orders.insertMany([
        orderOf('j/0/0', { group: 'g' }),
        ...groups.map((group, place) => orderOf(`k/0/${place}`, { state: 'released', group })),
      ]);
      assert.deepEqual(await look(), [`a slot for writing to long-term storage: ${sentence}`]);
    });

  it('is the archiver, when it has accepted work and says nothing of it, and readiness says so too', async () => {
    await assembler.store.jobs.insertOne(jobOf('j', { state: 'running' }));
    await assembler.store.orders.insertOne(
      orderOf('j/0/0', { state: 'released', releasedAt: clock.now(), createdAt: clock.now() }),
    );
    assert.equal(await look(), undefined);
    assert.equal((await archiver()).status, 'up');
    clock.advance(120_001);
    assert.deepEqual(await look(), ['the archiver: no sign of life of 1 work order(s) for 2 min']);
    assert.deepEqual([(await archiver()).status, (await archiver()).silent], ['silent', 1]);
  });

  it('is the catalogue, when it has not registered a dataset for a while', async () => {
    await assembler.store.jobs.insertOne(jobOf('j', { state: 'running' }));
    await assembler.store.tasks.insertOne(taskOf('j/0', { state: 'registering', updatedAt: clock.now() }));
    clock.advance(60_000);
    assert.deepEqual(await look(), ['the catalogue: datablocks have not been registered for 1 min']);
  });

  it('is a slot that is free, and kept for work that needs two at once and comes first, with which and since when', async () => {
    const one = { limits: { write: 1, read: 1 } };
    reports = reportsWith({
      routes: routesOf(targetOf('tape', one), targetOf('disk', one)),
      priorityAging: 1000,
    });
    await assembler.store.jobs.insertOne(jobOf('j', { state: 'running', group: 'g' }));
    const [old, now] = [new Date(clock.now().getTime() - 5000), clock.now()];
    await assembler.store.orders.insertMany([
      orderOf('j/0/0', { group: 'g', target: 'write:r@disk', createdAt: now }),
      orderOf('w/0/0', { group: 'h', target: 'write:r@tape+disk', createdAt: old }),
    ]);
    assert.equal(await look(), undefined, 'what has room is kept for nobody: it begins');
    const busy = { state: 'released', group: 'k', target: 'write:r@tape' } as const;
    await assembler.store.orders.insertOne(orderOf('k/0/0', { ...busy, releasedAt: now }));
    await look();
    const [why, ...more] = (await assembler.jobs.find('j'))?.wait ?? [];
    assert.deepEqual(
      [why?.code, why?.facts, more],
      ['slot.kept', { target: 'disk', workOrder: 'w/0/0', waitingSince: old.toISOString() }, []],
    );
    assert.match(why?.message ?? '', /^a slot of disk: the free one is kept for work order w\/0\/0/);
  });

  it('is kept with its code and since when it is so; a pause, a deferral and what comes first is told with its reason', async () => {
    const told = { by: 'olga', reason: 'beamtime' };
    await assembler.store.jobs.insertOne(jobOf('j'));
    await assembler.steering.pause({ id: '1', scope: 'all', ...told, since: clock.now() }, clock.now());
    assert.deepEqual(await look(), ['the end of a pause: olga says: beamtime']);
    const since = clock.now();
    clock.advance(60_000);
    await look();
    assert.deepEqual((await assembler.jobs.find('j'))?.wait, [
      {
        ...{ code: 'paused', since, facts: { scope: 'all', ...told } },
        message: 'the end of a pause: olga says: beamtime',
      },
    ]);
    await assembler.store.jobs.updateOne(
      { _id: 'j' },
      { $set: { state: 'running', totals: { datasets: 1, bytes: 1 } } },
    );
    const until = new Date(clock.now().getTime() + 1000);
    await assembler.jobs.defer('j', until, { ...told, now: clock.now() });
    assert.deepEqual(await look(), [`its time, ${until.toISOString()}: olga says: beamtime`]);
    clock.advance(1000);
    await assembler.steering.resume('1', { by: 'olga' }, clock.now());
    assert.equal(await look(), undefined);
  });
});
