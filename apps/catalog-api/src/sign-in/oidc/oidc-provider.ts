import { Inject, Injectable } from '@nestjs/common';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ClientSecretPost,
  discovery,
  fetchUserInfo,
  None,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  type Configuration,
} from 'openid-client';
import { messageOf, TransientError } from '#kernel';
import { ConfigToken, type CatalogApiConfig } from '../../catalog-api.config.js';
import { Refusal } from '../../domain/errors.js';
import type { CommandLineClient } from '../../answers/people.js';
import type { OidcConfig } from '../../identity.config.js';

export type Claims = Readonly<Record<string, unknown>>;

/** What must come back unchanged from a sign-in under way. */
export interface SignInSecrets {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

/** The facility's OpenID Connect provider. It is asked for its addresses at the first need, not at the start. */
@Injectable()
export class OidcProvider {
  private known: Promise<Configuration> | undefined;
  private keys: ReturnType<typeof createRemoteJWKSet> | undefined;

  constructor(@Inject(ConfigToken) private readonly config: CatalogApiConfig) {}

  /** @throws Refusal 404 when no provider is configured */
  get settings(): OidcConfig {
    const { oidc } = this.config.identity;
    if (oidc === undefined)
      throw new Refusal(404, 'This installation has no identity provider: an operator sets OIDC_ISSUER.');
    return oidc;
  }

  /** The provider's page for a new sign-in, and the secrets to keep until the browser comes back. */
  async begin(): Promise<{ address: string; secrets: SignInSecrets }> {
    const secrets = {
      state: randomState(),
      nonce: randomNonce(),
      codeVerifier: randomPKCECodeVerifier(),
    };
    const address = buildAuthorizationUrl(await this.discovered(), {
      redirect_uri: this.settings.callbackUrl,
      scope: this.settings.scope,
      state: secrets.state,
      nonce: secrets.nonce,
      code_challenge: await calculatePKCECodeChallenge(secrets.codeVerifier),
      code_challenge_method: 'S256',
    });
    return { address: address.href, secrets };
  }

  /**
   * The person's claims, from the id token and the user-info endpoint.
   *
   * @throws Refusal 401 when the provider does not vouch for the sign-in
   */
  async finish(query: string, { state, nonce, codeVerifier }: SignInSecrets): Promise<Claims> {
    const provider = await this.discovered();
    try {
      const tokens = await authorizationCodeGrant(
        provider,
        new URL(`${this.settings.callbackUrl}?${query}`),
        { pkceCodeVerifier: codeVerifier, expectedState: state, expectedNonce: nonce },
      );
      const claims = tokens.claims();
      if (claims === undefined) throw new Error('no id token');
      if (provider.serverMetadata().userinfo_endpoint === undefined) return claims;
      return { ...claims, ...(await fetchUserInfo(provider, tokens.access_token, claims.sub)) };
    } catch (error) {
      throw refused(error);
    }
  }

  /** What a command line needs to know to sign a person in at the provider by itself. @throws Refusal 404 where none may */
  get commandLine(): CommandLineClient {
    const { issuer, scope, commandLineClientId } = this.settings;
    if (commandLineClientId === undefined)
      throw new Refusal(
        404,
        'Command lines sign in with a password here: an operator sets OIDC_COMMAND_LINE_CLIENT_ID to let them sign in at the identity provider.',
      );
    return { issuer, clientId: commandLineClientId, scope };
  }

  /**
   * The claims of an id token that a client got from the provider by itself, with what the provider tells whoever has the
   * access token of the same sign-in.
   *
   * @throws Refusal 401 when it is not the provider's, not for us, or too old, or the access token is another person's
   */
  async claimsOf(idToken: string, accessToken?: string): Promise<Claims> {
    const claims = await this.verified(idToken);
    const provider = await this.discovered();
    if (accessToken === undefined || provider.serverMetadata().userinfo_endpoint === undefined) return claims;
    try {
      return { ...claims, ...(await fetchUserInfo(provider, accessToken, claims.sub)) };
    } catch (error) {
      throw refused(error);
    }
  }

  private async verified(idToken: string): Promise<Claims & { readonly sub: string }> {
    const { issuer, jwks_uri } = (await this.discovered()).serverMetadata();
    if (jwks_uri === undefined)
      throw new Refusal(503, 'The identity provider publishes no keys: ask its operator for jwks_uri.');
    this.keys ??= createRemoteJWKSet(new URL(jwks_uri), { timeoutDuration: this.timeout });
    try {
      const { payload } = await jwtVerify(idToken, this.keys, {
        issuer,
        audience: [...this.settings.tokenAudiences],
        requiredClaims: ['sub', 'exp'],
        algorithms: [
          'RS256',
          'RS384',
          'RS512',
          'PS256',
          'PS384',
          'PS512',
          'ES256',
          'ES384',
          'ES512',
          'EdDSA',
        ],
      });
      // A token may name several audiences: then the one that it was made for has to be ours, too.
      const { azp, sub = '' } = payload;
      if (azp !== undefined && !this.settings.tokenAudiences.includes(String(azp)))
        throw new Error(`the token was made for ${String(azp)}`);
      return { ...payload, sub };
    } catch (error) {
      throw refused(error);
    }
  }

  async endSessionAddress(): Promise<string | undefined> {
    return (await this.discovered()).serverMetadata().end_session_endpoint;
  }

  private get timeout(): number {
    return this.config.edge.http.timeout;
  }

  private async discovered(): Promise<Configuration> {
    const { issuer, clientId, clientSecret } = this.settings;
    const url = new URL(issuer);
    this.known ??= discovery(
      url,
      clientId,
      undefined,
      clientSecret === undefined ? None() : ClientSecretPost(clientSecret),
      {
        timeout: Math.ceil(this.timeout / 1000),
        // Only a provider that is configured with http is spoken to without encryption: for trials on one machine.
        ...(url.protocol === 'http:' ? { execute: [allowInsecureRequests] } : {}),
      },
    );
    try {
      return await this.known;
    } catch (error) {
      this.known = undefined;
      throw new TransientError(
        'catalog.provider-away',
        `Expected the identity provider ${issuer} to describe itself, found: ${messageOf(error)}. Look at OIDC_ISSUER.`,
        { cause: error },
      );
    }
  }
}

/** What exactly the provider did not like is for the log, not for who tries. */
function refused(error: unknown): Error {
  const { code } = error as { code?: unknown };
  if (error instanceof TypeError || code === 'OAUTH_TIMEOUT' || code === 'ERR_JWKS_TIMEOUT')
    return new TransientError(
      'catalog.provider-away',
      `Expected an answer of the identity provider, found: ${messageOf(error)}. Try again.`,
      { cause: error },
    );
  const refusal = new Refusal(401, 'Unauthorized', { message: 'Unauthorized', statusCode: 401 });
  refusal.cause = error;
  return refusal;
}
