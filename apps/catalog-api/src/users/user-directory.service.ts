import { Injectable } from '@nestjs/common';
import { CallerLookup } from '../accounts/caller-lookup.js';
import { PasswordHashes } from '../accounts/password-hashes.js';
import { TokenService } from '../accounts/token.service.js';
import { AccessRules } from '../domain/access.js';
import { BadRequest, Refusal } from '../domain/errors.js';
import { Catalogue } from '../persistence/catalogue.js';
import { idForms } from '../persistence/user-ids.js';
import type { UserRecord } from '../persistence/records.js';
import { userAnswer, type UserAnswer } from '../accounts/user-answers.js';

/** bcrypt looks at no more than this many bytes. */
const longestPassword = 72;

/** The people and functional accounts of the catalogue. */
@Injectable()
export class UserDirectory {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly tokens: TokenService,
    private readonly callers: CallerLookup,
    private readonly rules: AccessRules,
    private readonly passwords: PasswordHashes,
  ) {}

  async all(): Promise<UserAnswer[]> {
    const users = await this.catalogue.users.find({}, { projection: { password: 0 } }).toArray();
    return users.map((user) => userAnswer(user));
  }

  async byId(id: string): Promise<UserAnswer | undefined> {
    const user = await this.record(id);
    return user === undefined ? undefined : userAnswer(user);
  }

  async identityOf(id: string): Promise<object | undefined> {
    return (
      (await this.catalogue.other('UserIdentity').findOne({ userId: { $in: idForms(id) } })) ?? undefined
    );
  }

  /**
   * @param kept digest of the token that goes on: the one that its bearer changes the password with
   * @throws Refusal 403 for an account whose password is kept elsewhere, 400 when the current one is wrong
   */
  async changeOwnPassword(id: string, current: string, wanted: Wanted, kept: string): Promise<void> {
    checkWanted(wanted);
    const user = await this.local(id, 'Only local users are allowed to change password');
    const isRight = await this.passwords.match(current, user.password ?? '');
    // Changed by another request meanwhile, the password that was right is no longer the current one.
    const condition = { password: user.password ?? '' };
    if (!isRight || !(await this.setPassword(user, wanted.newPassword, { condition, kept })))
      throw new BadRequest('Current password is incorrect');
  }

  /** @throws Refusal 400 for an unknown user, 403 for an account whose password is kept elsewhere */
  async changePassword(id: string, wanted: Wanted): Promise<void> {
    checkWanted(wanted);
    const user = await this.local(id, 'Only local users passwords can be changed by admin');
    await this.setPassword(user, wanted.newPassword, {});
  }

  /** A sign-in token for another user, for instance of a service; undefined for an unknown one. */
  async tokenFor(id: string, expiresIn: string | undefined): Promise<string | undefined> {
    const user = await this.record(id);
    return user === undefined ? undefined : this.tokens.signFor(user, expiresIn);
  }

  /** Whether the groups of this user let them create datasets at all. */
  async mayCreateDatasets(id: string): Promise<{ authorization: boolean }> {
    const user = await this.callers.callerWithId(id);
    return { authorization: user !== undefined && this.rules.mayCallDatasetWrites(user) };
  }

  private async local(id: string, refusal: string): Promise<UserRecord> {
    const user = await this.record(id);
    if (user === undefined) throw new BadRequest(`There is no user with the id ${id}.`);
    if (user.authStrategy !== 'local') throw new Refusal(403, refusal);
    return user;
  }

  private async record(id: string): Promise<UserRecord | undefined> {
    return (await this.catalogue.users.findOne({ _id: { $in: idForms(id) } })) ?? undefined;
  }

  /** Ends the tokens of the account as well, but for the one to keep: who had the old password may have some. */
  private async setPassword(
    { _id }: UserRecord,
    password: string,
    { condition = {}, kept }: { readonly condition?: { readonly password?: string }; readonly kept?: string },
  ): Promise<boolean> {
    const hash = await this.passwords.of(password);
    const { matchedCount } = await this.catalogue.users.updateOne(
      { _id, ...condition },
      {
        $set: { password: hash, ...(kept === undefined ? {} : { catenaKeptToken: kept }) },
        ...(kept === undefined ? { $unset: { catenaKeptToken: '' as const } } : {}),
        $inc: { catenaSessions: 1 },
      },
    );
    this.callers.forget(String(_id));
    return matchedCount === 1;
  }
}

interface Wanted {
  readonly newPassword: string;
  readonly confirmPassword: string;
}

function checkWanted({ newPassword, confirmPassword }: Wanted): void {
  if (newPassword !== confirmPassword)
    throw new BadRequest('New password and confirmation password do not match');
  if (Buffer.byteLength(newPassword) > longestPassword)
    throw new BadRequest(`The new password is longer than ${longestPassword} bytes: choose a shorter one.`);
}
