/** The caller of a request, or undefined for an anonymous one. */
export interface Caller {
  readonly _id: string;
  readonly username: string;
  readonly email: string;
  readonly currentGroups: readonly string[];
  readonly authStrategy: string;
}

/** Groups that grant rights beyond owning a record; `#all` stands for every signed-in user. */
export interface GroupLists {
  readonly admin: readonly string[];
  readonly delete: readonly string[];
  readonly createDataset: readonly string[];
  readonly createDatasetWithPid: readonly string[];
  readonly createDatasetPrivileged: readonly string[];
  readonly updateLifecycle: readonly string[];
  readonly createJobPrivileged: readonly string[];
  readonly updateJobPrivileged: readonly string[];
  readonly deleteJob: readonly string[];
}

export interface OwnedRecord {
  readonly ownerGroup?: string;
  readonly accessGroups?: readonly string[];
  readonly isPublished?: boolean;
  readonly sharedWith?: readonly string[];
}

/** A condition for the database, so that nothing is filtered after the fact. `undefined`: everything. */
export type Condition = Readonly<Record<string, unknown>> | undefined;

/** Who may do what, in one place. Rule chains are first match wins: admin, privileged, with pid, creator. */
export class AccessRules {
  constructor(private readonly groups: GroupLists) {}

  isAdmin(caller: Caller | undefined): boolean {
    return isMember(caller, this.groups.admin);
  }

  mayDelete(caller: Caller | undefined): boolean {
    return isMember(caller, this.groups.delete);
  }

  /** The gate of creating and changing datasets and their blocks. */
  mayCallDatasetWrites(caller: Caller | undefined): boolean {
    const { admin, createDatasetPrivileged, createDatasetWithPid, createDataset } = this.groups;
    return [admin, createDatasetPrivileged, createDatasetWithPid, createDataset].some((list) =>
      isMember(caller, list),
    );
  }

  mayCreateDataset(caller: Caller | undefined, ownerGroup: string, withPid: boolean): boolean {
    if (isMember(caller, this.groups.admin) || isMember(caller, this.groups.createDatasetPrivileged))
      return true;
    const owns = caller?.currentGroups.includes(ownerGroup) ?? false;
    if (isMember(caller, this.groups.createDatasetWithPid)) return owns;
    return isMember(caller, this.groups.createDataset) && owns && !withPid;
  }

  /** Adding blocks or attachments to a dataset. */
  mayAddTo(caller: Caller | undefined, dataset: OwnedRecord): boolean {
    return (
      isMember(caller, this.groups.admin) ||
      isMember(caller, this.groups.createDatasetPrivileged) ||
      owns(caller, dataset)
    );
  }

  mayUpdate(caller: Caller | undefined, record: OwnedRecord): boolean {
    return this.isAdmin(caller) || owns(caller, record);
  }

  mayCallLifecycleUpdate(caller: Caller | undefined): boolean {
    return this.mayCallDatasetWrites(caller) || isMember(caller, this.groups.updateLifecycle);
  }

  mayUpdateLifecycle(caller: Caller | undefined, record: OwnedRecord): boolean {
    return isMember(caller, this.groups.updateLifecycle) || this.mayUpdate(caller, record);
  }

  /** Records the caller may see. Sharing by e-mail counts where `sharedWith` says so. */
  visible(caller: Caller | undefined, options: { sharedWith: boolean }): Condition {
    if (isMember(caller, this.groups.admin) || isMember(caller, this.groups.updateLifecycle))
      return undefined;
    if (caller === undefined) return { isPublished: true };
    return {
      $or: [
        { ownerGroup: { $in: caller.currentGroups } },
        { accessGroups: { $in: caller.currentGroups } },
        { isPublished: true },
        ...(options.sharedWith && caller.email !== '' ? [{ sharedWith: caller.email }] : []),
      ],
    };
  }

  mayRead(caller: Caller | undefined, record: OwnedRecord, options: { sharedWith: boolean }): boolean {
    if (
      isMember(caller, this.groups.admin) ||
      isMember(caller, this.groups.updateLifecycle) ||
      record.isPublished === true
    )
      return true;
    if (caller === undefined) return false;
    const shared = options.sharedWith && (record.sharedWith ?? []).includes(caller.email);
    return (
      shared ||
      owns(caller, record) ||
      (record.accessGroups ?? []).some((group) => caller.currentGroups.includes(group))
    );
  }

  isCreateJobPrivileged(caller: Caller | undefined): boolean {
    return isMember(caller, this.groups.createJobPrivileged);
  }

  isUpdateJobPrivileged(caller: Caller | undefined): boolean {
    return isMember(caller, this.groups.updateJobPrivileged);
  }

  mayDeleteJobs(caller: Caller | undefined): boolean {
    return isMember(caller, this.groups.deleteJob);
  }

  visibleJobs(caller: Caller): Condition {
    if (this.isAdmin(caller) || this.isCreateJobPrivileged(caller) || this.isUpdateJobPrivileged(caller))
      return undefined;
    return { $or: [{ ownerGroup: { $in: caller.currentGroups } }, { ownerUser: caller.username }] };
  }
}

function isMember(caller: Caller | undefined, list: readonly string[]): boolean {
  if (caller === undefined) return false;
  return list.includes('#all') || list.some((group) => caller.currentGroups.includes(group));
}

function owns(caller: Caller | undefined, record: OwnedRecord): boolean {
  return (
    caller !== undefined &&
    record.ownerGroup !== undefined &&
    caller.currentGroups.includes(record.ownerGroup)
  );
}

/** Both conditions at once. */
export function both(first: Condition, second: Condition): Record<string, unknown> {
  const parts = [first, second].filter((part) => part !== undefined && Object.keys(part).length > 0);
  if (parts.length === 0) return {};
  return parts.length === 1 ? { ...parts[0] } : { $and: parts };
}
