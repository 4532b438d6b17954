import { IsBoolean, IsIn, IsOptional } from 'class-validator';
import { defineEvent } from '../define-message.js';
import { Attempt, CopyOrderId, ErrorCode, Sentence, TargetName } from '../fields.js';
import { faultKinds, type FaultKind } from '../vocabulary.js';

/** The order cannot be done. Where `again` is true, a newer link or another try may help, and the order comes again with a higher attempt. */
export class CopyFailedV1 {
  @CopyOrderId()
  orderId: string;

  @TargetName()
  target: string;

  /** The attempt of the command that this answers: what was decided since then is not decided again. */
  @Attempt()
  attempt: number;

  @ErrorCode()
  code: string;

  @Sentence()
  message: string;

  /** `user`: the data or the request is wrong; `system`: the storage or the network is. */
  @IsIn(faultKinds)
  fault: FaultKind;

  /** A newer link or another try may help. Absent: it does not. */
  @IsOptional()
  @IsBoolean()
  again?: boolean;
}

export const copyFailedV1 = defineEvent({
  type: 'archival.copy-failed.v1',
  emitter: 'worker',
  consumers: ['job-assembler'],
  about: 'orderId',
  order: { within: 'orderId', place: 'attempt' },
  payload: CopyFailedV1,
  summary:
    'The order cannot be done. Where `again` is true, a newer link or another try may help, and the order comes again with a higher attempt.',
});
