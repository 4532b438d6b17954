import { Inject, Injectable } from '@nestjs/common';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify, type JWTPayload } from 'jose';
import { messageOf, TransientError } from '#kernel';
import { UploadsConfigToken, type OidcTokensConfig, type UploadsConfig } from '../ingestor.config.js';
import type { Uploader } from '../upload-catalogue.js';

/** Milliseconds for an answer of the provider. */
const patience = 5000;
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/** Tokens of an OpenID Connect provider, such as the Keycloak of a facility's ingestors. */
@Injectable()
export class OidcTokens {
  private keys: Promise<ReturnType<typeof createRemoteJWKSet>> | undefined;

  constructor(@Inject(UploadsConfigToken) private readonly config: UploadsConfig) {}

  /** Whether a provider signed it, as far as it says itself: those of the catalogue name no key. */
  isOne(token: string): boolean {
    try {
      return decodeProtectedHeader(token).kid !== undefined;
    } catch {
      return false;
    }
  }

  /**
   * Whom it stands for, by the provider's word.
   *
   * @returns undefined when it is not the provider's, not for uploads, too old, or names nobody
   * @throws TransientError `ingestor.provider-away`
   */
  async personOf(token: string): Promise<Uploader | undefined> {
    const { oidc } = this.config;
    if (oidc === undefined) return undefined;
    const { issuer, audience } = oidc;
    try {
      const options = { issuer, audience, algorithms, requiredClaims: ['sub', 'exp'] };
      const { payload } = await jwtVerify(token, await this.keysOf(oidc), options);
      return personIn(payload, oidc);
    } catch (error) {
      if (error instanceof TransientError) throw error;
      const { code } = error as { code?: string };
      if (error instanceof TypeError || code === 'ERR_JWKS_TIMEOUT' || code === 'ERR_JOSE_GENERIC')
        throw away(oidc, error);
      return undefined;
    }
  }

  private async keysOf(oidc: OidcTokensConfig): Promise<ReturnType<typeof createRemoteJWKSet>> {
    this.keys ??= discovered(oidc);
    try {
      return await this.keys;
    } catch (error) {
      this.keys = undefined;
      throw error;
    }
  }
}

/** @throws TransientError `ingestor.provider-away` */
async function discovered(oidc: OidcTokensConfig): Promise<ReturnType<typeof createRemoteJWKSet>> {
  try {
    const issuer = oidc.issuer.replace(/\/$/, '');
    const answer = await fetch(`${issuer}/.well-known/openid-configuration`, {
      signal: AbortSignal.timeout(patience),
    });
    const { issuer: found, jwks_uri: keys } = (await answer.json()) as Record<string, unknown>;
    if (found !== oidc.issuer || typeof keys !== 'string')
      throw new Error(`a description of ${String(found)} with keys at ${String(keys)}`);
    return createRemoteJWKSet(new URL(keys), { timeoutDuration: patience });
  } catch (error) {
    throw away(oidc, error);
  }
}

function away({ issuer }: OidcTokensConfig, error: unknown): TransientError {
  return new TransientError(
    'ingestor.provider-away',
    `Expected the identity provider ${issuer} to show its keys, found: ${messageOf(error)}. Look at INGESTOR_OIDC_ISSUER.`,
    { cause: error },
  );
}

function personIn(
  payload: JWTPayload,
  { usernameClaim, groupsClaim }: OidcTokensConfig,
): Uploader | undefined {
  const username = payload[usernameClaim];
  const groups = payload[groupsClaim];
  const email = payload['email_verified'] === true ? payload['email'] : undefined;
  if (typeof username !== 'string' || username === '') return undefined;
  return {
    username,
    email: typeof email === 'string' ? email : '',
    groups: Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : [],
  };
}
