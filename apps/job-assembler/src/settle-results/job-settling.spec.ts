import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import { createLogger } from '#observability';
import type { WorkOrder } from '../aggregates/records.js';
import { memoryAssembler, type Assembler } from '../testing/assembler.js';
import { configOf } from '../testing/assembler-config.js';
import { archived, jobOf, messagesOf, orderOf, taskOf } from '../testing/samples.js';
import { settlingOn } from '../testing/settling.js';
import { JobSettling } from './job-settling.js';

describe('The settling of jobs', () => {
  const logger = createLogger('job-settling.spec', 'silent');
  const clock = new ManualClock();
  let assembler: Assembler;
  let settling: JobSettling;
  beforeEach(() => {
    assembler = memoryAssembler(clock);
    const { jobs, tasks, orders, leases } = assembler;
    const { settling: datasets, jobEnding } = settlingOn(assembler, clock);
    settling = new JobSettling(
      ...([jobs, tasks, orders, leases, datasets, jobEnding, clock] as const),
      ...([configOf(), logger] as const),
    );
  });
  /** A running dataset with work orders in these states. */
  async function dataset(id: string, states: readonly WorkOrder['state'][]): Promise<void> {
    await assembler.store.tasks.insertOne(taskOf(id));
    for (const [place, state] of states.entries())
      await assembler.store.orders.insertOne(orderOf(`${id}/${place}`, { state, result: archived }));
  }
  const stateOf = async (id: string): Promise<string | undefined> => (await assembler.tasks.find(id))?.state;

  it('ends datasets of which nothing was released together, and settles the others one by one', async () => {
    await assembler.store.jobs.insertOne(jobOf('j', { state: 'running', updatedAt: clock.now() }));
    await dataset('j/0', ['cancelled', 'cancelled']);
    await dataset('j/1', ['done']);
    await dataset('j/2', ['released', 'cancelled']);
    await settling.soon('j');
    assert.equal(await settling.round(), false);
    assert.deepEqual(
      [await stateOf('j/0'), await stateOf('j/1'), await stateOf('j/2')],
      ['cancelled', 'registering', 'running'],
    );
    const stopped = await assembler.tasks.find('j/0');
    assert.deepEqual(messagesOf(stopped), ['assembly.dataset-cancelled.v1']);
  });

  it('finds what a crash has left, after a while and without being asked', async () => {
    await assembler.store.jobs.insertOne(jobOf('j', { state: 'running', updatedAt: clock.now() }));
    await dataset('j/0', ['drafted']);
    await settling.round();
    assert.equal((await assembler.orders.counts({ jobId: 'j' })).drafted, 1, 'looked at a moment ago');
    clock.advance(2001);
    await settling.round();
    assert.deepEqual(await assembler.orders.counts({ jobId: 'j' }), { planned: 1 });
  });

  it('ends what was not planned of a job that was given up, also what a planner that slept has begun since', async () => {
    const fault = { code: 'c', message: 'm', fault: 'system' as const };
    await assembler.store.jobs.insertOne(jobOf('j', { state: 'running', fault }));
    await assembler.store.tasks.insertOne(taskOf('j/0', { state: 'planning', planner: 1 }));
    await assembler.store.orders.insertOne(orderOf('j/0/0', { state: 'drafted', planner: 1 }));
    await dataset('j/1', ['released']);
    await settling.round();
    assert.deepEqual([await stateOf('j/0'), await stateOf('j/1')], ['failed', 'running']);
    assert.deepEqual(await assembler.orders.counts({ jobId: 'j' }), { cancelled: 1, released: 1 });
    await assembler.store.tasks.insertOne(taskOf('j/2', { state: 'planning', planner: 1 }));
    await assembler.orders.end('j/1/0', { state: 'failed', fault }, clock.now());
    for (let rounds = 0; rounds < 2; rounds += 1) {
      clock.advance(2001);
      await settling.round();
      await assembler.store.tasks.updateMany({}, { $set: { 'outbox.rows': [] } });
    }
    clock.advance(2001);
    await settling.round();
    const { state, outcome } = (await assembler.jobs.find('j'))!;
    assert.deepEqual([await stateOf('j/2'), state, outcome], ['failed', 'finished', 'failed']);
  });

  it('settles resets of datasets that have no work orders', async () => {
    await assembler.store.jobs.insertOne(jobOf('j', { state: 'running', workflow: 'reset' }));
    await assembler.store.tasks.insertOne(taskOf('j/0', { workflow: 'reset' }));
    await settling.round();
    assert.equal(await stateOf('j/0'), 'registering');
  });

  it('rests while no job is under way, and not while one is, whoever has it', async () => {
    assert.deepEqual([await settling.round(true), await settling.round()], ['nothing', false]);
    const later = new Date(clock.now().getTime() + 60_000);
    await assembler.store.jobs.insertOne(jobOf('over', { state: 'finished' }));
    await assembler.store.jobs.insertOne(jobOf('later', { state: 'accepted', notBefore: later }));
    assert.equal(await settling.round(true), 'nothing');
    await assembler.leases.hold('folds', 'another', 60_000);
    await assembler.store.jobs.insertOne(jobOf('j', { state: 'running', updatedAt: clock.now() }));
    assert.equal(await settling.round(true), false);
  });

  it('leaves it to another process that holds the lease', async () => {
    await assembler.leases.hold('folds', 'another', 60_000);
    await assembler.store.jobs.insertOne(jobOf('j', { state: 'running' }));
    await dataset('j/0', ['done']);
    await settling.round();
    assert.equal(await stateOf('j/0'), 'running');
  });
});
