import { Injectable } from '@nestjs/common';
import { CallerLookup } from '../accounts/caller-lookup.js';
import { AccessRules, type Caller } from '../domain/access.js';
import { JobRefusal, Refusal } from '../domain/errors.js';
import { isForOperators, type JobTypeConfiguration } from '../domain/job-configuration.js';
import { mayPostType, mayTendCopies, ownerForOrdinary, type JobOwner } from '../domain/job-rules.js';
import { Catalogue } from '../persistence/catalogue.js';

/** Whom a job is said to belong to when it is posted. */
interface WantedOwner {
  readonly ownerUser?: string;
  readonly ownerGroup?: string;
  readonly contactEmail?: string;
}

/** Whom a job belongs to, and who hears of it. */
export interface OwnerOfJob extends JobOwner {
  /** As it was sent: SciCat's clients read it back. */
  readonly contactEmail: string;
  /** Who gets mails as the one who posted it, where that is not the address that was sent. */
  readonly initiator?: string;
}

/** A user on whose behalf a job is posted. */
interface JobUser {
  readonly username: string;
  readonly email?: string;
  readonly groups: readonly string[];
}

/** Whom jobs belong to, and whose rights count for them. */
@Injectable()
export class JobOwners {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly rules: AccessRules,
    private readonly callers: CallerLookup,
  ) {}

  /** May post jobs of this type for others. */
  isPrivileged(caller: Caller | undefined, type: JobTypeConfiguration | undefined): boolean {
    if (type !== undefined && isForOperators(type.workflow)) return mayTendCopies(this.rules, caller);
    return this.rules.isAdmin(caller) || this.rules.isCreateJobPrivileged(caller);
  }

  /** @throws Refusal 403, as the gate answers who may post no job at all */
  assertMayPost(caller: Caller | undefined, type: JobTypeConfiguration | undefined): void {
    if (!mayPostType(this.rules, caller, type)) throw new Refusal(403, 'Forbidden resource');
  }

  /** @throws JobRefusal 400 with SciCat's words */
  async ownerOf(
    caller: Caller | undefined,
    wanted: WantedOwner,
    type: JobTypeConfiguration,
    onBehalf = false,
  ): Promise<OwnerOfJob> {
    const contactEmail = wanted.contactEmail ?? caller?.email ?? '';
    if (!onBehalf && !this.isPrivileged(caller, type))
      return { ...ownerForOrdinary(caller, wanted), contactEmail, ...initiatorOf(caller, contactEmail) };
    const { ownerUser, ownerGroup } = wanted;
    if (ownerGroup === undefined && ownerUser === undefined && wanted.contactEmail === undefined)
      throw new JobRefusal(400, 'Contact email should be specified for an anonymous job.');
    const group = ownerGroup === undefined ? {} : { ownerGroup };
    if (ownerUser === undefined) return { ...group, contactEmail };
    const user = await this.userNamed(caller, ownerUser);
    return {
      // SciCat lets a job for an unknown user belong to the caller who posts it, without any right of that user.
      ownerUser: user?.username ?? caller!.username,
      ...group,
      ...(user === undefined ? {} : { groups: user.groups }),
      contactEmail: wanted.contactEmail ?? user?.email ?? caller!.email,
    };
  }

  /** The user of that name, with the groups of this moment; the newest identity decides. */
  async userNamed(caller: Caller | undefined, username: string): Promise<JobUser | undefined> {
    if (username === caller?.username) return { ...caller, groups: caller.currentGroups };
    const [identity] = await this.catalogue
      .other('UserIdentity')
      .find({ 'profile.username': username }, { projection: { userId: 1, profile: 1 } })
      .sort({ created: -1 })
      .limit(1)
      .toArray();
    if (identity === undefined) return undefined;
    const { email } = (identity['profile'] ?? {}) as { email?: string };
    const known = await this.callers.callerWithId(String(identity['userId']));
    return { username, ...(email === undefined ? {} : { email }), groups: known?.currentGroups ?? [] };
  }
}

/** No address that a caller types is confirmed by its owner: ordinary users are told at that of their account, wherever they send us. */
function initiatorOf(caller: Caller | undefined, contactEmail: string): Pick<OwnerOfJob, 'initiator'> {
  if (caller === undefined || caller.email.toLowerCase() === contactEmail.toLowerCase()) return {};
  return { initiator: caller.email };
}
