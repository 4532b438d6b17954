import { IsOptional } from 'class-validator';
import { defineEvent } from '../define-message.js';
import { Attempt, CopyOrderId, Count, Sentence, TargetName } from '../fields.js';

/** How far an order is, at most once a second; one that waits says what for, now and then, so that it is not taken for lost. */
export class CopyProgressedV1 {
  @CopyOrderId()
  orderId: string;

  @TargetName()
  target: string;

  /** The attempt of the command that this answers: what was decided since then is not decided again. */
  @Attempt()
  attempt: number;

  @Count()
  bytesDone: number;

  @Count()
  bytesTotal: number;

  /** What it waits for. */
  @IsOptional()
  @Sentence()
  reason?: string;
}

export const copyProgressedV1 = defineEvent({
  type: 'archival.copy-progressed.v1',
  emitter: 'worker',
  consumers: ['job-assembler'],
  transient: true,
  about: 'orderId',
  order: { within: 'orderId', place: 'attempt' },
  payload: CopyProgressedV1,
  summary:
    'How far an order is, at most once a second; one that waits says what for, now and then, so that it is not taken for lost.',
});
