import type { ResourceShape } from '../domain/field-query.js';
import { decodeMetadataKeys, encodeSentKeys } from '../domain/metadata-keys.js';
import { withSiValues } from '../domain/units.js';
import type { StoredRecord } from '../records/record-store.js';
import { withId } from '../records/with-id.js';
import type { PartialUpdateSampleDto } from './sample.dto.js';

/** A document of SciCat's collection `Sample`. */
export interface SampleRecord extends StoredRecord {
  sampleId: string;
  ownerGroup: string;
  accessGroups: string[];
  isPublished: boolean;
  sampleCharacteristics?: Record<string, unknown>;
}

export const sampleShape: ResourceShape = {
  id: 'sampleId',
  conditions: { name: 'characteristics', field: 'sampleCharacteristics' },
  kinds: {
    sampleId: 'string',
    sampleName: 'string',
    owner: 'string',
    description: 'string',
    type: 'string',
    proposalId: 'string',
    parentSampleId: 'string',
    sampleCharacteristics: 'object',
    version: 'string',
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

/** The fields of a request as they are stored: characteristics with SI values, their keys encoded. */
export function storedSample({
  sampleCharacteristics,
  ...others
}: PartialUpdateSampleDto): Record<string, unknown> {
  return {
    ...Object.fromEntries(
      Object.entries(others).filter(([, value]) => value !== undefined && value !== null),
    ),
    ...(sampleCharacteristics == null
      ? {}
      : {
          sampleCharacteristics: encodeSentKeys(withSiValues(sampleCharacteristics), 'sampleCharacteristics'),
        }),
  };
}

/** A sample as clients know it. */
export function sampleAnswer(sample: SampleRecord): SampleRecord {
  const { sampleCharacteristics } = sample;
  return withId(
    sampleCharacteristics == null
      ? sample
      : { ...sample, sampleCharacteristics: decodeMetadataKeys(sampleCharacteristics) },
  );
}
