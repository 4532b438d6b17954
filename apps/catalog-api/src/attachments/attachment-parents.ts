import { Injectable } from '@nestjs/common';
import { accessTable, type Rule } from '../domain/access-table.js';
import { AccessRules, type Caller, type OwnedRecord } from '../domain/access.js';
import { Refusal } from '../domain/errors.js';
import type { CollectionName } from '../persistence/catalogue.js';
import { RecordQueries } from '../records/record-queries.js';
import type { StoredRecord } from '../records/record-store.js';
import type { AttachmentRelationship } from './attachment-answers.js';

export type ParentType = 'dataset' | 'proposal' | 'sample';
type Purpose = 'read' | 'add' | 'change' | 'remove';

/** A record that attachments hang on. */
export interface AttachmentParent {
  readonly type: ParentType;
  readonly id: string;
  readonly ownerGroup: string;
  readonly accessGroups: readonly string[];
}

interface Kind {
  readonly collection: CollectionName;
  readonly rules: Readonly<Record<Purpose, Rule>>;
  readonly name: string;
  readonly refusal: string;
}

/** Who may do what with the attachments of a record is a matter of the record. */
const kinds: Readonly<Record<ParentType, Kind>> = {
  dataset: {
    collection: 'Dataset',
    rules: {
      read: accessTable.dataset.readUnshared,
      add: accessTable.dataset.add,
      change: accessTable.dataset.update,
      remove: accessTable.dataset.update,
    },
    name: 'dataset',
    refusal: 'Unauthorized access',
  },
  proposal: {
    collection: 'Proposal',
    rules: {
      read: accessTable.proposal.readAttachment,
      add: accessTable.proposal.addAttachment,
      change: accessTable.proposal.changeAttachment,
      remove: accessTable.proposal.changeAttachment,
    },
    name: 'Proposal',
    refusal: 'Unauthorized to this proposal',
  },
  sample: {
    collection: 'Sample',
    rules: {
      read: accessTable.sample.read,
      add: accessTable.sample.addAttachment,
      change: accessTable.sample.update,
      remove: accessTable.sample.removeAttachment,
    },
    name: 'Sample',
    refusal: 'Unauthorized to this sample',
  },
};

/** What an attachment can hang on, and who may hang it there. */
const targets = {
  dataset: { collection: 'Dataset', name: 'Dataset', rule: accessTable.dataset.add },
  proposal: { collection: 'Proposal', name: 'Proposal', rule: accessTable.proposal.hangOn },
  sample: { collection: 'Sample', name: 'Sample', rule: accessTable.sample.addAttachment },
  published_data: {
    collection: 'PublishedData',
    name: 'PublishedData',
    rule: accessTable.publishedData.update,
  },
} as const satisfies Record<AttachmentRelationship['targetType'], Target>;
/** Fields that the rules of the targets look at. */
const ownership = { ownerGroup: 1, accessGroups: 1, createdBy: 1, status: 1 } as const;

interface Target {
  readonly collection: CollectionName;
  readonly name: string;
  readonly rule: Rule;
}

@Injectable()
export class AttachmentParents {
  constructor(
    private readonly queries: RecordQueries,
    private readonly rules: AccessRules,
  ) {}

  /** @throws Refusal 404 when there is no such record, 403 when the caller may not do this with its attachments */
  async open(
    caller: Caller | undefined,
    type: ParentType,
    id: string,
    purpose: Purpose,
  ): Promise<AttachmentParent> {
    const { collection, rules, name, refusal } = kinds[type];
    const record = await this.queries.find<StoredRecord & OwnedRecord>(collection, id);
    if (record === undefined) throw new Refusal(404, `${name}: ${id} not found`);
    if (!this.rules.allows(rules[purpose], caller, record)) throw new Refusal(403, refusal);
    return { type, id, ownerGroup: record.ownerGroup ?? '', accessGroups: record.accessGroups ?? [] };
  }

  /**
   * Nobody hangs pictures on the records of others, nor on those that will be: v3 shows an attachment to everybody who
   * reads the record.
   *
   * @param done for the message: `create`, `update`
   * @throws Refusal 404 or 403 naming a record
   */
  async openAll(
    caller: Caller,
    relationships: readonly AttachmentRelationship[],
    done: 'create' | 'update',
  ): Promise<void> {
    if (this.rules.admits(accessTable.attachment.hangAnywhere, caller)) return;
    for (const type of Object.keys(targets) as (keyof typeof targets)[]) {
      const named = relationships.filter(({ targetType }) => targetType === type);
      const ids = [...new Set(named.map(({ targetId }) => targetId))];
      if (ids.length > 0) await this.openEach(caller, type, ids, done);
    }
  }

  private async openEach(
    caller: Caller,
    type: keyof typeof targets,
    ids: readonly string[],
    done: string,
  ): Promise<void> {
    const { collection, rule, name } = targets[type];
    const where = { _id: { $in: ids } };
    const page = { limit: ids.length, projection: { ...ownership } };
    const found = await this.queries.list(collection, { where, visible: undefined }, page);
    const missing = ids.find((id) => !found.some(({ _id }) => _id === id));
    if (missing !== undefined)
      throw new Refusal(404, `${name} ${missing} not found for linking an attachment`);
    const closed = found.find((record) => !this.rules.allows(rule, caller, record));
    if (closed !== undefined)
      throw new Refusal(403, `Unauthorized to ${done} an attachment to ${name.toLowerCase()} ${closed._id}`);
  }
}
