import { ArrayMaxSize, ArrayUnique, IsArray, IsIn, IsOptional, Matches, MaxLength } from 'class-validator';
import { defineEvent } from '../define-message.js';
import { Count, JobId, Nested, Sentence } from '../fields.js';
import { ObjectReference } from '../object-reference.js';
import { outcomes, type JobOutcome } from '../vocabulary.js';

/** More of them are not told: the first of each route come first. */
export const maxMailAddresses = 100;

/** The job reached its one end state: a fold over the end states of its datasets. */
export class JobFinishedV1 {
  @JobId()
  jobId: string;

  @IsIn(outcomes)
  outcome: JobOutcome;

  @Sentence()
  message: string;

  @Count()
  datasetsSucceeded: number;

  @Count()
  datasetsFailed: number;

  @Count()
  datasetsCancelled: number;

  /** NDJSON, one line a dataset or retrieved datablock; what `jobResultObject` is made of. */
  @IsOptional()
  @Nested(() => ObjectReference)
  result?: ObjectReference;

  /** Whom the routes of its datasets name for mails about the end: addresses, and `owner` for that of the job. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(maxMailAddresses)
  @ArrayUnique()
  @Matches(/^(owner|[^\s@,;<>"]+@[^\s@,;<>"]+)$/, { each: true })
  @MaxLength(320, { each: true })
  mail?: string[];
}

export const jobFinishedV1 = defineEvent({
  type: 'assembly.job-finished.v1',
  emitter: 'job-assembler',
  consumers: ['catalog-api'],
  about: 'jobId',
  order: { within: 'jobId', place: 2 },
  payload: JobFinishedV1,
  summary: 'The job reached its one end state: a fold over the end states of its datasets.',
});
