import { definite } from '../domain/definite.js';
import type { ResourceShape } from '../domain/field-query.js';
import { dateOf } from '../domain/iso-date.js';
import { decodeMetadataKeys, encodeSentKeys } from '../domain/metadata-keys.js';
import { newObjectId } from '../persistence/user-ids.js';
import type { StoredRecord } from '../records/record-store.js';
import { withId } from '../records/with-id.js';
import type { PartialUpdateProposalDto } from './proposal.dto.js';

/** A document of SciCat's collection `Proposal`. */
export interface ProposalRecord extends StoredRecord {
  proposalId: string;
  ownerGroup: string;
  accessGroups: string[];
  isPublished: boolean;
  metadata?: Record<string, unknown>;
  numberOfDatasets: number;
}

export const proposalShape: ResourceShape = {
  id: 'proposalId',
  kinds: {
    proposalId: 'string',
    pi_email: 'string',
    pi_firstname: 'string',
    pi_lastname: 'string',
    email: 'string',
    firstname: 'string',
    lastname: 'string',
    title: 'string',
    abstract: 'string',
    startTime: 'date',
    endTime: 'date',
    MeasurementPeriodList: 'array',
    metadata: 'object',
    parentProposalId: 'string',
    type: 'string',
    instrumentIds: 'array',
    keywords: 'array',
    numberOfDatasets: 'number',
    ownerGroup: 'string',
    accessGroups: 'array',
    instrumentGroup: 'string',
    isPublished: 'boolean',
    createdBy: 'string',
    updatedBy: 'string',
    createdAt: 'date',
    updatedAt: 'date',
  },
};

/** The fields of a request as they are stored: dates, encoded metadata keys, an id for each measurement period. */
export function storedProposal(dto: PartialUpdateProposalDto): Record<string, unknown> {
  const { startTime, endTime, metadata, MeasurementPeriodList: periods, ...others } = dto;
  const clearable = 'parentProposalId' in others ? { parentProposalId: others.parentProposalId ?? null } : {};
  return {
    ...definite(others),
    ...clearable,
    ...(startTime == null ? {} : { startTime: dateOf(startTime, 'startTime') }),
    ...(endTime == null ? {} : { endTime: dateOf(endTime, 'endTime') }),
    ...(metadata == null ? {} : { metadata: encodeSentKeys(metadata, 'metadata') }),
    ...(periods == null
      ? {}
      : {
          MeasurementPeriodList: periods.map((period) => ({
            ...period,
            _id: period._id ?? newObjectId(),
            start: dateOf(period.start, 'MeasurementPeriodList.start'),
            end: dateOf(period.end, 'MeasurementPeriodList.end'),
          })),
        }),
  };
}

/** A proposal as clients know it. The web frontend cannot show one without `instrumentIds`, which old ones lack. */
export function proposalAnswer(proposal: ProposalRecord): ProposalRecord {
  return { ...partialProposalAnswer(proposal), instrumentIds: proposal['instrumentIds'] ?? [] };
}

/** As `proposalAnswer`, of the fields that were asked for only. */
export function partialProposalAnswer(proposal: ProposalRecord): ProposalRecord {
  const { metadata } = proposal;
  return withId(metadata == null ? proposal : { ...proposal, metadata: decodeMetadataKeys(metadata) });
}
