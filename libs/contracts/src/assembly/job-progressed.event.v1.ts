import { ArrayMaxSize, IsArray, IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { defineEvent } from '../define-message.js';
import { Count, JobId } from '../fields.js';
import { phases, type Phase } from '../vocabulary.js';

/** How far the job is, at most once per second and job. */
export class JobProgressedV1 {
  @JobId()
  jobId: string;

  @Count()
  bytesDone: number;

  @Count()
  bytesTotal: number;

  @Count()
  datasetsDone: number;

  @Count()
  datasetsTotal: number;

  @IsIn(phases)
  phase: Phase;

  /** What the job, or a part of it, waits for; absent: for nothing that is known. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(20)
  @IsString({ each: true })
  @MaxLength(1000, { each: true })
  waitsFor?: string[];

  /** The same as codes (docs/operations.md); one that a consumer does not know is of a newer version. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(20)
  @IsString({ each: true })
  @MaxLength(40, { each: true })
  waits?: string[];
}

export const jobProgressedV1 = defineEvent({
  type: 'assembly.job-progressed.v1',
  emitter: 'job-assembler',
  consumers: ['catalog-api'],
  transient: true,
  about: 'jobId',
  order: { within: 'jobId', place: 0 },
  payload: JobProgressedV1,
  summary: 'How far the job is, at most once per second and job.',
});
