import { createHash, createSecretKey, type KeyObject } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import jwt from 'jsonwebtoken';
import { AgedMap, type AskedTogether, Clock, newId } from '#kernel';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import { BadRequest } from '../domain/errors.js';
import type { Session, UserRecord } from '../persistence/records.js';
import { Catalogue } from '../persistence/catalogue.js';
import { foundTogether } from '../persistence/found-together.js';
import { userAnswer, type UserAnswer } from './user-answers.js';

/** What SciCat's clients get from a sign-in. */
export interface LoginAnswer {
  access_token: string;
  id: string;
  expires_in: number;
  ttl: number;
  created: string;
  userId: string;
  user: UserAnswer;
}

/** How long another process may go on taking a token after it was signed out here. */
const freshness = 2000;
const maxRemembered = 10_000;
/** Milliseconds after which a token is verified once more. */
const rememberedFor = 60_000;

/** Makes, checks and revokes the tokens of signed-in people. */
@Injectable()
export class TokenService {
  private readonly looked: AgedMap<boolean>;
  private readonly revoked: AskedTogether<string, { readonly _id: string } | undefined>;
  private readonly verified: AgedMap<Session>;
  /** As text, each check would first try to read it as a public key. */
  private readonly secret: KeyObject;

  constructor(
    private readonly catalogue: Catalogue,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: CatalogApiConfig,
  ) {
    this.revoked = foundTogether(() => catalogue.revokedTokens, { _id: 1 });
    this.looked = new AgedMap(maxRemembered, freshness, clock);
    this.verified = new AgedMap(maxRemembered, rememberedFor, clock);
    this.secret = createSecretKey(config.jwtSecret, 'utf8');
  }

  /** A new session of a user. */
  loginAnswer(record: UserRecord): LoginAnswer {
    const token = this.signFor(record);
    const user = userAnswer(record);
    return {
      access_token: token,
      id: token,
      expires_in: this.config.jwtExpiresIn,
      ttl: this.config.jwtExpiresIn,
      created: this.clock.now().toISOString(),
      userId: user.id,
      user,
    };
  }

  /** A token that signs its bearer in as this user. */
  signFor(record: UserRecord, expiresIn?: string): string {
    const { _id, username, email, authStrategy, __v, id } = userAnswer(record);
    const { catenaSessions: sessions = 0 } = record;
    const payload = { _id, username, email, authStrategy, __v, id };
    return this.sign(sessions === 0 ? payload : { ...payload, sessions }, expiresIn);
  }

  /** @param expiresIn seconds, `never`, or a duration such as `2 days`; absent: the configured life */
  sign(payload: object, expiresIn?: string): string {
    const token = this.signed(payload, expiresIn);
    const { iat = 0, exp = Infinity } = jwt.decode(token) as jwt.JwtPayload;
    if (exp - iat > this.config.identity.neverExpires) throw oddLife(expiresIn);
    return token;
  }

  private signed(payload: object, expiresIn: string | undefined): string {
    try {
      return jwt.sign(payload, this.secret, {
        algorithm: 'HS256',
        expiresIn: this.lifeOf(expiresIn) as number,
        jwtid: newId(),
      });
    } catch (error) {
      throw oddLife(expiresIn, error);
    }
  }

  /** What a token says; undefined when it does not verify. One that has is not verified again: each request asks twice. */
  sessionOf(token: string): Session | undefined {
    const known = this.verified.get(token);
    if (known !== undefined && known.expiresAt > this.clock.now().getTime()) return known;
    const session = this.verifiedSession(token);
    if (session !== undefined) this.verified.set(token, session);
    return session;
  }

  private verifiedSession(token: string): Session | undefined {
    const payload = this.verify(token);
    const userId: unknown = payload?.['_id'];
    if (payload === undefined || typeof userId !== 'string') return undefined;
    const sessions: unknown = payload['sessions'];
    return {
      digest: digestOf(token),
      userId,
      sessions: typeof sessions === 'number' ? sessions : 0,
      expiresAt: (payload.exp ?? 0) * 1000,
    };
  }

  /** Whether it ended by itself or was signed out. */
  async isOver({ digest, expiresAt }: Session): Promise<boolean> {
    return expiresAt <= this.clock.now().getTime() || (await this.isRevoked(digest));
  }

  /** From now on the token stands for nobody; for other processes after two seconds at most. */
  async revoke(token: string): Promise<void> {
    const payload = this.verify(token);
    if (payload === undefined) return;
    const _id = digestOf(token);
    const expiresAt = new Date((payload.exp ?? 0) * 1000);
    await this.catalogue.revokedTokens.updateOne({ _id }, { $set: { expiresAt } }, { upsert: true });
    this.looked.set(_id, true);
  }

  private async isRevoked(_id: string): Promise<boolean> {
    const known = this.looked.get(_id);
    if (known !== undefined) return known;
    const revoked = (await this.revoked.of(_id)) !== undefined;
    // A sign-out that came while we looked is not forgotten again.
    if (this.looked.get(_id) !== true) this.looked.set(_id, revoked);
    return this.looked.get(_id) ?? revoked;
  }

  private verify(token: string): jwt.JwtPayload | undefined {
    try {
      const payload = jwt.verify(token, this.secret, { algorithms: ['HS256'] });
      return typeof payload === 'object' ? payload : undefined;
    } catch {
      return undefined;
    }
  }

  private lifeOf(expiresIn: string | undefined): number | string {
    if (expiresIn === undefined || expiresIn === '') return this.config.jwtExpiresIn;
    if (expiresIn === 'never') return this.config.identity.neverExpires;
    return /^\d+$/.test(expiresIn) ? Number(expiresIn) : expiresIn;
  }
}

function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

function oddLife(expiresIn: string | undefined, cause?: unknown): BadRequest {
  const refusal = new BadRequest(
    `expiresIn must be "never", a number of seconds or a duration such as "2 days", found ${JSON.stringify(expiresIn)}.`,
  );
  refusal.cause = cause;
  return refusal;
}
