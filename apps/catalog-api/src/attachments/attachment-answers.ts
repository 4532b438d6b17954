import type { StoredRecord } from '../records/record-store.js';

export type AttachmentTargetType = 'dataset' | 'proposal' | 'sample' | 'published_data';

export interface AttachmentRelationship {
  readonly targetId: string;
  readonly targetType: AttachmentTargetType;
  readonly relationType?: string;
}

/** A document of SciCat's collection `Attachment`. */
export interface AttachmentRecord extends StoredRecord {
  aid: string;
  ownerGroup: string;
  accessGroups: string[];
  isPublished: boolean;
  caption: string;
  thumbnail?: string;
  relationships: readonly AttachmentRelationship[];
}

const idNames = { dataset: 'datasetId', proposal: 'proposalId', sample: 'sampleId' } as const;

/**
 * An attachment as v3 clients know it: an id of each kind of record (the last one) for relationships, and its own id
 * under both names: the web frontend reads `id`, the published SDK `aid`.
 */
export function attachmentV3View({ relationships, ...others }: AttachmentRecord): object {
  const ids = (relationships ?? []).flatMap(({ targetType, targetId }) =>
    targetType === 'published_data' ? [] : [[idNames[targetType], targetId] as const],
  );
  const id = others.aid ?? others._id;
  return { ...others, aid: id, id, ...Object.fromEntries(ids) };
}

/** What the body of a v3 sub-resource may say; ids and the owner group come from the record. */
export function attachmentV3Fields(body: {
  readonly caption?: string;
  readonly thumbnail?: string;
  readonly accessGroups?: string[];
  readonly instrumentGroup?: string;
}) {
  const { caption, thumbnail, accessGroups, instrumentGroup } = body;
  return { caption, thumbnail, accessGroups, instrumentGroup };
}
