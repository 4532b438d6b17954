import { Module } from '@nestjs/common';
import { AttachmentsModule } from '../attachments/attachments.module.js';
import { MetadataKeysModule } from '../metadata-keys/metadata-keys.module.js';
import { proposalTypesProvider } from './proposal-types.provider.js';
import { ProposalService } from './proposal.service.js';
import { ProposalsController } from './proposals.controller.js';

/** Proposals. */
@Module({
  imports: [AttachmentsModule, MetadataKeysModule],
  controllers: [ProposalsController],
  providers: [ProposalService, proposalTypesProvider],
})
export class ProposalsModule {}
