import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { DatasetOfJob, type Envelope, type JobSubmittedV1 } from '#contracts';
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
  let looked: string[];
  let consumer: JobRequestsConsumer;
  beforeEach(() => {
    assembler = memoryAssembler();
    [woken, cancelled, looked] = [0, [], []];
    const planning = { wake: () => (woken += 1) } as unknown as PlanningLoop;
    const cancellation = {
      request: (jobId: string) => Promise.resolve((cancelled.push(jobId), done)),
      ofAccepted: async (jobId: string) => {
        assert.notEqual(await assembler.jobs.find(jobId), undefined);
        looked.push(jobId);
      },
    };
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

  it('keep the datasets that the message lists itself, without names of what it does not say', async () => {
    const datasets = [
      Object.assign(new DatasetOfJob(), { pid: 'p', files: ['f'], size: 3 }),
      Object.assign(new DatasetOfJob(), { pid: 'q', files: [] }),
    ];
    await submit({ datasets, datasetCount: 2 });
    const kept = (await assembler.jobs.find('j'))?.datasetList;
    const lines = [
      { pid: 'p', files: ['f'], size: 3 },
      { pid: 'q', files: [] },
    ];
    assert.equal(JSON.stringify(kept), JSON.stringify({ lines, count: 2 }));
    assert.deepEqual(kept && 'lines' in kept && kept.lines.map((line) => Object.keys(line).length), [3, 2]);
  });

  it('of types that Catena does not run are settled and forgotten', async () => {
    await submit({ workflow: 'none' });
    assert.deepEqual([await assembler.jobs.find('j'), woken], [undefined, 0]);
  });

  it('look for their cancellation once they are accepted, and again when they come again', async () => {
    for (let time = 0; time < 2; time += 1) await submit();
    await submit({ jobId: 'other', workflow: 'none' });
    assert.deepEqual(looked, ['j', 'j']);
  });

  it('to cancel go to the cancellation', async () => {
    await consumer.cancelRequested({ data: { jobId: 'j', requestedBy: 'b' } } as never);
    assert.deepEqual(cancelled, ['j']);
  });
});
