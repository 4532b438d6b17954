import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import type { WorkOrder } from '../aggregates/records.js';
import { memoryAssembler, type Assembler } from '../testing/assembler.js';
import { messagesOf, orderOf, taskOf } from '../testing/samples.js';
import { settlingOn } from '../testing/settling.js';
import { DatasetRegisteredConsumer } from './dataset-registered.consumer.js';
import { DatasetResetConsumer } from './dataset-reset.consumer.js';
import { ResetDatablocks } from './reset-datablocks.js';

describe('What the catalogue made of a dataset', () => {
  const clock = new ManualClock();
  let assembler: Assembler;
  let registration: DatasetRegisteredConsumer;
  let reset: DatasetResetConsumer;
  beforeEach(() => {
    assembler = memoryAssembler(clock);
    const { ending, unregistered } = settlingOn(assembler, clock);
    const { tasks, orders, places } = assembler;
    registration = new DatasetRegisteredConsumer(tasks, orders, ending, unregistered, clock);
    reset = new DatasetResetConsumer(tasks, new ResetDatablocks(orders, places, clock), ending);
  });
  const source = { kind: 'landing-zone', location: 'l', bucket: 'z' } as WorkOrder['source'];
  const files = { bucket: 'control', key: 'k', size: 1, sha256: 'x' };
  const report = (more: object = {}) => ({ data: { jobId: 'j', pid: 'p', ...more } }) as never;
  const messages = async (_id: string): Promise<string[]> =>
    messagesOf(await assembler.store.orders.findOne({ _id }));
  const stateOf = async (): Promise<string | undefined> => (await assembler.tasks.find('j/0'))?.state;

  it('registered: it has succeeded, originals in the landing zone may go, and failed attempts of others with them', async () => {
    await assembler.store.tasks.insertMany([
      taskOf('j/0', { pid: 'p', state: 'registering' }),
      taskOf('k/0', { pid: 'p', state: 'failed' }),
    ]);
    await assembler.store.orders.insertMany([
      orderOf('j/0/0', { pid: 'p', state: 'done', source, files }),
      orderOf('k/0/0', { pid: 'p', state: 'done' }),
    ]);
    await registration.registered(report());
    await registration.registered(report());
    assert.equal(await stateOf(), 'succeeded');
    assert.deepEqual(
      [await messages('j/0/0'), await messages('k/0/0')],
      [['archival.release-originals.v1', 'archival.certify-dataset.v1'], ['archival.discard-datablock.v1']],
    );
  });

  it('refused for good: it has failed, and what it archived is discarded', async () => {
    await assembler.store.tasks.insertOne(taskOf('j/0', { pid: 'p', state: 'registering' }));
    await assembler.store.orders.insertOne(orderOf('j/0/0', { pid: 'p', state: 'done' }));
    await registration.refused(report({ code: 'catalog.claim-missing', message: 'm' }));
    assert.deepEqual(
      [await stateOf(), await messages('j/0/0')],
      ['failed', ['archival.discard-datablock.v1']],
    );
  });

  it('refused for a reason that a retry may mend: it has failed, and what it archived stays', async () => {
    await assembler.store.tasks.insertOne(taskOf('j/0', { pid: 'p', state: 'registering' }));
    await assembler.store.orders.insertOne(orderOf('j/0/0', { pid: 'p', state: 'done' }));
    await registration.refused(report({ code: 'catalog.file-list-differs', message: 'm' }));
    assert.deepEqual([await stateOf(), await messages('j/0/0')], ['failed', []]);
  });

  it('reset: it has succeeded, and the tapes are set aside once', async () => {
    await assembler.store.tasks.insertOne(
      taskOf('j/0', { pid: 'p', state: 'registering', workflow: 'reset' }),
    );
    await assembler.store.orders.insertOne(orderOf('j/0/0', { pid: 'p', state: 'done', kind: 'reset' }));
    await reset.reset(report());
    await reset.reset(report());
    assert.deepEqual(
      [await stateOf(), await messages('j/0/0')],
      ['succeeded', ['archival.discard-datablock.v1']],
    );
  });

  it('not reset: it has failed, and the tapes stay', async () => {
    await assembler.store.tasks.insertOne(
      taskOf('j/0', { pid: 'p', state: 'registering', workflow: 'reset' }),
    );
    await assembler.store.orders.insertOne(orderOf('j/0/0', { pid: 'p', state: 'done', kind: 'reset' }));
    await reset.refused(report({ code: 'c', message: 'm' }));
    assert.deepEqual([await stateOf(), await messages('j/0/0')], ['failed', []]);
  });

  it('of a dataset that no job has is for people to look at', async () => {
    for (const outcome of [
      await registration.registered(report()),
      await registration.refused(report({ code: 'c', message: 'm' })),
      await reset.reset(report()),
      await reset.refused(report({ code: 'c', message: 'm' })),
    ])
      assert.deepEqual([outcome.kind, 'code' in outcome && outcome.code], ['dead', 'assembly.task-unknown']);
  });
});
