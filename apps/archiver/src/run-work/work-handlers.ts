import { Injectable } from '@nestjs/common';
import type {
  archiveDatablockV1,
  certifyDatasetV1,
  discardDatablockV1,
  releaseOriginalsV1,
  retrieveDatablockV1,
  verifyDatablockV1,
} from '#contracts';
import type { AnswerRow } from '#outbox';
import { ArchiveDatablockHandler } from '../archive-datablock/archive-datablock.handler.js';
import { CertifyDatasetHandler } from '../certify-dataset/certify-dataset.handler.js';
import type { Command } from '../persistence/records.js';
import { DiscardDatablockHandler } from '../discard-datablock/discard-datablock.handler.js';
import { ReleaseOriginalsHandler } from '../release-originals/release-originals.handler.js';
import { RetrieveDatablockHandler } from '../retrieve-datablock/retrieve-datablock.handler.js';
import { VerifyDatablockHandler } from '../verify-datablock/verify-datablock.handler.js';
import type { WorkContext } from '../domain/work.js';

/** What ends a work order, of whichever kind. */
export type WorkAnswer = AnswerRow<
  | typeof archiveDatablockV1
  | typeof retrieveDatablockV1
  | typeof verifyDatablockV1
  | typeof releaseOriginalsV1
  | typeof discardDatablockV1
  | typeof certifyDatasetV1
>;

/** Which handler does which work. */
@Injectable()
export class WorkHandlers {
  constructor(
    private readonly archive: ArchiveDatablockHandler,
    private readonly retrieve: RetrieveDatablockHandler,
    private readonly verify: VerifyDatablockHandler,
    private readonly release: ReleaseOriginalsHandler,
    private readonly discard: DiscardDatablockHandler,
    private readonly certify: CertifyDatasetHandler,
  ) {}

  handle(command: Command, context: WorkContext): Promise<WorkAnswer> {
    switch (command.kind) {
      case 'archive':
        return this.archive.handle(command.data, context);
      case 'retrieve':
        return this.retrieve.handle(command.data, context);
      case 'verify':
        return this.verify.handle(command.data, context);
      case 'release':
        return this.release.handle(command.data, context);
      case 'discard':
        return this.discard.handle(command.data);
      case 'certify':
        return this.certify.handle(command.data, context);
    }
  }

  /** Takes back what a cancelled order may have left. Can be repeated. */
  async undo(command: Command): Promise<void> {
    if (command.kind === 'archive')
      await this.discard.discard(command.data, 'it was cancelled while it was packed');
  }
}
