import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { JobFinishedV1 } from '#contracts';
import { ManualClock } from '#kernel';
import { legacyRow } from '#outbox';
import { Routes } from '#routes';
import type { AssemblyJob, DatasetTask } from '../aggregates/records.js';
import { memoryAssembler, type Assembler } from '../testing/assembler.js';
import { jobOf, orderOf, taskOf } from '../testing/samples.js';
import { KeptLists, settlingOn } from '../testing/settling.js';

const fault = { code: 'c', message: 'the reason', fault: 'system' as const };

describe('The end of a job', () => {
  const clock = new ManualClock();
  let assembler: Assembler;
  let lists: KeptLists;
  beforeEach(() => {
    assembler = memoryAssembler(clock);
    lists = new KeptLists();
  });

  async function settled(
    tasks: readonly Partial<DatasetTask>[],
    job: Partial<AssemblyJob> = {},
  ): Promise<{ job: AssemblyJob; news: JobFinishedV1 | undefined }> {
    await assembler.store.jobs.insertOne(jobOf('j', { state: 'running', ...job }));
    for (const [place, task] of tasks.entries())
      await assembler.store.tasks.insertOne(taskOf(`j/${place}`, task));
    await settlingOn(assembler, clock, lists).jobEnding.settle('j');
    const after = (await assembler.store.jobs.findOne({ _id: 'j' }))!;
    return { job: after, news: after.outbox.rows[0]?.envelope?.data as JobFinishedV1 | undefined };
  }

  for (const [states, outcome] of [
    [['succeeded', 'succeeded'], 'succeeded'],
    [['succeeded', 'failed'], 'partial'],
    [['failed', 'failed'], 'failed'],
    [['succeeded', 'cancelled'], 'cancelled'],
  ] as const)
    it(`is ${outcome} after ${states.join(' and ')}`, async () => {
      const { job, news } = await settled(states.map((state) => ({ state })));
      assert.deepEqual([job.state, job.outcome, news?.outcome], ['finished', outcome, outcome]);
      const count = (wanted: string): number => states.filter((state) => state === wanted).length;
      assert.deepEqual(
        [news?.datasetsSucceeded, news?.datasetsFailed, news?.datasetsCancelled],
        [count('succeeded'), count('failed'), count('cancelled')],
      );
      assert.equal(lists.lists.get('results/j.ndjson')?.length, 2);
    });

  it('tells links by the names of what was retrieved: a part is called one', async () => {
    const link = { kind: 'retrieve' as const, packedSize: 1, sha256: 'x', url: 'u', expiresAt: 'e' };
    for (const [index, name] of [undefined, 'k_00001.part-1.tar'].entries())
      await assembler.store.orders.insertOne(
        orderOf(`j/0/${index}`, {
          ...{ state: 'done', kind: 'retrieve', archiveId: `p/k/0000${index}.tar` },
          result: { ...link, ...(name === undefined ? {} : { name }) },
        }),
      );
    await settled([{ state: 'succeeded', workflow: 'retrieve' }], { workflow: 'retrieve' });
    const [line] = lists.lists.get('results/j.ndjson') as {
      datablocks: { name: string; archiveId: string }[];
    }[];
    assert.deepEqual(
      line?.datablocks.map(({ name, archiveId }) => [name, archiveId]),
      [
        ['k_00000.tar', 'p/k/00000.tar'],
        ['k_00001.part-1.tar', 'p/k/00001.tar'],
      ],
    );
  });

  it('names whom the routes of its work name for mails, each once', async () => {
    const route = (name: string, mail: string[]) => ({
      ...{ name, mail, when: {}, targets: ['disk'], copies: 1, priority: 1 as const },
    });
    const routes = new Routes(
      [],
      [route('a', ['owner', 'x@example.org']), route('b', ['x@example.org']), route('c', ['c@example.org'])],
      true,
    );
    await assembler.store.jobs.insertOne(jobOf('j', { state: 'running' }));
    await assembler.store.tasks.insertOne(taskOf('j/0', { state: 'succeeded' }));
    for (const [place, name] of ['b', 'a', 'a', 'gone'].entries())
      await assembler.store.orders.insertOne(orderOf(`j/0/${place}`, { state: 'done', route: name }));
    await settlingOn(assembler, clock, lists, routes).jobEnding.settle('j');
    const [row] = (await assembler.store.jobs.findOne({ _id: 'j' }))!.outbox.rows;
    assert.deepEqual((row?.envelope?.data as JobFinishedV1).mail, ['owner', 'x@example.org']);
  });

  it('waits for datasets that are open', async () => {
    for (const state of ['planning', 'running', 'registering'] as const) {
      assembler = memoryAssembler(clock);
      assert.equal((await settled([{ state: 'succeeded' }, { state }])).job.state, 'running');
    }
  });

  it('waits until the catalogue has accepted what it was told of each dataset', async () => {
    const rows = [legacyRow({ exchange: 'x', key: 'k', body: '{}' }, clock.now())];
    const { job } = await settled([{ state: 'succeeded', outbox: { rows } }]);
    assert.equal(job.state, 'running');
  });

  it('is not there for a job whose plan is not complete, nor twice', async () => {
    assert.equal((await settled([{ state: 'succeeded' }], { state: 'accepted' })).job.state, 'accepted');
    await assembler.jobs.start('j', clock.now());
    const { jobEnding } = settlingOn(assembler, clock, lists);
    await jobEnding.settle('j');
    await jobEnding.settle('j');
    assert.equal((await assembler.store.jobs.findOne({ _id: 'j' }))?.outbox.rows.length, 1);
  });

  it('lists the links of what was retrieved, in the order of archive ids', async () => {
    const result = (url: string) => ({
      ...{ kind: 'retrieve' as const, packedSize: 3, sha256: 'x', url },
      expiresAt: '2027-01-01T00:00:00Z',
    });
    const common = { state: 'done', kind: 'retrieve' } as const;
    await assembler.store.orders.insertMany([
      orderOf('j/0/0', { ...common, archiveId: 'p/k/b.tar', result: result('u1') }),
      orderOf('j/0/1', { ...common, archiveId: 'p/k/a.tar', result: result('u2') }),
    ]);
    await settled([{ state: 'succeeded', workflow: 'retrieve', pid: 'p' }]);
    const [line] = (lists.lists.get('results/j.ndjson') ?? []) as {
      datablocks: { name: string; url: string }[];
    }[];
    assert.deepEqual(
      line?.datablocks.map(({ name, url }) => [name, url]),
      [
        ['k_a.tar', 'u2'],
        ['k_b.tar', 'u1'],
      ],
    );
  });

  it('of a job that cannot be planned further comes when the work that began is over, with the reason', async () => {
    await assembler.store.jobs.insertOne(jobOf('j'));
    await assembler.store.tasks.insertMany([
      taskOf('j/0', { state: 'planning' }),
      taskOf('j/1', { state: 'running' }),
    ]);
    await assembler.store.orders.insertOne(orderOf('j/0/0', { state: 'drafted' }));
    const { jobEnding, ending } = settlingOn(assembler, clock, lists);
    assert.equal(await assembler.jobs.startFailed({ _id: 'j' }, fault, clock.now()), true);
    await jobEnding.settle('j');
    assert.equal((await assembler.jobs.find('j'))?.state, 'running');
    assert.equal((await assembler.store.orders.findOne({ _id: 'j/0/0' }))?.state, 'cancelled');
    await ending.end('j/1', 'running', 'failed', fault);
    await assembler.store.tasks.updateMany({}, { $set: { 'outbox.rows': [] } });
    await jobEnding.settle('j');
    const job = await assembler.store.jobs.findOne({ _id: 'j' });
    assert.deepEqual([job?.state, job?.outcome, job?.fault], ['finished', 'failed', fault]);
    assert.match((job?.outbox.rows[0]?.envelope?.data as JobFinishedV1).message, /the reason/);
  });
});
