import { IsIn, IsOptional } from 'class-validator';
import { defineEvent } from '../define-message.js';
import { Count, JobId, Nested, Sentence, WorkOrderId } from '../fields.js';
import { ObjectReference } from '../object-reference.js';
import { pinChanges, type PinChange } from '../vocabulary.js';

/** The copies of a retrieval stay for longer, or are let go of, as far as they were still there for the job. */
export class PinsChangedV1 {
  @WorkOrderId()
  workOrderId: string;

  @JobId()
  jobId: string;

  /** Of the request. */
  @Count()
  number: number;

  @IsIn(pinChanges)
  change: PinChange;

  /** Copies for which it was done. */
  @Count()
  changed: number;

  /** Copies that are not there for the job any more: they have to be retrieved anew. */
  @Count()
  gone: number;

  /** NDJSON, one `PinLine` a copy; absent when nothing was found, or it could not be done. */
  @IsOptional()
  @Nested(() => ObjectReference)
  copies?: ObjectReference;

  /** Why it could not be done. */
  @IsOptional()
  @Sentence()
  problem?: string;
}

export const pinsChangedV1 = defineEvent({
  type: 'archival.pins-changed.v1',
  emitter: 'archiver',
  consumers: ['catalog-api'],
  about: 'workOrderId',
  order: { within: 'workOrderId', place: 9 },
  payload: PinsChangedV1,
  summary:
    'The copies of a retrieval stay for longer, or are let go of, as far as they were still there for the job.',
});
