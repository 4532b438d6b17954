import { Injectable } from '@nestjs/common';
import { newId } from '#kernel';
import type { Caller } from '../domain/access.js';
import { definite } from '../domain/definite.js';
import { BadRequest, Refusal } from '../domain/errors.js';
import type { ResourceShape } from '../domain/field-query.js';
import { RecordQueries } from '../records/record-queries.js';
import { RecordStore, type StoredRecord } from '../records/record-store.js';
import { DatasetPolicies } from './dataset-policies.service.js';
import type { CreatePolicyDto, PartialUpdatePolicyDto } from './policy.dto.js';

/** A document of SciCat's collection `Policy`. */
export interface PolicyRecord extends StoredRecord {
  ownerGroup: string;
  manager: string[];
}

export const policyShape: ResourceShape = {
  id: '_id',
  kinds: {
    _id: 'string',
    ownerGroup: 'string',
    accessGroups: 'array',
    instrumentGroup: 'string',
    isPublished: 'boolean',
    manager: 'array',
    tapeRedundancy: 'string',
    autoArchive: 'boolean',
    autoArchiveDelay: 'number',
    archiveEmailNotification: 'boolean',
    archiveEmailsToBeNotified: 'array',
    retrieveEmailNotification: 'boolean',
    retrieveEmailsToBeNotified: 'array',
    embargoPeriod: 'number',
    createdBy: 'string',
    updatedBy: 'string',
    createdAt: 'date',
    updatedAt: 'date',
  },
};

/** Days and years. */
const defaults = {
  accessGroups: [],
  isPublished: false,
  manager: [],
  tapeRedundancy: 'low',
  autoArchive: true,
  autoArchiveDelay: 7,
  archiveEmailNotification: false,
  archiveEmailsToBeNotified: [],
  retrieveEmailNotification: false,
  retrieveEmailsToBeNotified: [],
  embargoPeriod: 3,
};
const maxAtOnce = 1000;

/** The use cases of policies. */
@Injectable()
export class PolicyService {
  constructor(
    private readonly store: RecordStore,
    private readonly queries: RecordQueries,
    private readonly defaults: DatasetPolicies,
  ) {}

  async create(caller: Caller, dto: CreatePolicyDto): Promise<PolicyRecord> {
    const fields = { ...defaults, ...definite(dto), ownerGroup: dto.ownerGroup, _id: newId() };
    const policy = await this.store.insert<PolicyRecord>('Policy', fields, caller.username);
    this.defaults.forget();
    return policy;
  }

  /** @throws Refusal 404 */
  async change(caller: Caller, id: string, dto: PartialUpdatePolicyDto): Promise<PolicyRecord> {
    const set = definite(dto);
    const changed = await this.store.change<PolicyRecord>('Policy', {
      id,
      by: caller.username,
      update: () => ({ set }),
    });
    this.defaults.forget();
    return changed ?? missing(id);
  }

  /**
   * Changes the policies of several groups: all, or none where one is not the caller's to manage. A group without one
   * gets the default policy first, with the caller as its manager.
   *
   * @returns how many
   * @throws Refusal 401 when the caller's e-mail is not among the managers of one of them
   * @throws BadRequest for more than 1000 groups
   */
  async changeOfGroups(
    caller: Caller,
    groups: readonly string[],
    dto: PartialUpdatePolicyDto,
  ): Promise<number> {
    if (groups.length > maxAtOnce)
      throw new BadRequest(
        `ownerGroupList names ${groups.length} groups, at most ${maxAtOnce} can be changed at once.`,
      );
    const present = await this.policiesOf(groups);
    for (const policy of present) checkManaged(caller, policy);
    const missing = groups.filter((group) => !present.some(({ ownerGroup }) => ownerGroup === group));
    if (missing.length > 0) checkManaged(caller, { manager: [caller.email] });
    for (const group of missing) await this.defaults.provide(caller, group, [caller.email]);
    const policies = missing.length === 0 ? present : await this.policiesOf(groups);
    const set = definite(dto);
    const update = (stored: PolicyRecord) => {
      checkManaged(caller, stored);
      return { set };
    };
    for (const { _id } of policies)
      await this.store.change<PolicyRecord>('Policy', { id: _id, by: caller.username, update });
    this.defaults.forget();
    return policies.length;
  }

  private policiesOf(groups: readonly string[]): Promise<PolicyRecord[]> {
    const where = { ownerGroup: { $in: groups } };
    return this.queries.list('Policy', { where, visible: undefined }, { limit: maxAtOnce });
  }

  /** @throws Refusal 404 */
  async remove(caller: Caller, id: string): Promise<PolicyRecord> {
    const removed = await this.store.remove<PolicyRecord>('Policy', id, caller.username);
    this.defaults.forget();
    return removed ?? missing(id);
  }
}

function checkManaged({ email }: Caller, { manager }: Pick<PolicyRecord, 'manager'>): void {
  if (email === '' || !(manager ?? []).includes(email))
    throw new Refusal(401, 'User not authorised for action based on policy');
}

function missing(id: string): never {
  throw new Refusal(404, `Policy: ${id} not found`);
}
