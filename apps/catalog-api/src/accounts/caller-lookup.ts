import { Injectable } from '@nestjs/common';
import type { Caller } from '../domain/access.js';
import { AgedMap, AskedTogether, Clock } from '#kernel';
import { Catalogue } from '../persistence/catalogue.js';
import { idForms, type UserId } from '../persistence/user-ids.js';
import type { Session } from '../persistence/records.js';
import { TokenService } from './token.service.js';

/**
 * Milliseconds for which a caller's name and groups are remembered. Clients ask in bursts, and finding out who asks
 * takes three queries. It is also how long a change of groups by another process may go unnoticed; a sign-in here
 * counts at once.
 */
const freshness = 2000;
const maxRemembered = 10_000;

interface Account {
  readonly caller: Caller;
  readonly sessions: number;
  readonly kept: string | undefined;
}

/** Finds out whom a token stands for, with the groups of this moment or of two seconds ago. */
@Injectable()
export class CallerLookup {
  private readonly known: AgedMap<Account>;
  /** Who has forgotten a caller is asked by all of the caller's requests at one time. */
  private readonly accounts = new AskedTogether<string, Account | undefined>(async (ids) => {
    const wanted = [...new Set(ids)];
    const found = await Promise.all(wanted.map((id) => this.accountWithId(id)));
    return ids.map((id) => found[wanted.indexOf(id)]);
  });

  constructor(
    private readonly catalogue: Catalogue,
    private readonly tokens: TokenService,
    clock: Clock,
  ) {
    this.known = new AgedMap(maxRemembered, freshness, clock);
  }

  /** Undefined when the token does not verify, was signed out, is older than the password, or its user is gone. */
  async callerOf(token: string): Promise<Caller | undefined> {
    const session = this.tokens.sessionOf(token);
    return session === undefined ? undefined : this.callerOfSession(session);
  }

  /** Whom a session stands for at this moment; undefined once it is over. */
  async callerOfSession(session: Session): Promise<Caller | undefined> {
    if (await this.tokens.isOver(session)) return undefined;
    const { userId } = session;
    const known = this.known.get(userId);
    if (known !== undefined && isOf(session, known)) return known.caller;
    const account = await this.accounts.of(userId);
    if (account === undefined) return undefined;
    this.known.set(userId, account);
    return isOf(session, account) ? account.caller : undefined;
  }

  /** The groups of a user were written anew. */
  forget(id: string): void {
    this.known.delete(id);
  }

  /** As stored at this moment. Undefined when there is no such user. */
  async callerWithId(id: string): Promise<Caller | undefined> {
    return (await this.accountWithId(id))?.caller;
  }

  private async accountWithId(id: string): Promise<Account | undefined> {
    const ids = idForms(id);
    const [user, identity, roles] = await Promise.all([
      this.catalogue.users.findOne(
        { _id: { $in: ids } },
        { projection: { username: 1, email: 1, authStrategy: 1, catenaSessions: 1, catenaKeptToken: 1 } },
      ),
      this.catalogue
        .other('UserIdentity')
        .findOne({ userId: { $in: ids } }, { projection: { 'profile.accessGroups': 1 } }),
      this.rolesOf(ids),
    ]);
    if (user === null) return undefined;
    const accessGroups = (
      (identity?.['profile'] as { accessGroups?: string[] } | undefined)?.accessGroups ?? []
    ).filter((group) => group !== '');
    const caller = {
      _id: id,
      username: user.username,
      email: user.email,
      authStrategy: user.authStrategy,
      currentGroups: [...new Set([...roles, ...accessGroups])],
    };
    return { caller, sessions: user.catenaSessions ?? 0, kept: user.catenaKeptToken };
  }

  /** Names of the roles that a user has been given. */
  async rolesOf(userIds: UserId[]): Promise<string[]> {
    const rows = await this.catalogue
      .other('UserRole')
      .aggregate<{ role: { name?: string }[] }>([
        { $match: { userId: { $in: userIds } } },
        { $lookup: { from: 'Role', localField: 'roleId', foreignField: '_id', as: 'role' } },
        { $project: { 'role.name': 1 } },
      ])
      .toArray();
    return rows.flatMap((row) => row.role.map((role) => role.name ?? '')).filter((name) => name !== '');
  }
}

/** Begun with the present password, or the one that the password was changed in. */
function isOf({ sessions, digest }: Session, account: Account): boolean {
  return account.sessions === sessions || account.kept === digest;
}
