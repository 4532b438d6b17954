import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsISO8601,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
} from 'class-validator';
import { defineEvent } from '../define-message.js';
import { Count, JobId, NestedList } from '../fields.js';
import { phases, type Phase } from '../vocabulary.js';

/** One fact of a reason: a word, or a number. */
export class WaitFact {
  @Matches(/^[a-zA-Z]{1,40}$/)
  name: string;

  @IsOptional()
  @IsString()
  @MaxLength(1000)
  text?: string;

  @IsOptional()
  @Count()
  count?: number;
}

/** Why a job waits, or what holds it. */
export class WaitReasonV1 {
  /** Of docs/operations.md; one that a consumer does not know is of a newer version. */
  @IsString()
  @MaxLength(40)
  code: string;

  @IsISO8601({ strict: true })
  since: string;

  @NestedList(() => WaitFact, 20)
  facts: WaitFact[];

  /** When it ends by itself, or is looked at again, if that is known. */
  @IsOptional()
  @IsISO8601({ strict: true })
  next?: string;
}

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

  /** The same with facts, in the order of `waitsFor`; of a job that is worked on, which waits for nothing, `work.running`. */
  @IsOptional()
  @NestedList(() => WaitReasonV1, 20)
  reasons?: WaitReasonV1[];
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
