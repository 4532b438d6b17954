import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import { createLogger } from '#observability';
import type { DatasetTask, WorkOrder } from '../aggregates/records.js';
import { memoryAssembler, type Assembler } from '../testing/assembler.js';
import { configOf } from '../testing/assembler-config.js';
import { jobOf, messagesOf, orderOf, taskOf } from '../testing/samples.js';
import { UnregisteredDatablocks } from './unregistered-datablocks.js';
import { UnregisteredSweep } from './unregistered-sweep.js';

describe('Datablocks that nobody registered', () => {
  const lifetime = 1000;
  const day = 86_400_000;
  let clock: ManualClock;
  let assembler: Assembler;
  let unregistered: UnregisteredDatablocks;
  let sweep: UnregisteredSweep;
  beforeEach(() => {
    clock = new ManualClock();
    assembler = memoryAssembler(clock);
    const { jobs, tasks, orders, places, leases } = assembler;
    unregistered = new UnregisteredDatablocks(jobs, tasks, orders, places, clock);
    const logger = createLogger('unregistered-datablocks.spec', 'silent');
    const config = configOf({ unregisteredLifetime: lifetime });
    sweep = new UnregisteredSweep(tasks, leases, unregistered, clock, config, logger);
  });
  /** A failed dataset, with a datablock that may be used by a job in this state. */
  async function failed(
    order: Partial<WorkOrder> = {},
    user?: 'running' | 'finished',
    task: Partial<DatasetTask> = {},
  ): Promise<void> {
    const updatedAt = clock.now();
    await assembler.store.tasks.insertOne(taskOf('j/0', { pid: 'p', state: 'failed', updatedAt, ...task }));
    await assembler.store.orders.insertOne(orderOf('j/0/0', { pid: 'p', state: 'done', ...order }));
    if (user !== undefined) await assembler.store.jobs.insertOne(jobOf('retry', { state: user }));
  }
  const asked = async (): Promise<string[]> =>
    messagesOf(await assembler.store.orders.findOne({ _id: 'j/0/0' }));
  const discard = 'archival.discard-datablock.v1';

  it('go, once', async () => {
    await failed();
    assert.deepEqual([await unregistered.discard('j/0'), await unregistered.discard('j/0')], [true, true]);
    assert.deepEqual(await asked(), [discard]);
  });

  it('stay, to be looked at again, while a job that uses them is under way', async () => {
    await failed({ usedBy: 'retry' }, 'running');
    assert.equal(await unregistered.discard('j/0'), false);
    assert.deepEqual(await asked(), []);
  });

  it('are another work order to answer for when the job that used them is over and has them', async () => {
    await failed({ usedBy: 'retry', archiveId: 'a' }, 'finished');
    await assembler.store.orders.insertOne(orderOf('retry/0/0', { state: 'done', archiveId: 'a' }));
    assert.equal(await unregistered.discard('j/0'), true);
    assert.deepEqual(await asked(), []);
  });

  it('go when the job that wanted them is over and never had them', async () => {
    await failed({ usedBy: 'retry' }, 'finished');
    assert.equal(await unregistered.discard('j/0'), true);
    assert.deepEqual(await asked(), [discard]);
  });

  it('of other jobs go when the catalogue vouches for a job, and the ones that job has used stay', async () => {
    await failed({ state: 'failed' });
    await assembler.store.tasks.insertOne(taskOf('k/0', { pid: 'p', state: 'failed' }));
    await assembler.store.orders.insertOne(orderOf('k/0/0', { pid: 'p', state: 'done', usedBy: 'other' }));
    await unregistered.discardSuperseded('p', 'other');
    const used = await assembler.store.orders.findOne({ _id: 'k/0/0' });
    assert.deepEqual([await asked(), messagesOf(used), used?.registered], [[discard], [], true]);
  });

  it('are swept when no retry can come any more, and not looked at again', async () => {
    await failed();
    assert.equal(await sweep.sweep(), 0);
    clock.advance(lifetime + 1);
    assert.deepEqual([await sweep.sweep(), await asked()], [1, [discard]]);
    clock.advance(day);
    assert.equal(await sweep.sweep(), 0);
  });

  it('that a running job uses are looked at again a day later', async () => {
    await failed({ usedBy: 'retry' }, 'running');
    clock.advance(lifetime + 1);
    assert.deepEqual([await sweep.sweep(), await sweep.sweep()], [1, 0]);
    clock.advance(day + 1);
    await assembler.store.jobs.updateOne({ _id: 'retry' }, { $set: { state: 'finished' } });
    assert.deepEqual([await sweep.sweep(), await asked()], [1, [discard]]);
  });

  it('of datasets that were not archived are none', async () => {
    await failed({ kind: 'verify' }, undefined, { workflow: 'verify' });
    clock.advance(lifetime + 1);
    assert.deepEqual([await sweep.sweep(), await asked()], [0, []]);
  });
});
