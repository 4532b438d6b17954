import { IsIn, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { defineEvent } from '../define-message.js';
import { Count, JobId, Sentence, WorkOrderId } from '../fields.js';
import { phases, type Phase } from '../vocabulary.js';

/** How far an open work order is, at most once per second; one that waits says so now and then. */
export class WorkProgressedV1 {
  @WorkOrderId()
  workOrderId: string;

  @JobId()
  jobId: string;

  @Count()
  bytesDone: number;

  @Count()
  bytesTotal: number;

  @IsIn(phases)
  phase: Phase;

  /** What it waits for, in phase `waiting`. */
  @IsOptional()
  @Sentence()
  reason?: string;

  /** The same as a code (docs/operations.md); one that a consumer does not know is of a newer version. */
  @IsOptional()
  @IsString()
  @MaxLength(40)
  code?: string;

  /** Of a retrieval: the target whose copy is being read; absent: the first one of the command. */
  @IsOptional()
  @Matches(/^[a-z0-9-]{1,40}$/)
  readAt?: string;
}

export const workProgressedV1 = defineEvent({
  type: 'archival.work-progressed.v1',
  emitter: 'archiver',
  consumers: ['job-assembler'],
  transient: true,
  about: 'workOrderId',
  order: { within: 'workOrderId', place: 0 },
  payload: WorkProgressedV1,
  summary: 'How far an open work order is, at most once per second; one that waits says what for.',
});
