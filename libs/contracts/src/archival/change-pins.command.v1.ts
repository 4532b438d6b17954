import { IsIn, IsString, MaxLength } from 'class-validator';
import { defineCommand } from '../define-message.js';
import { Count, JobId, WorkOrderId } from '../fields.js';
import { pinChanges, type PinChange } from '../vocabulary.js';
import { pinsChangedV1 } from './pins-changed.event.v1.js';

/** Whoever may steer a finished retrieval wants its copies to stay longer, or needs them no more. */
export class ChangePinsV1 {
  /** The job, `/pins/` and the number of the request. */
  @WorkOrderId()
  workOrderId: string;

  @JobId()
  jobId: string;

  /** Of the request: counted from 1 in each job. */
  @Count()
  number: number;

  @IsIn(pinChanges)
  change: PinChange;

  /** User name. */
  @IsString()
  @MaxLength(500)
  requestedBy: string;
}

export const changePinsV1 = defineCommand({
  type: 'archival.change-pins.v1',
  emitter: 'catalog-api',
  consumers: ['archiver'],
  about: 'workOrderId',
  order: { within: 'workOrderId', place: 0 },
  answers: [pinsChangedV1],
  payload: ChangePinsV1,
  summary:
    'Keep the copies in the retrieval bucket for the job for longer, with new links, or let go of them. Nothing is recalled for it.',
});
