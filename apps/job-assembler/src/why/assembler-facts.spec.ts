import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { cancelWorkV1 } from '#contracts';
import { ManualClock } from '#kernel';
import { eventRow } from '#outbox';
import { WhySources } from '#service-host';
import { CurrentRules } from '../release-work/current-rules.js';
import { JobSituations } from '../settle-results/job-situations.js';
import { configOf } from '../testing/assembler-config.js';
import { memoryAssembler, type Assembler } from '../testing/assembler.js';
import { routesOf, targetOf } from '../testing/release-rules.js';
import { jobOf, orderOf } from '../testing/samples.js';
import { AssemblerFacts } from './assembler-facts.js';

describe('What job-assembler knows of why a job waits', () => {
  let assembler: Assembler;
  let clock: ManualClock;
  let facts: AssemblerFacts;
  const totals = { datasets: 3, bytes: 1 };
  const routes = routesOf(targetOf('tape', { limits: { write: 1, read: 1 } }));

  beforeEach(() => {
    clock = new ManualClock();
    assembler = memoryAssembler(clock);
    const config = configOf({ routes });
    const { jobs, orders, figures, tasks, steering } = assembler;
    const rules = new CurrentRules(steering, clock, config);
    const situations = new JobSituations(tasks, orders, rules, clock, config);
    const sources = new WhySources();
    facts = new AssemblerFacts(jobs, situations, orders, figures, clock, sources);
    facts.onModuleInit();
    assert.deepEqual(sources.all, [facts]);
  });
  const of = async (id: string) => (await facts.factsOf([id])).get(id);
  const later = (milliseconds: number): Date => new Date(clock.now().getTime() + milliseconds);
  const codesOf = async (id: string) => (await of(id))?.facts.map(({ code }) => code);

  it('is nothing of jobs that it has no record of, or that are over', async () => {
    await assembler.store.jobs.insertOne(jobOf('over', { state: 'finished' }));
    assert.equal(await of('none'), undefined);
    assert.deepEqual(await of('over'), { known: true, facts: [] });
  });

  it('is how far its plan is, or why it cannot be planned now', async () => {
    await assembler.store.jobs.insertOne(jobOf('j', { totals, planned: 1 }));
    assert.deepEqual((await of('j'))?.facts, [
      { code: 'plan.running', since: '2026-01-01T00:00:00.000Z', facts: { planned: 1, datasets: 3 } },
    ]);
    const fault = { planFault: 'the catalogue is away', planFaultCode: 'catalog.away' };
    await assembler.store.jobs.updateOne({ _id: 'j' }, { $set: fault });
    const [fact] = (await of('j'))!.facts;
    assert.deepEqual(
      [fact?.code, fact?.facts, fact?.next],
      ['plan.waiting', { reason: 'the catalogue is away', code: 'catalog.away' }, '2026-01-01T00:00:00.000Z'],
    );
  });

  it('is a pause alone, where that keeps planners from the job; one that has it still goes on', async () => {
    await assembler.store.jobs.insertOne(jobOf('j'));
    const olga = { by: 'olga', reason: 'drive 3 is out', since: clock.now() };
    await assembler.steering.pause({ id: '1', scope: 'all', ...olga }, clock.now());
    assert.deepEqual(await codesOf('j'), ['paused']);
    await assembler.store.jobs.updateOne({ _id: 'j' }, { $set: { planningUntil: later(1) } });
    assert.deepEqual(await codesOf('j'), ['paused', 'plan.running']);
    await assembler.steering.resume('1', { by: 'olga' }, clock.now());
    await assembler.steering.pause({ id: '2', scope: 'group:others', ...olga }, clock.now());
    clock.advance(1);
    assert.deepEqual(await codesOf('j'), ['plan.running'], 'it is next');
  });

  it('is no planning of a job whose time, as its owner gave it, has not come', async () => {
    await assembler.store.jobs.insertOne(jobOf('j', { notBefore: later(9), planningUntil: later(9) }));
    assert.deepEqual(await codesOf('j'), []);
  });

  it('is its cancellation, of one that is held and has not begun: it ends by itself', async () => {
    await assembler.store.jobs.insertOne(jobOf('j'));
    await assembler.jobs.hold('j', undefined, { by: 'olga', reason: 'beamtime', now: clock.now() });
    await assembler.jobs.requestCancel('j', clock.now());
    assert.deepEqual(await codesOf('j'), ['cancel.waiting']);
    await assembler.jobs.endWaiting('j', clock.now());
    assert.deepEqual(await codesOf('j'), ['cancel.waiting']);
  });

  it('is a limit, with its place in line, who holds the slots, and when its turn may come', async () => {
    await assembler.store.jobs.insertOne(jobOf('j', { state: 'running', totals }));
    const target = 'write:r@tape';
    const ended = new Date(clock.now().getTime() - 60_000);
    await assembler.store.orders.insertMany([
      orderOf('k/0/0', { state: 'released', target, targets: ['tape'], group: 'h' }),
      orderOf('k/0/1', { target, createdAt: new Date(0) }),
      orderOf('k/0/2', { state: 'done', target, endedAt: ended }),
      orderOf('j/0/0', { target }),
    ]);
    const [fact] = (await of('j'))!.facts;
    assert.equal(fact?.code, 'limit.target');
    assert.deepEqual(fact.facts, {
      ...{ target: 'tape', direction: 'write', limit: 1, used: 1, place: 2, holders: 'h: 1' },
      expectedAt: '2026-01-01T02:00:00.000Z',
    });
    await assembler.store.orders.insertOne(orderOf('k/0/3', { target, group: 'h' }));
    assert.equal((await of('j'))?.facts[0]?.facts['expectedAt'], undefined, 'groups take turns');
  });

  it('is that an operator holds it, or has moved it to another time, before and after it has begun', async () => {
    const word = { by: 'olga', reason: 'beamtime', now: clock.now() };
    for (const [id, state] of [
      ['unbegun', {}],
      ['begun', { state: 'running' as const, totals }],
    ] as const) {
      await assembler.store.jobs.insertOne(jobOf(id, state));
      await assembler.jobs.hold(id, undefined, word);
      const [held] = (await of(id))!.facts;
      assert.deepEqual(
        [held?.code, held?.facts, held?.next],
        ['paused', { scope: `job:${id}`, by: 'olga', reason: 'beamtime' }, undefined],
      );
      await assembler.jobs.defer(id, new Date('2026-01-02T00:00:00Z'), word);
      assert.ok((await codesOf(id))!.includes('paused'), 'until it is let go');
      await assembler.jobs.letGo(id, word);
      const [deferred] = (await of(id))!.facts;
      assert.deepEqual([deferred?.code, deferred?.next], ['deferred', '2026-01-02T00:00:00.000Z']);
      await assembler.jobs.defer(id, undefined, word);
      assert.ok(!(await codesOf(id))!.includes('deferred'));
    }
  });

  it('is what was sent and not accepted, within seconds', async () => {
    await assembler.store.jobs.insertOne(jobOf('j', { state: 'running', totals }));
    const row = eventRow(cancelWorkV1, { workOrderId: 'w', jobId: 'j' }, clock.now());
    await assembler.store.orders.insertOne(
      orderOf('j/0/0', {
        ...{ state: 'released', releasedAt: clock.now() },
        outbox: { rows: [{ ...row, publishedAt: clock.now() }] },
      }),
    );
    clock.advance(1000);
    assert.deepEqual(await codesOf('j'), []);
    clock.advance(2000);
    const [fact] = (await of('j'))!.facts;
    assert.deepEqual([fact?.code, fact?.count], ['work.unaccepted', 1]);
  });

  it('is, of many jobs, what the last look has found: nothing is asked of each', async () => {
    const ids = Array.from({ length: 30 }, (_, n) => `j${n}`);
    const since = clock.now();
    const wait = [{ code: 'work.silent' as const, since, facts: { workOrders: 2 }, message: 'm' }];
    await assembler.store.jobs.insertMany(ids.map((id) => jobOf(id, { state: 'running', totals, wait })));
    let asked = 0;
    const orders = new Proxy(assembler.store.orders, {
      get: (target, name) => ((asked += 1), Reflect.get(target, name) as unknown),
    });
    const other = assembler.with({ orders });
    const rules = new CurrentRules(other.steering, clock, configOf({ routes }));
    const situations = new JobSituations(other.tasks, other.orders, rules, clock, configOf({ routes }));
    const many = new AssemblerFacts(
      ...([other.jobs, situations, other.orders, other.figures, clock, new WhySources()] as const),
    );
    const found = await many.factsOf(ids);
    assert.equal(asked, 0);
    assert.deepEqual(found.get('j7')?.facts, [
      { code: 'work.silent', since: since.toISOString(), count: 2, facts: {} },
    ]);
  });
});
