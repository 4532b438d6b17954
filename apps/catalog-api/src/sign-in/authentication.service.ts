import { Injectable } from '@nestjs/common';
import { noteSignIn } from '../counters/catalog-counters.js';
import { LdapDirectory } from './ldap-directory.js';
import { Catalogue } from '../persistence/catalogue.js';
import type { UserRecord } from '../persistence/records.js';
import { FunctionalAccounts } from '../accounts/functional-accounts.js';
import { SignInAccounts, type ExternalPerson } from '../accounts/sign-in-accounts.js';
import { PasswordHashes } from '../accounts/password-hashes.js';
import { TokenService, type LoginAnswer } from '../accounts/token.service.js';

/** A hash of nothing in particular: comparing with it makes an unknown user cost as long as a wrong password. */
const noPassword = '$2b$10$CwTycUXWue0Thq9StjUM0uJ8Lr8JnWmJ3Yz0WQnJx0mVh3m7Ww9sS';

/** The ways to sign in. Each answers undefined when the name or the password is wrong, without a hint which. */
@Injectable()
export class AuthenticationService {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly accounts: SignInAccounts,
    private readonly directory: LdapDirectory,
    private readonly tokens: TokenService,
    private readonly functionalAccounts: FunctionalAccounts,
    private readonly passwords: PasswordHashes,
  ) {}

  /** Functional accounts. */
  async login(username: string, password: string): Promise<LoginAnswer | undefined> {
    const user = await this.localUser(username, password);
    noteSignIn({ strategy: 'local', outcome: user === undefined ? 'refused' : 'ok' });
    if (user === undefined) return undefined;
    await this.accounts.refreshLocal(user);
    return this.tokens.loginAnswer(user);
  }

  /** Whether this is the password of a local account; signs nobody in. */
  async verifies(username: string, password: string): Promise<true | undefined> {
    return (await this.localUser(username, password)) === undefined ? undefined : true;
  }

  /** People of the facility's directory. */
  async loginWithDirectory(username: string, password: string): Promise<LoginAnswer | undefined> {
    const person = await this.directory.signIn(username, password);
    noteSignIn({ strategy: 'ldap', outcome: person === undefined ? 'refused' : 'ok' });
    return person === undefined ? undefined : this.answerFor(person);
  }

  /** A user whom another authority vouches for. */
  async loginAs(person: ExternalPerson): Promise<LoginAnswer> {
    return this.sessionOf(await this.recognise(person));
  }

  /** The account of such a user, without a session. */
  recognise(person: ExternalPerson): Promise<UserRecord> {
    noteSignIn({ strategy: 'oidc', outcome: 'ok' });
    return this.accounts.accountOf(person);
  }

  /** A new session of a user who has proved who it is. */
  sessionOf(user: UserRecord): LoginAnswer {
    return this.tokens.loginAnswer(user);
  }

  private async answerFor(person: ExternalPerson): Promise<LoginAnswer> {
    return this.tokens.loginAnswer(await this.accounts.accountOf(person));
  }

  private async localUser(username: string, password: string): Promise<UserRecord | undefined> {
    await this.functionalAccounts.seeded();
    const user = await this.catalogue.users.findOne({ username, authStrategy: 'local' });
    const matches = await this.passwords.match(password, user?.password ?? noPassword);
    return user !== null && matches ? user : undefined;
  }
}
