import { IsIn, IsISO8601, IsOptional, IsString, MaxLength } from 'class-validator';
import { defineEvent } from '../define-message.js';
import { Count, JobId } from '../fields.js';
import { type Workflow, workflows } from '../vocabulary.js';

/** A job was accepted with a 2xx answer and waits to be planned. The consumer reads the dataset list from the catalogue by job id, so the message stays small however many datasets the job has. */
export class JobSubmittedV1 {
  @JobId()
  jobId: string;

  @IsString()
  @MaxLength(200)
  jobType: string;

  @IsIn(workflows)
  workflow: Workflow;

  @Count()
  datasetCount: number;

  /** Limits count per group; absent for anonymous jobs. */
  @IsOptional()
  @IsString()
  @MaxLength(500)
  ownerGroup?: string;

  /** The job whose failed part this one repeats: its verified datablocks are used again. */
  @IsOptional()
  @JobId()
  retryOf?: string;

  /** Nothing of the job begins before this time; absent where it may begin at once. */
  @IsOptional()
  @IsISO8601({ strict: true })
  notBefore?: string;
}

export const jobSubmittedV1 = defineEvent({
  type: 'catalog.job-submitted.v1',
  emitter: 'catalog-api',
  consumers: ['job-assembler'],
  about: 'jobId',
  order: { within: 'jobId', place: 0 },
  payload: JobSubmittedV1,
  summary:
    'A job was accepted with a 2xx answer and waits to be planned. The consumer reads the dataset list from the catalogue by job id, so the message stays small however many datasets the job has.',
});
