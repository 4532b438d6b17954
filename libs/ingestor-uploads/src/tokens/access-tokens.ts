import { createSecretKey, type KeyObject } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import jwt from 'jsonwebtoken';
import { Clock, newId } from '#kernel';
import { UploadsConfigToken, type UploadsConfig } from '../ingestor.config.js';

const audience = 'catena-uploads';

/** What an access token of ours says. */
export interface AccessToken {
  readonly grant: string;
  readonly isExpired: boolean;
}

/** Short-lived tokens that stand for a grant, and for nothing but uploads. */
@Injectable()
export class AccessTokens {
  private readonly secret: KeyObject;

  constructor(
    private readonly clock: Clock,
    @Inject(UploadsConfigToken) { tokenSecret }: UploadsConfig,
  ) {
    this.secret = createSecretKey(tokenSecret, 'utf8');
  }

  /** @param seconds of its life */
  sign(grant: string, username: string, seconds: number): string {
    const iat = Math.floor(this.clock.now().getTime() / 1000);
    return jwt.sign({ iat, exp: iat + seconds, grant, sub: username, aud: audience }, this.secret, {
      algorithm: 'HS256',
      jwtid: newId(),
    });
  }

  /** Undefined when it is none of ours. */
  read(token: string): AccessToken | undefined {
    try {
      const payload = jwt.verify(token, this.secret, {
        algorithms: ['HS256'],
        audience,
        ignoreExpiration: true,
      }) as jwt.JwtPayload;
      const { grant, exp = 0 } = payload as { grant?: unknown; exp?: number };
      if (typeof grant !== 'string') return undefined;
      return { grant, isExpired: exp * 1000 <= this.clock.now().getTime() };
    } catch {
      return undefined;
    }
  }
}
