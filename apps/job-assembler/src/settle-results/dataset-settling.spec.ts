import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import type { DatasetTask, WorkOrder } from '../aggregates/records.js';
import { memoryAssembler, type Assembler } from '../testing/assembler.js';
import { archived, jobOf, messagesOf, orderOf, taskOf } from '../testing/samples.js';
import type { WorkOrders } from '../aggregates/work-orders.js';
import { KeptLists, settlingOn } from '../testing/settling.js';

describe('The settling of a dataset', () => {
  const clock = new ManualClock();
  let assembler: Assembler;
  let lists: KeptLists;
  beforeEach(async () => {
    assembler = memoryAssembler(clock);
    lists = new KeptLists();
    await assembler.store.jobs.insertOne(jobOf('j', { state: 'running' }));
  });

  /** A dataset with work orders in these states, settled once. */
  async function settled(
    states: readonly WorkOrder['state'][],
    task: Partial<DatasetTask> = {},
    order: Partial<WorkOrder> = {},
  ): Promise<{ state: string; messages: string[]; orders: string[]; task: DatasetTask }> {
    await assembler.store.tasks.insertOne(taskOf('j/0', task));
    await assembler.store.orders.insertMany(
      states.map((state, place) =>
        orderOf(`j/0/${place}`, { state, kind: task.workflow ?? 'archive', ...order }),
      ),
    );
    await settlingOn(assembler, clock, lists).settling.settle('j/0');
    const after = (await assembler.tasks.find('j/0'))!;
    const orders = await assembler.store.orders.find({}).sort({ _id: 1 }).toArray();
    const shown = orders.map(({ state }) => state);
    return { state: after.state, messages: messagesOf(after), orders: shown, task: after };
  }

  it('waits while work is under way', async () => {
    const { state, messages } = await settled(['done', 'released', 'planned']);
    assert.deepEqual([state, messages], ['running', []]);
  });

  it('leaves a dataset alone that is not running', async () => {
    assert.equal((await settled(['failed'], { state: 'registering' })).state, 'registering');
  });

  it('makes work of drafts that a planner has left', async () => {
    const { state, orders } = await settled(['drafted', 'done'], {}, { planner: undefined });
    assert.deepEqual([state, orders], ['running', ['planned', 'done']]);
  });

  it('submits an archived dataset with the list of its datablocks, in the order of their ids', async () => {
    const { state, messages, task } = await settled(['done', 'done'], {}, { result: archived });
    assert.deepEqual([state, messages], ['registering', ['assembly.dataset-archived.v1']]);
    const { size, packedSize, sha256, manifest } = archived as typeof archived & { kind: 'archive' };
    assert.deepEqual(
      lists.lists.get('results/j/0.ndjson'),
      ['j/0/0.tar', 'j/0/1.tar'].map((archiveId) => ({ archiveId, size, packedSize, sha256, manifest })),
    );
    const data = task.outbox.rows[0]?.envelope?.data as { datablockCount: number; packedSize: number };
    assert.deepEqual([data.datablockCount, data.packedSize], [2, 24]);
  });

  it('submits nothing when a datablock that counts as done was not read', async () => {
    await assert.rejects(settled(['done'], {}, {}), { code: 'assembly.list-incomplete', retriable: true });
    assert.equal((await assembler.tasks.find('j/0'))?.state, 'running');
  });

  it('submits a reset with the names of its datablocks, also when there are none', async () => {
    const { state, messages } = await settled([], { workflow: 'reset' });
    assert.deepEqual([state, messages], ['registering', ['assembly.dataset-reset-prepared.v1']]);
    assert.deepEqual(lists.lists.get('results/j/0.ndjson'), []);
  });

  for (const [workflow, message] of [
    ['retrieve', 'assembly.dataset-retrieved.v1'],
    ['verify', 'assembly.dataset-verified.v1'],
  ] as const)
    it(`ends a dataset with success when all its work is done: ${workflow}`, async () => {
      const { state, messages } = await settled(['done'], { workflow });
      assert.deepEqual([state, messages], ['succeeded', [message]]);
    });

  describe('with copies at outside targets', () => {
    for (const workflow of ['archive', 'verify'] as const) {
      const outsideTargets = ['tape'];
      const kept = { packedSize: 12, sha256: 'x' };
      /** Two datablocks: one is done everywhere, the other one is at the archiver. */
      async function prepare(): Promise<void> {
        await assembler.store.tasks.insertOne(taskOf('j/0', { workflow, pid: 'p' }));
        const of = { kind: workflow, pid: 'p', outsideTargets, result: archived } as const;
        await assembler.store.orders.insertMany([
          orderOf('j/0/0', { ...of, state: 'done', outsidePlanned: true }),
          orderOf('j/0/1', { ...of, state: 'released' }),
        ]);
        if (workflow === 'verify') await assembler.places.keepOutside('j/0/1.tar', 'p', 'tape', kept);
      }
      const finish = () => assembler.store.orders.updateOne({ _id: 'j/0/1' }, { $set: { state: 'done' } });
      /** With other writers before each of the counts. */
      async function settle(...before: ((real: WorkOrders) => Promise<unknown>)[]): Promise<void> {
        const { orders } = assembler;
        let call = 0;
        const late = Object.create(orders, {
          countsToSettle: {
            value: async (...scope: Parameters<WorkOrders['countsToSettle']>) =>
              ((await before[call++]?.(orders)) as object | undefined) ?? orders.countsToSettle(...scope),
          },
        }) as WorkOrders;
        await settlingOn({ ...assembler, orders: late }, clock, lists).settling.settle('j/0');
      }
      const found = async () => {
        const { state } = (await assembler.tasks.find('j/0'))!;
        return [state, (await assembler.outside.find('j/0/1/tape'))?.state];
      };

      it(`waits for that of a datablock that is done only after the look what is to follow: ${workflow}`, async () => {
        await prepare();
        await settle(async () => void (await finish()));
        assert.deepEqual(await found(), ['running', 'planned']);
      });

      it(`waits for that of a datablock that moved on while it was counted, and was counted nowhere: ${workflow}`, async () => {
        await prepare();
        await settle(async () => {
          await finish();
          return { done: 1 };
        });
        assert.deepEqual(await found(), ['running', 'planned']);
      });

      it(`waits for that which another one has planned after the count: ${workflow}`, async () => {
        await prepare();
        await settle(async () => {
          await finish();
          await settlingOn(assembler, clock, lists).settling.settle('j/0');
          return { done: 2 };
        });
        assert.deepEqual(await found(), ['running', 'planned']);
      });
    }
  });

  it('fails with the reason of the work that failed, and releases no more of it', async () => {
    const fault = { code: 'c', message: 'm', fault: 'user' as const };
    const { state, messages, orders, task } = await settled(['failed', 'planned', 'done'], {}, { fault });
    assert.deepEqual([state, messages], ['failed', ['assembly.dataset-failed.v1']]);
    assert.deepEqual([orders, task.fault], [['failed', 'cancelled', 'done'], fault]);
  });

  it('waits for the end of released work before it fails', async () => {
    const { state, orders } = await settled(['failed', 'planned', 'released']);
    assert.deepEqual([state, orders], ['running', ['failed', 'cancelled', 'released']]);
  });

  it('ends a cancelled dataset and has the archiver discard what was archived of it', async () => {
    const { state, messages } = await settled(['cancelled', 'done']);
    assert.deepEqual([state, messages], ['cancelled', ['assembly.dataset-cancelled.v1']]);
    const done = await assembler.store.orders.findOne({ _id: 'j/0/1' });
    assert.deepEqual(messagesOf(done), ['archival.discard-datablock.v1']);
  });
});
