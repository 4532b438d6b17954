import { hkdfSync } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { EncryptJWT, jwtDecrypt } from 'jose';
import { ConfigToken, type CatalogApiConfig } from '../../catalog-api.config.js';
import type { SignInSecrets } from './oidc-provider.js';

/** A sign-in under way, from the redirect to the provider until the browser comes back. */
export interface SignInUnderWay {
  readonly secrets: SignInSecrets;
  readonly client: string;
  readonly returnUrl: string | undefined;
  /** A frontend with a server gets a code in place of the token. */
  readonly code?: WantedCode | undefined;
}

export interface WantedCode {
  /** SHA-256 of what the frontend's server sends to redeem the code. */
  readonly challenge: string;
  /** Comes back unchanged. */
  readonly state: string | undefined;
}

/** Seconds. Time to type a password and find the second factor. */
const life = 600;
const audience = 'oidc-sign-in';

/**
 * Keeps a sign-in under way in the browser itself, sealed: any process can finish it, and none keeps sessions. Each
 * sign-in has a cookie of its own, so that two tabs do not disturb each other.
 */
@Injectable()
export class SignInCookie {
  private readonly key: Uint8Array;

  constructor(@Inject(ConfigToken) private readonly config: CatalogApiConfig) {
    this.key = new Uint8Array(hkdfSync('sha256', config.jwtSecret, '', audience, 32));
  }

  /** The `Set-Cookie` header of a new sign-in. */
  async seal(underWay: SignInUnderWay): Promise<string> {
    const value = await new EncryptJWT({ ...underWay })
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime(`${life}s`)
      .encrypt(this.key);
    return this.header(nameOf(underWay.secrets.state), value, life);
  }

  /** The `Set-Cookie` header that ends a sign-in: its secrets are good for one time. */
  clear(state: string): string {
    return this.header(nameOf(state), '', 0);
  }

  /** Undefined when the browser holds no such sign-in, or it is too old. */
  async open(cookies: string | undefined, state: string): Promise<SignInUnderWay | undefined> {
    const prefix = `${nameOf(state)}=`;
    const value = cookies
      ?.split(';')
      .map((cookie) => cookie.trim())
      .find((cookie) => cookie.startsWith(prefix));
    if (value === undefined) return undefined;
    try {
      const { payload } = await jwtDecrypt(value.slice(prefix.length), this.key, { audience });
      return payload as unknown as SignInUnderWay;
    } catch {
      return undefined;
    }
  }

  private header(name: string, value: string, age: number): string {
    const { protocol, pathname } = new URL(this.config.identity.oidc?.callbackUrl ?? 'http://localhost/');
    const secure = protocol === 'https:' ? '; Secure' : '';
    return `${name}=${value}; Path=${pathname}; Max-Age=${age}; HttpOnly; SameSite=Lax${secure}`;
  }
}

function nameOf(state: string): string {
  return `catena_sign_in_${state.replace(/[^\w-]/g, '').slice(0, 12)}`;
}
