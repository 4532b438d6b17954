import { Injectable } from '@nestjs/common';
import type { changePinsV1, retrieveDatablockV1 } from '#contracts';
import type { AnswerRow } from '#outbox';
import type { WorkContext } from '../domain/work.js';
import type { Command } from '../persistence/records.js';
import { ChangePinsHandler } from '../change-pins/change-pins.handler.js';
import { BroughtCopies } from '../retrieve-datablock/brought-copies.js';
import { RetrieveDatablockHandler } from '../retrieve-datablock/retrieve-datablock.handler.js';

type OnRetrievals = Extract<Command, { readonly kind: 'retrieve' | 'pins' }>;

/** Which handler does which work on the retrieval area. */
@Injectable()
export class RetrievalHandlers {
  constructor(
    private readonly retrieve: RetrieveDatablockHandler,
    private readonly pins: ChangePinsHandler,
    private readonly brought: BroughtCopies,
  ) {}

  handle(
    command: OnRetrievals,
    context: WorkContext,
  ): Promise<AnswerRow<typeof retrieveDatablockV1 | typeof changePinsV1>> {
    return command.kind === 'retrieve'
      ? this.retrieve.handle(command.data, context)
      : this.pins.handle(command.data, context);
  }

  /** What was kept for the job is kept for nobody now: it goes when room is needed, unless another job has it too. */
  async undo(command: Command): Promise<void> {
    if (command.kind === 'retrieve' || command.kind === 'take') await this.brought.letGo(command);
  }
}
