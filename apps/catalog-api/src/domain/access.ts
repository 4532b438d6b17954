import { accessTable, type GroupLists, type Rule, type Tie, type Tier } from './access-table.js';

export type { GroupLists } from './access-table.js';

/** The caller of a request, or undefined for an anonymous one. */
export interface Caller {
  readonly _id: string;
  readonly username: string;
  readonly email: string;
  readonly currentGroups: readonly string[];
  readonly authStrategy: string;
}

export interface OwnedRecord {
  readonly ownerGroup?: string;
  readonly accessGroups?: readonly string[];
  readonly isPublished?: boolean;
  readonly sharedWith?: readonly string[];
}

/** A condition for the database, so that nothing is filtered after the fact. `undefined`: everything. */
export type Condition = Readonly<Record<string, unknown>> | undefined;

/** A tie as a field of the record that holds one of the caller's values. */
interface TieValues {
  readonly field: string;
  readonly values: readonly unknown[];
}

const shownStates = ['public', 'registered', 'amended'];

function tieOf(tie: Tie, caller: Caller | undefined): TieValues {
  const groups = caller?.currentGroups ?? [];
  switch (tie) {
    case 'own':
      return { field: 'ownerGroup', values: groups };
    case 'accessible':
      return { field: 'accessGroups', values: groups };
    case 'inUserGroups':
      return { field: 'userGroups', values: groups };
    case 'published':
      return { field: 'isPublished', values: [true] };
    case 'shared':
      return {
        field: 'sharedWith',
        values: caller === undefined || caller.email === '' ? [] : [caller.email],
      };
    case 'ownerUser':
      return { field: 'ownerUser', values: caller === undefined ? [] : [caller.username] };
    case 'creator':
      return { field: 'createdBy', values: caller === undefined ? [] : [caller.username] };
    case 'shown':
      return { field: 'status', values: shownStates };
    case 'registered':
      return { field: 'status', values: ['registered'] };
  }
}

/** Answers the table's rules for one configuration of groups. */
export class AccessRules {
  constructor(private readonly groups: GroupLists) {}

  /** Whether the caller may call the operation at all: asked before the body is looked at. */
  admits(rule: Rule, caller: Caller | undefined): boolean {
    return rule.some(([tier]) => this.belongs(tier, caller));
  }

  /** What the rule gives the caller, and by which tier; undefined: nothing. */
  grantOf(rule: Rule, caller: Caller | undefined): Rule[number] | undefined {
    return rule.find(([tier]) => this.belongs(tier, caller));
  }

  /** Whether the rule covers this record for the caller. */
  allows(rule: Rule, caller: Caller | undefined, record: object): boolean {
    const grant = this.grantOf(rule, caller);
    if (grant === undefined) return false;
    const [, reach] = grant;
    return reach === 'all' || reach.some((tie) => isTied(tieOf(tie, caller), record));
  }

  /** The records that the rule covers, as a condition for the database: `undefined` for all, one that nothing meets for none. */
  condition(rule: Rule, caller: Caller | undefined): Condition {
    const grant = this.grantOf(rule, caller);
    const reach = grant?.[1] ?? [];
    if (reach === 'all') return undefined;
    const ties = reach
      .map((tie) => tieOf(tie, caller))
      .filter(({ values }) => values.length > 0)
      .map(({ field, values }) => ({ [field]: values.length === 1 ? values[0] : { $in: [...values] } }));
    if (ties.length === 0) return { _id: { $in: [] } };
    return ties.length === 1 ? ties[0] : { $or: ties };
  }

  belongs(tier: Tier, caller: Caller | undefined): boolean {
    if (tier === 'anyone') return true;
    return tier === 'signedIn' ? caller !== undefined : isMember(caller, this.groups[tier]);
  }

  isAdmin(caller: Caller | undefined): boolean {
    return this.belongs('admin', caller);
  }

  /** The gate of creating and changing datasets and their blocks. */
  mayCallDatasetWrites(caller: Caller | undefined): boolean {
    return this.admits(accessTable.dataset.update, caller);
  }

  mayCreateDataset(caller: Caller | undefined, ownerGroup: string, withPid: boolean): boolean {
    if (this.belongs('admin', caller) || this.belongs('createDatasetPrivileged', caller)) return true;
    const owns = caller?.currentGroups.includes(ownerGroup) ?? false;
    if (this.belongs('createDatasetWithPid', caller)) return owns;
    return this.belongs('createDataset', caller) && owns && !withPid;
  }

  /** Adding blocks or attachments to a dataset. */
  mayAddTo(caller: Caller | undefined, dataset: OwnedRecord): boolean {
    return this.allows(accessTable.dataset.add, caller, dataset);
  }

  mayUpdate(caller: Caller | undefined, record: OwnedRecord): boolean {
    return this.allows(accessTable.dataset.update, caller, record);
  }

  mayUpdateLifecycle(caller: Caller | undefined, record: OwnedRecord): boolean {
    return this.allows(accessTable.dataset.updateLifecycle, caller, record);
  }

  /** Datasets and blocks the caller may see. Sharing by e-mail counts where `sharedWith` says so. */
  visible(caller: Caller | undefined, options: { sharedWith: boolean }): Condition {
    const { read, readUnshared } = accessTable.dataset;
    return this.condition(options.sharedWith ? read : readUnshared, caller);
  }

  mayRead(caller: Caller | undefined, record: OwnedRecord, options: { sharedWith: boolean }): boolean {
    const { read, readUnshared } = accessTable.dataset;
    return this.allows(options.sharedWith ? read : readUnshared, caller, record);
  }

  isCreateJobPrivileged(caller: Caller | undefined): boolean {
    return this.belongs('createJobPrivileged', caller);
  }

  isUpdateJobPrivileged(caller: Caller | undefined): boolean {
    return this.belongs('updateJobPrivileged', caller);
  }

  isOperator(caller: Caller | undefined): boolean {
    return this.admits(accessTable.operations.act, caller);
  }

  visibleJobs(caller: Caller): Condition {
    return this.condition(accessTable.job.read, caller);
  }
}

function isTied({ field, values }: TieValues, record: object): boolean {
  const value = (record as Record<string, unknown>)[field];
  return Array.isArray(value) ? value.some((item) => values.includes(item)) : values.includes(value);
}

function isMember(caller: Caller | undefined, list: readonly string[]): boolean {
  if (caller === undefined) return false;
  return list.includes('#all') || list.some((group) => caller.currentGroups.includes(group));
}

/** Both conditions at once. */
export function both(first: Condition, second: Condition): Record<string, unknown> {
  const parts = [first, second].filter((part) => part !== undefined && Object.keys(part).length > 0);
  if (parts.length === 0) return {};
  return parts.length === 1 ? { ...parts[0] } : { $and: parts };
}
