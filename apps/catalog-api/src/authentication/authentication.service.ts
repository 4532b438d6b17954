import { Inject, Injectable } from '@nestjs/common';
import { compare } from 'bcryptjs';
import jwt from 'jsonwebtoken';
import { CatalogApiConfigToken } from '../catalog-api.tokens.js';
import type { CatalogApiConfig } from '../catalog-api.config.js';
import type { Caller } from '../domain/access.js';
import { Catalogue } from '../persistence/catalogue.js';
import type { UserRecord } from '../persistence/records.js';
import { idForms, type UserId } from '../persistence/user-ids.js';

/** What SciCat's clients get from a sign-in. */
export interface LoginAnswer {
  access_token: string;
  id: string;
  expires_in: number;
  ttl: number;
  created: string;
  userId: string;
  user: object;
}

/** A hash of nothing in particular: comparing with it makes an unknown user cost as long as a wrong password. */
const noPassword = '$2b$10$CwTycUXWue0Thq9StjUM0uJ8Lr8JnWmJ3Yz0WQnJx0mVh3m7Ww9sS';

@Injectable()
export class AuthenticationService {
  constructor(
    private readonly catalogue: Catalogue,
    @Inject(CatalogApiConfigToken) private readonly config: CatalogApiConfig,
  ) {}

  /** Undefined when the name or password is wrong; no hint which. */
  async login(username: string, password: string): Promise<LoginAnswer | undefined> {
    const user = await this.catalogue.users.findOne({ username, authStrategy: 'local' });
    const matches = await compare(password, user?.password ?? noPassword);
    return user !== null && matches ? this.answer(user) : undefined;
  }

  /** The caller a token stands for, with the groups of this moment; undefined when it does not verify or its user is gone. */
  async callerOf(token: string): Promise<Caller | undefined> {
    const payload = this.verify(token);
    if (payload === undefined) return undefined;
    const ids = idForms(payload._id);
    const [user, identity, roles] = await Promise.all([
      this.catalogue.users.findOne(
        { _id: { $in: ids } },
        { projection: { username: 1, email: 1, authStrategy: 1 } },
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
    return {
      _id: payload._id,
      username: user.username,
      email: user.email,
      authStrategy: user.authStrategy,
      currentGroups: [...new Set([...roles, ...accessGroups])],
    };
  }

  private async rolesOf(userIds: UserId[]): Promise<string[]> {
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

  private verify(token: string): { _id: string } | undefined {
    try {
      const payload = jwt.verify(token, this.config.jwtSecret, { algorithms: ['HS256'] });
      return typeof payload === 'object' && typeof payload['_id'] === 'string'
        ? { _id: payload['_id'] }
        : undefined;
    } catch {
      return undefined;
    }
  }

  private answer({ _id, username, email, authStrategy, __v }: UserRecord): LoginAnswer {
    const user = { _id: String(_id), username, email, authStrategy, __v, id: String(_id) };
    const token = jwt.sign(user, this.config.jwtSecret, {
      algorithm: 'HS256',
      expiresIn: this.config.jwtExpiresIn,
    });
    return {
      access_token: token,
      id: token,
      expires_in: this.config.jwtExpiresIn,
      ttl: this.config.jwtExpiresIn,
      created: new Date().toISOString(),
      userId: user.id,
      user,
    };
  }
}
