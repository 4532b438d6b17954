import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { DatasetFailedV1 } from '#contracts';
import { ManualClock } from '#kernel';
import type { DatasetTask } from '../aggregates/records.js';
import { memoryAssembler, type Assembler } from '../testing/assembler.js';
import { messagesOf, orderOf, taskOf } from '../testing/samples.js';
import { Certification } from './certification.js';
import { DatasetEnding } from './dataset-ending.js';
import type { JobEnding } from './job-ending.js';

describe('The end of a dataset', () => {
  const clock = new ManualClock();
  let assembler: Assembler;
  let settledJobs: string[];
  let ending: DatasetEnding;
  beforeEach(() => {
    assembler = memoryAssembler(clock);
    settledJobs = [];
    const jobs = { settle: (jobId: string) => Promise.resolve(settledJobs.push(jobId)) };
    const certification = new Certification(assembler.orders, clock);
    ending = new DatasetEnding(assembler.tasks, jobs as unknown as JobEnding, certification, clock);
  });
  const put = (changes: Partial<DatasetTask>): Promise<unknown> =>
    assembler.store.tasks.insertOne(taskOf('j/0', changes));
  const found = async (): Promise<DatasetTask> => (await assembler.tasks.find('j/0'))!;

  it('is told, and is a reason to look at the job', async () => {
    await put({ state: 'planning' });
    await ending.end('j/0', 'planning', 'cancelled');
    assert.deepEqual(messagesOf(await found()), ['assembly.dataset-cancelled.v1']);
    assert.deepEqual(settledJobs, ['j']);
  });

  it('is not told where the catalogue itself has brought it about', async () => {
    await put({ state: 'registering' });
    await ending.end('j/0', 'registering', 'succeeded');
    assert.deepEqual([(await found()).state, messagesOf(await found())], ['succeeded', []]);
  });

  for (const workflow of ['repair', 'migrate'] as const)
    it(`of a ${workflow} says that what was to be done with its copies is done`, async () => {
      await put({ workflow });
      await ending.end('j/0', 'running', 'succeeded');
      assert.deepEqual(messagesOf(await found()), ['assembly.dataset-copies-changed.v1']);
      assert.deepEqual((await found()).outbox.rows[0]?.envelope?.data, {
        jobId: 'j',
        pid: 'pid-j/0',
        workflow,
      });
    });

  it('of all that was archived or verified, or whose copies were changed, has a certificate asked for, once, in an outbox for which no job waits', async () => {
    for (const workflow of ['archive', 'verify', 'repair', 'migrate', 'retrieve', 'reset'] as const) {
      const jobId = workflow;
      const certification = new Certification(assembler.orders, clock);
      await assembler.store.orders.insertMany([
        orderOf(`${jobId}/0/1`, { pid: 'p', state: 'done' }),
        orderOf(`${jobId}/0/0`, { pid: 'p', state: 'done' }),
      ]);
      const task = taskOf(`${jobId}/0`, { pid: 'p', workflow });
      for (let time = 0; time < 2; time += 1) await certification.ask(task, 'succeeded');
      const isAsked = workflow !== 'retrieve' && workflow !== 'reset';
      const expected = isAsked ? ['archival.certify-dataset.v1'] : [];
      const order = await assembler.store.orders.findOne({ _id: `${jobId}/0/0` });
      assert.deepEqual(messagesOf(order), expected, workflow);
      assert.deepEqual(messagesOf(await assembler.store.orders.findOne({ _id: `${jobId}/0/1` })), []);
      if (expected.length === 0) continue;
      const data = { workOrderId: `${jobId}/0/0/certify`, jobId, pid: 'p' };
      assert.deepEqual(order!.outbox.rows[0]!.envelope!.data, data);
    }
  });

  it('in another state than it was, or cancelled, has none asked for', async () => {
    await put({ state: 'running' });
    await assembler.store.orders.insertOne(orderOf('j/0/0', { pid: 'p', state: 'done' }));
    await ending.end('j/0', 'registering', 'succeeded');
    await ending.end('j/0', 'running', 'cancelled');
    assert.deepEqual(messagesOf(await assembler.store.orders.findOne({ _id: 'j/0/0' })), []);
  });

  for (const [workflow, expected] of [
    ['verify', ['archival.certify-dataset.v1']],
    ['repair', ['archival.certify-dataset.v1']],
    ['migrate', ['archival.certify-dataset.v1']],
    ['archive', []],
    ['retrieve', []],
  ] as const)
    it(`that failed, of a ${workflow}, ${expected.length > 0 ? 'has one asked for, so that the archiver says why there is none' : 'has none asked for'}`, async () => {
      await put({ state: 'running', workflow });
      const fault = { code: 'archiver.copy-damaged', message: 'bits', fault: 'system' } as const;
      await assembler.store.orders.insertOne(orderOf('j/0/0', { pid: 'p', state: 'failed', fault }));
      await ending.end('j/0', 'running', 'failed', fault);
      assert.deepEqual(messagesOf(await assembler.store.orders.findOne({ _id: 'j/0/0' })), expected);
      assert.deepEqual(messagesOf(await found()), ['assembly.dataset-failed.v1']);
    });

  it('says why, or that the reason was not recorded', async () => {
    await put({});
    await ending.end('j/0', 'running', 'failed');
    const data = (await found()).outbox.rows[0]?.envelope?.data as DatasetFailedV1;
    assert.deepEqual([data.code, data.fault], ['assembly.unexpected-error', 'system']);
    assert.equal((await found()).fault, undefined);
  });

  it('is not there twice, and not for a dataset that is in another state, or unknown', async () => {
    await put({ state: 'registering' });
    await ending.end('j/0', 'running', 'cancelled');
    assert.deepEqual([(await found()).state, messagesOf(await found())], ['registering', []]);
    await ending.end('none/0', 'running', 'cancelled');
    assert.deepEqual(settledJobs, ['j']);
  });
});
