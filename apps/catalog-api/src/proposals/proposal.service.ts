import { Injectable } from '@nestjs/common';
import { isDuplicateKey } from '#persistence';
import { AttachmentService } from '../attachments/attachment.service.js';
import { accessTable } from '../domain/access-table.js';
import { AccessRules, type Caller } from '../domain/access.js';
import { Refusal } from '../domain/errors.js';
import { MetadataKeys } from '../metadata-keys/metadata-keys.service.js';
import type { Precondition } from '../records/preconditions.js';
import { RecordQueries } from '../records/record-queries.js';
import { RecordStore } from '../records/record-store.js';
import { storedProposal, type ProposalRecord } from './proposal-record.js';
import { defaultProposalType, ProposalTypes } from './proposal-types.provider.js';
import type { CreateProposalDto, PartialUpdateProposalDto } from './proposal.dto.js';

/** The use cases of proposals. */
@Injectable()
export class ProposalService {
  constructor(
    private readonly store: RecordStore,
    private readonly queries: RecordQueries,
    private readonly rules: AccessRules,
    private readonly types: ProposalTypes,
    private readonly attachments: AttachmentService,
    private readonly keys: MetadataKeys,
  ) {}

  /** @throws Refusal 400 for an unknown type, 409 when the id is taken */
  async create(caller: Caller, dto: CreateProposalDto): Promise<ProposalRecord> {
    this.types.check(dto.type);
    const { proposalId, ownerGroup } = dto;
    try {
      const proposal = await this.store.insert<ProposalRecord>(
        'Proposal',
        {
          accessGroups: [],
          isPublished: false,
          instrumentIds: [],
          keywords: [],
          MeasurementPeriodList: [],
          metadata: {},
          parentProposalId: null,
          type: defaultProposalType,
          ...storedProposal(dto),
          numberOfDatasets: 0,
          ownerGroup,
          proposalId,
          _id: proposalId,
        },
        caller.username,
      );
      await this.keys.sync('proposal', proposal);
      return proposal;
    } catch (error) {
      if (isDuplicateKey(error)) throw new Refusal(409, `Proposal with ${proposalId} already exists`);
      throw error;
    }
  }

  /** @throws Refusal 404, 403 */
  async read(caller: Caller | undefined, id: string): Promise<ProposalRecord> {
    const proposal = (await this.queries.find<ProposalRecord>('Proposal', id)) ?? missing(id);
    if (!this.rules.allows(accessTable.proposal.read, caller, proposal)) refuse();
    return proposal;
  }

  /** Whether there is such a proposal that the caller may read. */
  async isReadable(caller: Caller | undefined, id: string): Promise<boolean> {
    const proposal = await this.queries.find<ProposalRecord>('Proposal', id);
    return proposal !== undefined && this.rules.allows(accessTable.proposal.read, caller, proposal);
  }

  /** @throws Refusal 400, 403, 404, 412 */
  async change(
    caller: Caller,
    id: string,
    dto: PartialUpdateProposalDto,
    precondition: Precondition,
  ): Promise<ProposalRecord> {
    this.types.check(dto.type);
    const set = storedProposal(dto);
    const changed = await this.store.change<ProposalRecord>('Proposal', {
      id,
      by: caller.username,
      precondition,
      update: (stored) =>
        this.rules.allows(accessTable.proposal.update, caller, stored) ? { set } : refuse(),
    });
    if (changed === undefined) return missing(id);
    await this.keys.sync('proposal', changed);
    return changed;
  }

  /** With its attachments and metadata keys, so that nothing is orphaned. @throws Refusal 404 */
  async remove(caller: Caller, id: string): Promise<ProposalRecord> {
    const removed = await this.store.remove<ProposalRecord>('Proposal', id, caller.username);
    if (removed === undefined) return missing(id);
    await this.attachments.removeAllFrom(caller.username, { type: 'proposal', id });
    await this.keys.remove('proposal', id);
    return removed;
  }
}

function missing(id: string): never {
  throw new Refusal(404, `Proposal: ${id} not found`);
}

function refuse(): never {
  throw new Refusal(403, 'Unauthorized to this proposal');
}
