import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type {
  archiveDatablockV1,
  cancelWorkV1,
  datablockArchivedV1,
  datablockVerifiedV1,
  MessageContract,
  verifyDatablockV1,
  workFailedV1,
} from '#contracts';
import type { AnswerRow, OutboxRow } from '#outbox';

type RowOf<Contract> = Contract extends MessageContract<infer _P, infer Type> ? OutboxRow<Type> : never;
type Ends<Command, Answer> = RowOf<Answer> extends AnswerRow<Command> ? true : false;

describe('The end of a command', () => {
  it('does not compile unless the contract lists it', () => {
    // The compiler has decided by the time this runs: another value of these does not build.
    const itsOwn: Ends<typeof verifyDatablockV1, typeof datablockVerifiedV1> = true;
    const failed: Ends<typeof verifyDatablockV1, typeof workFailedV1> = true;
    const another: Ends<typeof verifyDatablockV1, typeof datablockArchivedV1> = false;
    const unanswered: Ends<typeof cancelWorkV1, typeof workFailedV1> = false;
    const any: OutboxRow extends AnswerRow<typeof archiveDatablockV1> ? true : false = false;
    assert.deepEqual([itsOwn, failed, another, unanswered, any], [true, true, false, false, false]);
  });
});
