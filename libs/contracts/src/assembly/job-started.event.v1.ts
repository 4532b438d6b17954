import { defineEvent } from '../define-message.js';
import { Count, JobId } from '../fields.js';

/** The plan of the job is complete and its first work orders are on their way. */
export class JobStartedV1 {
  @JobId()
  jobId: string;

  @Count()
  datasets: number;

  /** Bytes of all files in all datasets. */
  @Count()
  bytes: number;
}

export const jobStartedV1 = defineEvent({
  type: 'assembly.job-started.v1',
  emitter: 'job-assembler',
  consumers: ['catalog-api'],
  about: 'jobId',
  order: { within: 'jobId', place: 1 },
  payload: JobStartedV1,
  summary: 'The plan of the job is complete and its first work orders are on their way.',
});
