import { IsIn, IsInt, IsISO8601, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { defineEvent } from '../define-message.js';
import { Count, JobId, Nested, NestedList, TargetName } from '../fields.js';
import { maxDatasetsOfJob } from '../lists.js';
import { ObjectReference } from '../object-reference.js';
import { type Workflow, workflows } from '../vocabulary.js';
import { DatasetOfJob } from './dataset-of-job.js';

/** A job was accepted with a 2xx answer and waits to be planned. A short list of its datasets travels along; a longer one lies in the control bucket, so the message stays small however many there are. Where it has neither, or that is gone, the consumer asks the catalogue by job id. */
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

  /** Copies on long-term storage that the job asks for (SciCat's `tapeCopies`): more than its route makes, or as many. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(4)
  tapeCopies?: number;

  /** Of a migration: the target whose copies move, and where to. */
  @IsOptional()
  @TargetName()
  moveFrom?: string;

  @IsOptional()
  @TargetName()
  moveTo?: string;

  /** Of a repair: the only target on which copies are mended; absent: all. */
  @IsOptional()
  @TargetName()
  repairAt?: string;

  /** Its datasets in the order of its list, `datasetCount` of them, where they have 8 KiB at most as NDJSON. */
  @IsOptional()
  @NestedList(() => DatasetOfJob, maxDatasetsOfJob)
  datasets?: DatasetOfJob[];

  /** NDJSON of `DatasetListLine` in the order of the job's list, `datasetCount` lines; absent where `datasets` has them, or object storage was away. */
  @IsOptional()
  @Nested(() => ObjectReference)
  datasetList?: ObjectReference;
}

export const jobSubmittedV1 = defineEvent({
  type: 'catalog.job-submitted.v1',
  emitter: 'catalog-api',
  consumers: ['job-assembler'],
  about: 'jobId',
  order: { within: 'jobId', place: 0 },
  payload: JobSubmittedV1,
  summary:
    'A job was accepted with a 2xx answer and waits to be planned. A short list of its datasets travels along; a longer one lies in the control bucket, so the message stays small however many there are. Where it has neither, or that is gone, the consumer asks the catalogue by job id.',
});
