import { IsString, MaxLength } from 'class-validator';
import { defineMessage } from '../define-message.js';
import { JobId } from '../fields.js';

/** Somebody entitled asked to stop the job. It may still finish if it is past the point of no return. */
export class JobCancelRequestedV1 {
  @JobId()
  jobId: string;

  /** User name. */
  @IsString()
  @MaxLength(500)
  requestedBy: string;
}

export const jobCancelRequestedV1 = defineMessage({
  type: 'catalog.job-cancel-requested.v1',
  kind: 'event',
  emitter: 'catalog-api',
  consumers: ['job-assembler'],
  payload: JobCancelRequestedV1,
  summary:
    'Somebody entitled asked to stop the job. It may still finish if it is past the point of no return.',
});
