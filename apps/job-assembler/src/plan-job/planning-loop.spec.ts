import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { datasetStartedV1 } from '#contracts';
import { ManualClock, PermanentError, TransientError } from '#kernel';
import { createLogger } from '#observability';
import { eventRow } from '#outbox';
import type { AssemblyJob } from '../aggregates/records.js';
import { CurrentRules } from '../release-work/current-rules.js';
import { memoryAssembler, type Assembler } from '../testing/assembler.js';
import { configOf } from '../testing/assembler-config.js';
import { meanwhileOn } from '../testing/meanwhile.js';
import { jobOf, orderOf, taskOf } from '../testing/samples.js';
import { settlingOn } from '../testing/settling.js';
import { planTaken } from './dataset-drafts.js';
import type { JobPlanner } from './job-planner.js';
import { PlanningLoop } from './planning-loop.js';

describe('The planning loop', () => {
  const logger = createLogger('planning-loop.spec', 'silent');
  let clock: ManualClock;
  let assembler: Assembler;
  beforeEach(() => {
    clock = new ManualClock();
    assembler = memoryAssembler(clock);
  });

  function loopWith(plan: (job: AssemblyJob) => Promise<boolean>): PlanningLoop {
    const { dispatcher, jobEnding } = settlingOn(assembler, clock);
    const rules = new CurrentRules(assembler.steering, clock, configOf());
    return new PlanningLoop(
      ...([assembler.jobs, assembler.leases, { plan } as unknown as JobPlanner, dispatcher] as const),
      ...([rules, jobEnding, clock, configOf(), logger] as const),
    );
  }
  const put = (changes: Partial<AssemblyJob> = {}, id = 'j'): Promise<unknown> =>
    assembler.store.jobs.insertOne(jobOf(id, { planningUntil: clock.now(), ...changes }));
  const found = async (): Promise<AssemblyJob> => (await assembler.store.jobs.findOne({ _id: 'j' }))!;
  const inMilliseconds = (milliseconds: number): Date => new Date(clock.now().getTime() + milliseconds);

  it('starts a job whose plan is complete, and ends one that had nothing to do', async () => {
    await put({ cancelRequested: true });
    await assembler.store.tasks.insertOne(taskOf('j/0', { state: 'cancelled' }));
    const seen: Date[] = [];
    const loop = loopWith(({ planningUntil }) => Promise.resolve(seen.push(planningUntil) > 0));
    assert.equal(await loop.round(), true);
    assert.deepEqual(seen, [inMilliseconds(60_000)], 'planned under a lease');
    assert.deepEqual([(await found()).state, (await found()).outcome], ['finished', 'cancelled']);
    assert.equal(await loop.round(), false, 'there is nothing more to plan');
  });

  it('gives a job that is not planned yet its next turn after the others', async () => {
    await put();
    await put({}, 'other');
    const seen: string[] = [];
    const loop = loopWith(({ _id }) => {
      clock.advance(1);
      return Promise.resolve(seen.push(_id) < 0);
    });
    for (let turn = 0; turn < 4; turn += 1) await loop.round();
    assert.deepEqual(seen, ['j', 'other', 'j', 'other']);
  });

  it('says why a job cannot be planned now, and tries again later', async () => {
    await put();
    const loop = loopWith(() => Promise.reject(new TransientError('assembly.x', 'the catalogue is away')));
    await loop.round();
    assert.deepEqual(
      [(await found()).planFault, (await found()).planningUntil],
      ['the catalogue is away', inMilliseconds(5000)],
    );
    assert.equal(await loop.round(), false);
  });

  it('leaves a job to the planner that has overtaken this one', async () => {
    await put();
    await loopWith(() => Promise.reject(new TransientError(planTaken, 'taken'))).round();
    assert.deepEqual(
      [(await found()).planFault, (await found()).planningUntil],
      [undefined, inMilliseconds(60_000)],
    );
  });

  it('ends a job that cannot be planned at all, with the reason', async () => {
    await put();
    await assembler.store.tasks.insertOne(taskOf('j/0', { state: 'planning' }));
    await loopWith(() => Promise.reject(new PermanentError('assembly.x', 'no such job'))).round();
    const { state, outcome, fault } = await found();
    assert.deepEqual([state, outcome], ['finished', 'failed']);
    assert.deepEqual(fault, { code: 'assembly.x', message: 'no such job', fault: 'system' });
  });

  for (const collection of ['jobs', 'tasks', 'orders'] as const)
    it(`cancels nothing of a job that a slower planner completes as this one gives it up, before it writes ${collection}`, async () => {
      await put();
      await assembler.store.tasks.insertOne(taskOf('j/0', { state: 'planning', planner: 1 }));
      await assembler.store.orders.insertOne(orderOf('j/0/0', { state: 'drafted', planner: 1 }));
      const everyones = assembler;
      const { settling, jobEnding } = settlingOn(everyones, clock);
      const now = clock.now();
      const event = eventRow(datasetStartedV1, { jobId: 'j', pid: 'p', workflow: 'archive' }, now);
      const complete = async (): Promise<void> => {
        if (await everyones.tasks.start('j/0', { planner: 1, bytes: 3, event, now }))
          await settling.settle('j/0');
        await everyones.jobs.start('j', now);
      };
      const method = collection === 'jobs' ? 'updateOne' : 'updateMany';
      const written = meanwhileOn<object>(assembler.store[collection], method as never, complete);
      assembler = assembler.with({ [collection]: written });
      await loopWith(() => Promise.reject(new PermanentError('assembly.x', 'no such job'))).round();
      await everyones.store.tasks.updateMany({}, { $set: { 'outbox.rows': [] } });
      await settling.settle('j/0');
      await everyones.store.tasks.updateMany({}, { $set: { 'outbox.rows': [] } });
      await jobEnding.settle('j');
      const { state, outcome, fault } = await found();
      const [order] = await everyones.store.orders.find({}).toArray();
      assert.deepEqual(
        [state, outcome, fault?.code, order?.state],
        collection === 'jobs'
          ? ['running', undefined, undefined, 'planned']
          : ['finished', 'failed', 'assembly.x', 'cancelled'],
      );
    });

  it('ends a job that it gave up, though it died over that, and the job could be planned since', async () => {
    await put();
    await assembler.store.tasks.insertOne(taskOf('j/0', { state: 'planning', planner: 1 }));
    await assembler.store.orders.insertOne(orderOf('j/0/0', { state: 'drafted', planner: 1 }));
    const everyones = assembler;
    const dies = () => Promise.reject(new Error('killed'));
    assembler = everyones.with({ tasks: meanwhileOn(everyones.store.tasks, 'updateMany', dies) });
    const givingUp = loopWith(() => Promise.reject(new PermanentError('assembly.x', 'no such list')));
    await assert.rejects(givingUp.round(), { message: 'killed' });
    assembler = everyones;
    clock.advance(60_001);
    assert.equal(await loopWith(() => Promise.resolve(true)).round(), false, 'there is nothing to plan');
    await settlingOn(everyones, clock).jobEnding.settle('j');
    const { state, outcome, fault } = await found();
    assert.deepEqual([state, outcome, fault?.code], ['finished', 'failed', 'assembly.x']);
    assert.equal((await everyones.store.orders.findOne({ _id: 'j/0/0' }))?.state, 'cancelled');
  });

  it('plans nothing of a group that operators have paused, until the pause ends by itself', async () => {
    await put();
    const told = { by: 'olga', reason: 'beamtime', since: clock.now(), until: inMilliseconds(100) };
    await assembler.steering.pause({ id: '1', scope: 'group:g', ...told }, clock.now());
    const loop = loopWith(() => Promise.resolve(false));
    assert.equal(await loop.round(), false);
    clock.advance(100);
    assert.equal(await loop.round(), true);
  });
});
