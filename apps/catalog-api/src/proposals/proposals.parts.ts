import { ProposalCounters } from '../datasets/proposal-counters.js';
import { proposalTypesProvider } from './proposal-types.provider.js';
import { ProposalService } from './proposal.service.js';
import { ProposalsController } from './proposals.controller.js';

export const proposalParts = {
  controllers: [ProposalsController],
  providers: [ProposalService, ProposalCounters, proposalTypesProvider],
};
