import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { isDuplicateKey } from '#persistence';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import { CallerLookup } from './caller-lookup.js';
import { Refusal } from '../domain/errors.js';
import { Catalogue } from '../persistence/catalogue.js';
import type { UserRecord } from '../persistence/records.js';
import { idForms, newObjectId, type UserId } from '../persistence/user-ids.js';
import { AccessGroups } from './access-groups.js';
import { UserSettings } from './user-settings.service.js';

/** A user whom a directory or an identity provider vouches for. */
export interface ExternalPerson {
  readonly authStrategy: 'ldap' | 'oidc';
  readonly provider: string;
  /** Stays the same for the person's life at the provider. */
  readonly externalId: string;
  readonly username: string;
  readonly displayName: string;
  readonly email: string;
  /** Whether the provider says that the address is the person's own. */
  readonly emailVerified: boolean;
  readonly thumbnailPhoto?: string;
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Groups that the directory has the person in. */
  readonly groups?: readonly string[];
  /** How accounts of an older SciCat are found, which knew no external id. */
  readonly userQuery?: {
    readonly operator: 'or' | 'and';
    readonly fields: readonly ('username' | 'email')[];
  };
}

/** Accounts of people as they sign in: found, made at the first time, with the groups of today. */
@Injectable()
export class SignInAccounts {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly groups: AccessGroups,
    private readonly settings: UserSettings,
    private readonly callers: CallerLookup,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: CatalogApiConfig,
  ) {}

  /** Groups and settings of a functional account at its sign-in. */
  async refreshLocal(user: UserRecord): Promise<void> {
    const identities = this.catalogue.other('UserIdentity');
    const [identity, roles, provided] = await Promise.all([
      identities.findOne({ userId: user._id }, { projection: { 'profile.accessGroups': 1 } }),
      this.callers.rolesOf([user._id]),
      this.groups.of({ id: user.username }),
      this.settings.ensure(String(user._id)),
    ]);
    const before = (identity?.['profile'] as { accessGroups?: string[] } | undefined)?.accessGroups ?? [];
    const kept = provided === undefined ? before : before.filter((group) => group === 'globalaccess');
    const accessGroups = [...new Set([...roles, ...(provided ?? []), ...kept])];
    await identities.updateOne({ userId: user._id }, { $set: { 'profile.accessGroups': accessGroups } });
    this.callers.forget(String(user._id));
  }

  /** @throws Refusal 403 when the e-mail belongs to an account that is not provably the same person's */
  async accountOf(person: ExternalPerson): Promise<UserRecord> {
    const user = (await this.known(person)) ?? (await this.firstAccountOf(person));
    await this.writeIdentity(user._id, person);
    await this.settings.ensure(String(user._id));
    return user;
  }

  /** A user who is not known yet needs an address that is certainly their own. */
  private async firstAccountOf(person: ExternalPerson): Promise<UserRecord> {
    if (person.email === '')
      throw new Refusal(
        403,
        `The sign-in of ${person.username} came without a verified e-mail address (claim email_verified): ask the facility to add it. Where a provider verifies every address without saying so, an operator sets OIDC_EMAILS_ARE_VERIFIED.`,
      );
    return (await this.linked(person)) ?? (await this.create(person));
  }

  private async existing(person: ExternalPerson): Promise<UserRecord | undefined> {
    return (await this.known(person)) ?? (await this.linked(person));
  }

  private async known({ authStrategy, externalId }: ExternalPerson): Promise<UserRecord | undefined> {
    const identity = await this.catalogue
      .other('UserIdentity')
      .findOne({ externalId, authStrategy }, { projection: { userId: 1 } });
    if (identity === null) return undefined;
    const ids = idForms(String(identity['userId']));
    return (await this.catalogue.users.findOne({ _id: { $in: ids } })) ?? undefined;
  }

  /** An account of the same way of signing in without a known external id, or one that the facility lets people link. */
  private async linked(person: ExternalPerson): Promise<UserRecord | undefined> {
    const candidate = await this.candidate(person);
    if (candidate !== undefined && (await this.isUnclaimed(candidate, person))) return candidate;
    const owner = await this.catalogue.users.findOne({ email: person.email });
    if (owner === null) return undefined;
    // Made a moment ago, by another first sign-in of the same person.
    if (owner.authStrategy === person.authStrategy && (await this.isUnclaimed(owner, person))) return owner;
    if (this.config.identity.linksAccounts && person.emailVerified) return owner;
    throw new Refusal(
      403,
      `The e-mail address of this sign-in belongs to another account (${owner.authStrategy}). Ask the facility to join them; an operator may set SIGN_IN_LINKS_ACCOUNTS.`,
    );
  }

  private async candidate(person: ExternalPerson): Promise<UserRecord | undefined> {
    const { operator, fields } = person.userQuery ?? { operator: 'or', fields: ['username', 'email'] };
    const usernames = [person.username, `ldap.${person.username}`];
    const terms = fields.map((field) =>
      field === 'username' ? { username: { $in: usernames } } : { email: person.email },
    );
    if (terms.length === 0) return undefined;
    const match = operator === 'and' ? { $and: terms } : { $or: terms };
    const { authStrategy } = person;
    return (await this.catalogue.users.findOne({ ...match, authStrategy })) ?? undefined;
  }

  private async isUnclaimed({ _id }: UserRecord, { externalId }: ExternalPerson): Promise<boolean> {
    const identity = await this.catalogue
      .other('UserIdentity')
      .findOne({ userId: { $in: idForms(String(_id)) } });
    const known = identity?.['externalId'] as string | undefined;
    return known === undefined || known === '' || known === externalId;
  }

  private async create(person: ExternalPerson): Promise<UserRecord> {
    const isTaken = (await this.catalogue.users.findOne({ username: person.username })) !== null;
    // Records name their creators and owners by user name: two people never share one.
    const username = isTaken ? `${person.authStrategy}.${person.externalId}` : person.username;
    const user: UserRecord = {
      _id: newObjectId(),
      username,
      email: person.email,
      authStrategy: person.authStrategy,
      __v: 0,
    };
    await this.catalogue.whenSingle();
    try {
      await this.catalogue.users.insertOne(user);
      return user;
    } catch (error) {
      // The same person signs in twice at the first time; the other sign-in was quicker.
      const quicker = isDuplicateKey(error) ? await this.existing(person) : undefined;
      if (quicker === undefined) throw error;
      return quicker;
    }
  }

  private async writeIdentity(userId: UserId, person: ExternalPerson): Promise<void> {
    const { authStrategy, provider, externalId, displayName, email, thumbnailPhoto } = person;
    const { claims, groups } = person;
    const provided = await this.groups.of({ id: externalId, claims, groups });
    const now = this.clock.now();
    await this.catalogue.other('UserIdentity').updateOne(
      { userId: { $in: idForms(String(userId)) } },
      {
        $set: {
          authStrategy,
          provider,
          externalId,
          modified: now,
          'profile.displayName': displayName,
          'profile.username': person.username,
          ...(email === '' ? {} : { 'profile.email': email, 'profile.emails': [{ value: email }] }),
          ...(thumbnailPhoto === undefined ? {} : { 'profile.thumbnailPhoto': thumbnailPhoto }),
          ...(provided === undefined ? {} : { 'profile.accessGroups': provided }),
        },
        $setOnInsert: { userId, credentials: {}, created: now, __v: 0 },
      },
      { upsert: true },
    );
    this.callers.forget(String(userId));
  }
}
