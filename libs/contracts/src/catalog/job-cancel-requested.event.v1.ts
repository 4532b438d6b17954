import { IsString, MaxLength } from 'class-validator';
import { defineEvent } from '../define-message.js';
import { JobId } from '../fields.js';

/** A caller with the right to it asked to stop the job. It may still finish if it is past the point of no return. */
export class JobCancelRequestedV1 {
  @JobId()
  jobId: string;

  /** User name. */
  @IsString()
  @MaxLength(500)
  requestedBy: string;
}

export const jobCancelRequestedV1 = defineEvent({
  type: 'catalog.job-cancel-requested.v1',
  emitter: 'catalog-api',
  consumers: ['job-assembler'],
  about: 'jobId',
  order: { within: 'jobId', place: 1 },
  payload: JobCancelRequestedV1,
  summary:
    'A caller with the right to it asked to stop the job. It may still finish if it is past the point of no return.',
});
