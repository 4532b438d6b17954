import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { Envelope, JobSubmittedV1 } from '#contracts';
import { createLogger } from '#observability';
import { ManualClock } from '#kernel';
import { done } from '#messaging';
import type { PlanningLoop } from '../plan-job/planning-loop.js';
import { memoryAssembler, type Assembler } from '../testing/assembler.js';
import type { JobCancellation } from './job-cancellation.js';
import { JobRequestsConsumer } from './job-requests.consumer.js';

describe('Requests for jobs', () => {
  let assembler: Assembler;
  let woken: number;
  let cancelled: string[];
  let consumer: JobRequestsConsumer;
  beforeEach(() => {
    assembler = memoryAssembler();
    [woken, cancelled] = [0, []];
    const planning = { wake: () => (woken += 1) } as unknown as PlanningLoop;
    const cancellation = { request: (jobId: string) => Promise.resolve((cancelled.push(jobId), done)) };
    consumer = new JobRequestsConsumer(
      ...([assembler.jobs, planning, cancellation as unknown as JobCancellation, new ManualClock()] as const),
      createLogger('test', 'silent'),
    );
  });
  const submit = (changes: Partial<JobSubmittedV1> = {}) => {
    const data = { jobId: 'j', jobType: 'archive', workflow: 'archive', datasetCount: 1, ...changes };
    return consumer.submitted({ data } as Envelope<JobSubmittedV1>);
  };

  it('become one accepted job, however often they come, and wake the planner', async () => {
    await submit({ ownerGroup: 'g', retryOf: 'before' });
    await submit({ ownerGroup: 'other' });
    const job = await assembler.jobs.find('j');
    assert.deepEqual([job?.state, job?.group, job?.retryOf, woken], ['accepted', 'g', 'before', 2]);
  });

  it('keep where their datasets are listed, and how many there are, as the first message says', async () => {
    const datasetList = { bucket: 'control', key: 'job-lists/j.ndjson', size: 7, sha256: 'a'.repeat(64) };
    await submit({ datasetList, datasetCount: 3 });
    await submit({ datasetCount: 3 });
    assert.deepEqual((await assembler.jobs.find('j'))?.datasetList, { reference: datasetList, count: 3 });
    await submit({ jobId: 'old' });
    assert.equal((await assembler.jobs.find('old'))?.datasetList, undefined);
  });

  it('of types that Catena does not run are settled and forgotten', async () => {
    await submit({ workflow: 'none' });
    assert.deepEqual([await assembler.jobs.find('j'), woken], [undefined, 0]);
  });

  it('to cancel go to the cancellation', async () => {
    await consumer.cancelRequested({ data: { jobId: 'j', requestedBy: 'b' } } as never);
    assert.deepEqual(cancelled, ['j']);
  });
});
