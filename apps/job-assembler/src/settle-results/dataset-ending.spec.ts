import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { DatasetFailedV1 } from '#contracts';
import { ManualClock } from '#kernel';
import type { DatasetTask } from '../aggregates/records.js';
import { memoryAssembler, type Assembler } from '../testing/assembler.js';
import { messagesOf, taskOf } from '../testing/samples.js';
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
