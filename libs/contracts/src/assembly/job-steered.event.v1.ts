import { IsIn, IsISO8601, IsOptional, IsString, MaxLength } from 'class-validator';
import { defineEvent } from '../define-message.js';
import { JobId } from '../fields.js';
import { steeringWords, type SteeringWord } from '../vocabulary.js';

/** What an operator said of a job, for those who follow it. */
export class JobSteeredV1 {
  @JobId()
  jobId: string;

  @IsIn(steeringWords)
  what: SteeringWord;

  /** User name. */
  @IsString()
  @MaxLength(100)
  by: string;

  @IsString()
  @MaxLength(500)
  reason: string;

  @IsISO8601({ strict: true })
  at: string;

  /** Of `priority`: 0 urgent, 1 normal, 2 background. */
  @IsOptional()
  @IsIn([0, 1, 2])
  priority?: number;

  /** Of `defer` and `hold`: until when nothing more of it begins; absent: at once, or until an operator lets it go. */
  @IsOptional()
  @IsISO8601({ strict: true })
  until?: string;
}

export const jobSteeredV1 = defineEvent({
  type: 'assembly.job-steered.v1',
  emitter: 'job-assembler',
  consumers: ['catalog-api'],
  about: 'jobId',
  order: { within: 'jobId', place: 0 },
  payload: JobSteeredV1,
  summary:
    'An operator has made the job more or less urgent, moved it to another time, held it, or let it go on.',
});
