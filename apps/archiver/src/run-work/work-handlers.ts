import { Injectable } from '@nestjs/common';
import type {
  archiveDatablockV1,
  certifyDatasetV1,
  changePinsV1,
  confirmDiscardV1,
  discardDatablockV1,
  moveCopyV1,
  offerUploadV1,
  releaseOriginalsV1,
  repairDatablockV1,
  retrieveDatablockV1,
  takeUploadV1,
  verifyDatablockV1,
} from '#contracts';
import type { AnswerRow } from '#outbox';
import { ArchiveDatablockHandler } from '../archive-datablock/archive-datablock.handler.js';
import type { Command } from '../persistence/records.js';
import { DiscardDatablockHandler } from '../discard-datablock/discard-datablock.handler.js';
import { OutsideCopiesHandler } from '../outside-copies/outside-copies.handler.js';
import { ReleaseOriginalsHandler } from '../release-originals/release-originals.handler.js';
import { CopyHandlers } from './copy-handlers.js';
import { RetrievalHandlers } from './retrieval-handlers.js';
import type { WorkContext } from '../domain/work.js';

/** What ends a work order, of whichever kind. */
export type WorkAnswer = AnswerRow<
  | typeof archiveDatablockV1
  | typeof retrieveDatablockV1
  | typeof verifyDatablockV1
  | typeof repairDatablockV1
  | typeof moveCopyV1
  | typeof releaseOriginalsV1
  | typeof discardDatablockV1
  | typeof confirmDiscardV1
  | typeof offerUploadV1
  | typeof takeUploadV1
  | typeof certifyDatasetV1
  | typeof changePinsV1
>;

/** Which handler does which work. */
@Injectable()
export class WorkHandlers {
  constructor(
    private readonly archive: ArchiveDatablockHandler,
    private readonly retrievals: RetrievalHandlers,
    private readonly copies: CopyHandlers,
    private readonly release: ReleaseOriginalsHandler,
    private readonly discard: DiscardDatablockHandler,
    private readonly outside: OutsideCopiesHandler,
  ) {}

  handle(command: Command, context: WorkContext): Promise<WorkAnswer> {
    switch (command.kind) {
      case 'archive':
        return this.archive.handle(command.data, context);
      case 'retrieve':
      case 'pins':
        return this.retrievals.handle(command, context);
      case 'verify':
      case 'repair':
      case 'move':
      case 'certify':
        return this.copies.handle(command, context);
      case 'release':
        return this.release.handle(command.data, context);
      case 'discard':
        return this.discard.handle(command.data, context);
      case 'confirm':
        return this.outside.confirm(command.data);
      case 'offer':
        return this.outside.offer(command.data);
      case 'take':
        return this.outside.take(command.data, context);
    }
  }

  /** Takes back what a cancelled order may have left; `left`: targets where an earlier look left something. Can be repeated. */
  async undo(command: Command, left?: readonly string[]): Promise<void> {
    if (command.kind === 'archive')
      await this.discard.discard(command.data, 'it was cancelled while it was packed', left);
    await this.copies.undo(command);
    await this.retrievals.undo(command);
  }
}
