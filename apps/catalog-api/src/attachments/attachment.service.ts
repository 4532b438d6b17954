import { Injectable } from '@nestjs/common';
import { newId } from '#kernel';
import { isDuplicateKey } from '#persistence';
import type { Caller, Condition } from '../domain/access.js';
import { definite } from '../domain/definite.js';
import { Refusal } from '../domain/errors.js';
import { RecordQueries } from '../records/record-queries.js';
import { RecordStore, type ChangeRequest } from '../records/record-store.js';
import type { AttachmentParent } from './attachment-parents.js';
import type { AttachmentRecord, AttachmentRelationship, AttachmentTargetType } from './attachment-answers.js';

/** v3 lists of a record's attachments show the newest ones. */
const maxListed = 10;
const defaultRelation = 'is attached to';

/** What a client may say of an attachment. */
export interface AttachmentFields {
  readonly caption?: string | undefined;
  readonly thumbnail?: string | undefined;
  readonly ownerGroup?: string | undefined;
  readonly accessGroups?: string[] | undefined;
  readonly instrumentGroup?: string | undefined;
  readonly isPublished?: boolean | undefined;
  readonly relationships?: readonly AttachmentRelationship[] | undefined;
}

/** The use cases of attachments; v3 sees them below the record they hang on, v4 by themselves. */
@Injectable()
export class AttachmentService {
  constructor(
    private readonly store: RecordStore,
    private readonly queries: RecordQueries,
  ) {}

  /** @throws Refusal 409 when the id is taken */
  async create(
    caller: Caller,
    given: AttachmentFields,
    id: string | null | undefined,
  ): Promise<AttachmentRecord> {
    const fields = definite(given);
    const aid = id ?? newId();
    try {
      return await this.store.insert<AttachmentRecord>(
        'Attachment',
        {
          accessGroups: [],
          isPublished: false,
          ...fields,
          relationships: withRelationTypes(fields.relationships),
          ownerGroup: fields.ownerGroup ?? '',
          caption: fields.caption ?? '',
          _id: aid,
          aid,
        },
        caller.username,
      );
    } catch (error) {
      if (isDuplicateKey(error)) throw new Refusal(409, `An attachment with aid ${aid} already exists`);
      throw error;
    }
  }

  /** An attachment belongs to the group of the record it hangs on, unless `fields` name one that it may be given to. */
  addTo(
    caller: Caller,
    { type, id, ownerGroup, accessGroups }: AttachmentParent,
    fields: AttachmentFields,
    aid: string | null | undefined,
  ): Promise<AttachmentRecord> {
    return this.create(
      caller,
      {
        accessGroups: [...accessGroups],
        ownerGroup,
        ...definite(fields),
        relationships: [{ targetId: id, targetType: type }],
      },
      aid,
    );
  }

  /** The newest ten. */
  listOf(parent: AttachmentParent): Promise<AttachmentRecord[]> {
    return this.queries.list(
      'Attachment',
      { visible: tiedTo(parent) },
      { limit: maxListed, sort: { createdAt: -1 } },
    );
  }

  countOf(parent: AttachmentParent): Promise<number> {
    return this.queries.count('Attachment', { visible: tiedTo(parent) });
  }

  /** The picture of the newest attachment that has one. */
  async thumbnailOf(parent: Pick<AttachmentParent, 'type' | 'id'>): Promise<unknown> {
    const [found] = await this.queries.list<AttachmentRecord>(
      'Attachment',
      { where: { thumbnail: { $type: 'string' } }, visible: tiedTo(parent) },
      { limit: 1, sort: { createdAt: -1 } },
    );
    return found?.thumbnail;
  }

  /** The attachment of this id that hangs on this record. */
  async lookIn(parent: AttachmentParent, aid: string): Promise<AttachmentRecord | undefined> {
    const [found] = await this.queries.list<AttachmentRecord>(
      'Attachment',
      { where: { _id: aid }, visible: tiedTo(parent) },
      { limit: 1 },
    );
    return found;
  }

  /** Sets the given fields; what is not given stays. @throws Refusal 404 */
  async changeIn(
    caller: Caller,
    parent: AttachmentParent,
    aid: string,
    fields: AttachmentFields,
  ): Promise<AttachmentRecord> {
    await this.expectIn(parent, aid);
    const set = { ...definite(fields) };
    return this.change({ id: aid, by: caller.username, update: () => ({ set }) });
  }

  /**
   * Removes it, or only its tie to this record when it hangs on others as well.
   *
   * @returns as it was
   * @throws Refusal 404
   */
  async removeFrom(caller: Caller, parent: AttachmentParent, aid: string): Promise<AttachmentRecord> {
    const attachment = await this.expectIn(parent, aid);
    await this.release(caller.username, parent, attachment);
    return attachment;
  }

  /** As `removeFrom`, for all attachments of a record: also when the record itself goes. @returns how many */
  async removeAllFrom(by: string, parent: Pick<AttachmentParent, 'type' | 'id'>): Promise<number> {
    let count = 0;
    for (;;) {
      const some = await this.queries.list<AttachmentRecord>(
        'Attachment',
        { visible: tiedTo(parent) },
        { limit: 100 },
      );
      if (some.length === 0) return count;
      for (const attachment of some) await this.release(by, parent, attachment);
      count += some.length;
    }
  }

  /** @throws Refusal 404, 412 when the precondition fails */
  async change(request: ChangeRequest<AttachmentRecord>): Promise<AttachmentRecord> {
    return (await this.store.change('Attachment', request)) ?? missing(request.id);
  }

  /** @returns undefined when there is none of this id that fulfils the condition */
  remove(caller: Caller, aid: string, condition: Condition): Promise<AttachmentRecord | undefined> {
    return this.store.remove<AttachmentRecord>('Attachment', aid, caller.username, condition);
  }

  /** @throws Refusal 404 when no attachment of this id hangs on this record */
  private async expectIn(parent: AttachmentParent, aid: string): Promise<AttachmentRecord> {
    return (await this.lookIn(parent, aid)) ?? missing(aid);
  }

  private async release(
    by: string,
    { type, id }: Pick<AttachmentParent, 'type' | 'id'>,
    { _id, relationships }: AttachmentRecord,
  ): Promise<void> {
    const isOther = ({ targetType, targetId }: AttachmentRelationship): boolean =>
      targetType !== type || targetId !== id;
    if (!relationships.some(isOther)) await this.store.remove('Attachment', _id, by);
    else
      await this.store.change<AttachmentRecord>('Attachment', {
        id: _id,
        by,
        update: (stored) => ({ set: { relationships: stored.relationships.filter(isOther) } }),
      });
  }
}

/** @throws Refusal 404 */
export function missing(aid: string): never {
  throw new Refusal(404, `Attachment: ${aid} not found`);
}

/** Relationships as stored. */
export function withRelationTypes(
  relationships: readonly AttachmentRelationship[] = [],
): AttachmentRelationship[] {
  return relationships.map(({ targetId, targetType, relationType }) => ({
    targetId,
    targetType,
    relationType: relationType ?? defaultRelation,
  }));
}

function tiedTo({ type, id }: { type: AttachmentTargetType; id: string }): Record<string, unknown> {
  return { relationships: { $elemMatch: { targetType: type, targetId: id } } };
}
