import { Injectable } from '@nestjs/common';
import type { certifyDatasetV1, moveCopyV1, repairDatablockV1, verifyDatablockV1 } from '#contracts';
import type { AnswerRow } from '#outbox';
import { CertifyDatasetHandler } from '../certify-dataset/certify-dataset.handler.js';
import type { WorkContext } from '../domain/work.js';
import { MoveCopyHandler } from '../move-copy/move-copy.handler.js';
import type { Command } from '../persistence/records.js';
import { RepairDatablockHandler } from '../repair-datablock/repair-datablock.handler.js';
import { VerifyDatablockHandler } from '../verify-datablock/verify-datablock.handler.js';

type OnCopies = Extract<Command, { readonly kind: 'verify' | 'repair' | 'move' | 'certify' }>;

/** Which handler does which work on copies that there are. */
@Injectable()
export class CopyHandlers {
  constructor(
    private readonly verify: VerifyDatablockHandler,
    private readonly repair: RepairDatablockHandler,
    private readonly move: MoveCopyHandler,
    private readonly certify: CertifyDatasetHandler,
  ) {}

  handle(
    command: OnCopies,
    context: WorkContext,
  ): Promise<
    AnswerRow<
      typeof verifyDatablockV1 | typeof repairDatablockV1 | typeof moveCopyV1 | typeof certifyDatasetV1
    >
  > {
    switch (command.kind) {
      case 'verify':
        return this.verify.handle(command.data, context);
      case 'repair':
        return this.repair.handle(command.data, context);
      case 'move':
        return this.move.handle(command.data, context);
      case 'certify':
        return this.certify.handle(command.data, context);
    }
  }

  /** A repair leaves nothing to be taken back: what it has mended is good. */
  async undo(command: Command): Promise<void> {
    if (command.kind === 'move') await this.move.undo(command.data);
  }
}
