import { ArrayMaxSize, IsArray, IsOptional, IsString, MaxLength } from 'class-validator';
import { defineEvent } from '../define-message.js';
import { Count, DatasetPid, JobId, WorkOrderId } from '../fields.js';

/** The originals of the datablock are gone from the landing zone. */
export class OriginalsReleasedV1 {
  @WorkOrderId()
  workOrderId: string;

  @JobId()
  jobId: string;

  @DatasetPid()
  pid: string;

  @Count()
  released: number;

  /** Files left alone because they were not the ones that were archived. */
  @Count()
  kept: number;

  /** Names of files left alone, the first twenty. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(20)
  @IsString({ each: true })
  @MaxLength(4096, { each: true })
  keptFiles?: string[];
}

export const originalsReleasedV1 = defineEvent({
  type: 'archival.originals-released.v1',
  emitter: 'archiver',
  consumers: ['job-assembler'],
  about: 'workOrderId',
  order: { within: 'workOrderId', place: 9 },
  payload: OriginalsReleasedV1,
  summary: 'The originals of the datablock are gone from the landing zone.',
});
