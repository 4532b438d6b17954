import { readFile } from 'node:fs/promises';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock, messageOf, PermanentError, wait } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import { PasswordHashes } from './password-hashes.js';
import { besideOthers } from '../persistence/beside-others.js';
import { Catalogue } from '../persistence/catalogue.js';
import type { UserRecord } from '../persistence/records.js';
import { newObjectId, objectIdFor, type UserId } from '../persistence/user-ids.js';

/** Milliseconds. */
const longestWait = 5000;

interface FunctionalAccount {
  readonly username: string;
  readonly email: string;
  readonly password: string;
  readonly role: string | readonly string[];
  readonly global?: boolean;
}

/** Brings the accounts of `FUNCTIONAL_ACCOUNTS_FILE` into the database at each start. An existing user's password stays. */
@Injectable()
export class FunctionalAccounts implements OnApplicationBootstrap {
  private seeding: Promise<void> = Promise.resolve();
  private isSeeded = false;

  constructor(
    private readonly catalogue: Catalogue,
    private readonly passwords: PasswordHashes,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: CatalogApiConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const accounts = await readAccounts(this.config.functionalAccountsFile);
    if (accounts.length === 0) this.logger.warn('no functional accounts: nobody can sign in locally');
    this.seeding = this.seed(accounts);
  }

  /** Sign-ins that come right after the start wait for the accounts, but no longer than five seconds. */
  async seeded(): Promise<void> {
    if (this.isSeeded) return;
    const patience = new AbortController();
    await Promise.race([this.seeding, wait(longestWait, patience.signal)]).finally(() => patience.abort());
  }

  private async seed(accounts: readonly FunctionalAccount[]): Promise<void> {
    for (const account of accounts) {
      await this.catalogue
        .afterStart(`account ${account.username}`, () => besideOthers(() => this.seedOne(account)))
        .catch((error: unknown) =>
          this.logger.error(
            { username: account.username, error: messageOf(error) },
            'could not seed a functional account',
          ),
        );
    }
    this.isSeeded = true;
  }

  private async seedOne(account: FunctionalAccount): Promise<void> {
    const roles = typeof account.role === 'string' ? [account.role] : account.role;
    const userId = await this.userIdOf(account);
    const now = this.clock.now();
    const accessGroups = [
      ...roles,
      ...this.config.identity.groups.static,
      ...(account.global === true ? ['globalaccess'] : []),
    ];
    await this.catalogue.other('UserIdentity').updateOne(
      { userId },
      {
        $set: {
          authStrategy: 'local',
          provider: 'local',
          externalId: account.username,
          userId,
          modified: now,
          profile: {
            displayName: account.username,
            email: account.email,
            username: account.username,
            accessGroups,
            emails: [{ value: account.email }],
          },
        },
        $setOnInsert: { _id: userId, credentials: {}, created: now, __v: 0 },
      },
      { upsert: true },
    );
    for (const role of roles) await this.grant(userId, role);
  }

  private async userIdOf(account: FunctionalAccount): Promise<UserId> {
    const { username, email, password } = account;
    const existing = await this.existing(account);
    if (existing !== null) return existing._id;
    const _id = newObjectId();
    await this.catalogue.users.insertOne({
      _id,
      username,
      email,
      password: await this.passwords.of(password),
      authStrategy: 'local',
      __v: 0,
    });
    return _id;
  }

  private existing({ username, email }: FunctionalAccount): Promise<Pick<UserRecord, '_id'> | null> {
    return this.catalogue.users.findOne({ $or: [{ username }, { email }] }, { projection: { _id: 1 } });
  }

  private async grant(userId: UserId, name: string): Promise<void> {
    const role = await this.catalogue
      .other('Role')
      .findOneAndUpdate(
        { name },
        { $setOnInsert: { _id: objectIdFor('role', name), name, __v: 0 } },
        { upsert: true, returnDocument: 'after' },
      );
    await this.catalogue.other('UserRole').updateOne(
      { userId, roleId: role!._id },
      {
        $setOnInsert: { _id: objectIdFor('role', name, String(userId)), userId, roleId: role!._id, __v: 0 },
      },
      { upsert: true },
    );
  }
}

/** A missing file means no local users; a broken one stops the start. */
async function readAccounts(file: string | undefined): Promise<readonly FunctionalAccount[]> {
  if (file === undefined) return [];
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  try {
    const accounts = JSON.parse(text) as unknown;
    if (Array.isArray(accounts) && accounts.every(isAccount)) return accounts;
  } catch {
    // Said below.
  }
  throw new PermanentError(
    'kernel.configuration',
    `Expected ${file} (FUNCTIONAL_ACCOUNTS_FILE) to be a JSON array of {username, email, password, role}.`,
  );
}

function isAccount(value: unknown): value is FunctionalAccount {
  const account = value as Partial<FunctionalAccount> | null;
  const isRole =
    typeof account?.role === 'string' ||
    (Array.isArray(account?.role) && account.role.every((role) => typeof role === 'string'));
  return (
    typeof account?.username === 'string' &&
    typeof account.email === 'string' &&
    typeof account.password === 'string' &&
    isRole
  );
}
