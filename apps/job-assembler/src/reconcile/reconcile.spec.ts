import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import { MemoryObjectStore } from '#storage/testing';
import { MongoReconciledWork } from '../persistence/mongo-reconciled-work.js';
import type { JobSettling } from '../settle-results/job-settling.js';
import { memoryAssembler, type Assembler } from '../testing/assembler.js';
import { configOf } from '../testing/assembler-config.js';
import { Reconciling } from '#service-host/testing';
import { jobOf, orderOf, taskOf } from '../testing/samples.js';
import { ListsOfJobs } from './lists-of-jobs.js';
import { QuietWork } from './quiet-work.js';

const day = 86_400_000;
const bucket = 'control';
let clock: ManualClock;
let assembler: Assembler;
let work: MongoReconciledWork;
let reconciling: Reconciling;

beforeEach(() => {
  clock = new ManualClock(new Date());
  assembler = memoryAssembler(clock);
  work = new MongoReconciledWork(assembler.store);
  reconciling = new Reconciling(day);
});

describe('Plans and results in the control bucket', () => {
  let objects: MemoryObjectStore;
  const put = (key: string, content = 'a') =>
    objects.put(bucket, key, Buffer.from(content), { size: content.length });
  const run = (apply = false) =>
    reconciling.run(new ListsOfJobs(work, objects, configOf({ controlBucket: bucket })), clock.now(), apply);
  beforeEach(async () => {
    objects = new MemoryObjectStore();
    await objects.ensureBucket(bucket);
    for (const job of ['known', 'gone'])
      for (const key of [`plans/${job}/0.ndjson`, `results/${job}/0.ndjson`, `results/${job}.ndjson`])
        await put(key);
    await put('job-lists/gone.ndjson');
    await assembler.store.jobs.insertOne(jobOf('known', { state: 'finished' }));
  });

  it('go when they are old enough and there is no job of theirs', async () => {
    assert.deepEqual((await run(true)).outcomes, [], 'too young');
    clock.advance(2 * day);
    const gone = ['plans/gone/0.ndjson', 'results/gone.ndjson', 'results/gone/0.ndjson'];
    assert.deepEqual((await run()).subjects, gone);
    assert.notEqual(await objects.head(bucket, gone[0]!), undefined, 'a report changes nothing');
    assert.deepEqual((await run(true)).outcomes, Array(3).fill('list-without-job repaired'));
    assert.equal(await objects.head(bucket, gone[0]!), undefined);
    assert.notEqual(await objects.head(bucket, 'plans/known/0.ndjson'), undefined);
    assert.deepEqual((await run()).outcomes, []);
  });

  for (const [what, meanwhile] of [
    ['the job is accepted', () => assembler.store.jobs.insertOne(jobOf('gone'))],
    ['the list is written anew', () => put('plans/gone/0.ndjson', 'new')],
  ] as const)
    it(`stay when ${what} between the look and the act`, async () => {
      for (const key of ['results/gone.ndjson', 'results/gone/0.ndjson']) await objects.remove(bucket, [key]);
      clock.advance(2 * day);
      const jobs = work.jobs.bind(work);
      work.jobs = async (ids) => {
        const before = await jobs(ids);
        // Only a repair asks for one job alone.
        if (ids.length > 1) return before;
        await meanwhile();
        return what.includes('accepted') ? jobs(ids) : before;
      };
      assert.deepEqual((await run(true)).outcomes, ['list-without-job changed']);
      assert.notEqual(await objects.head(bucket, 'plans/gone/0.ndjson'), undefined);
    });
});

describe('Work that does not move', () => {
  let settled: string[];
  const run = (apply = false) => {
    const settling = { soon: (jobId: string) => Promise.resolve(settled.push(jobId)) };
    const check = new QuietWork(work, assembler.jobs, settling as unknown as JobSettling);
    return reconciling.run(check, clock.now(), apply);
  };
  beforeEach(() => (settled = []));

  it('is settled again when nothing of it is open, and two runs far enough apart saw that', async () => {
    await assembler.store.jobs.insertOne(jobOf('j', { state: 'running' }));
    await assembler.store.tasks.insertOne(taskOf('j/0', { updatedAt: clock.now() }));
    await assembler.store.orders.insertOne(orderOf('j/0/0', { state: 'done' }));
    clock.advance(2 * day);
    assert.deepEqual((await run(true)).outcomes, []);
    clock.advance(day);
    assert.deepEqual((await run()).outcomes, ['dataset-quiet found']);
    assert.deepEqual(settled, []);
    assert.deepEqual([(await run(true)).outcomes, settled], [['dataset-quiet repaired'], ['j']]);
    await assembler.store.tasks.updateOne({ _id: 'j/0' }, { $set: { state: 'succeeded' } });
    assert.deepEqual((await run()).outcomes, []);
  });

  it('is none while an order of it is open, its job is planned, or it has just changed', async () => {
    await assembler.store.jobs.insertMany([jobOf('j', { state: 'running' }), jobOf('planned')]);
    await assembler.store.tasks.insertMany([
      taskOf('j/0', { updatedAt: clock.now() }),
      taskOf('planned/0', { state: 'planning', updatedAt: clock.now() }),
    ]);
    await assembler.store.orders.insertOne(orderOf('j/0/0', { state: 'planned' }));
    for (let look = 0; look < 3; look += 1) {
      clock.advance(2 * day);
      assert.deepEqual((await run(true)).outcomes, []);
    }
  });

  it('is left to people when its registration is not answered, its job is gone, or its archiver is silent', async () => {
    const updatedAt = clock.now();
    await assembler.store.jobs.insertOne(jobOf('j', { state: 'running' }));
    await assembler.store.tasks.insertMany([
      taskOf('j/0', { state: 'registering', updatedAt }),
      taskOf('x/0', { updatedAt }),
    ]);
    await assembler.store.orders.insertMany([
      orderOf('j/1/0', { state: 'released', releasedAt: updatedAt }),
      orderOf('j/1/1', {
        state: 'released',
        releasedAt: updatedAt,
        heardAt: new Date(clock.now().getTime() + 3 * day),
      }),
    ]);
    clock.advance(2 * day);
    await run();
    clock.advance(day);
    const found = await run(true);
    assert.deepEqual(found.outcomes, [
      'dataset-quiet found',
      'dataset-without-job found',
      'order-silent found',
    ]);
    assert.deepEqual([found.subjects[2], settled], ['j/1/0', []]);
  });
});
