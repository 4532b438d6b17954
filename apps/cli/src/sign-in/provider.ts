import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  discovery,
  initiateDeviceAuthorization,
  None,
  pollDeviceAuthorizationGrant,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  type Configuration,
  type TokenEndpointResponse,
} from 'openid-client';
import { Failure, interruption, type CommandBasics } from '#command-line';
import { messageOf } from '#kernel';
import { isOpenToListeners } from './listeners.js';
import { Loopback } from './loopback.js';
import { openBrowser } from './open-browser.js';

/** What the Catena server tells about its identity provider. */
export interface ProviderClient {
  readonly issuer: string;
  readonly clientId: string;
  readonly scope: string;
}

/** What the provider gives for a person's consent; Catena's server takes it for a token of its own, and nobody keeps it. */
export interface ProviderTokens {
  readonly idToken: string;
  readonly accessToken: string;
}

export type Way = 'browser' | 'device';

/** Milliseconds to type a password and to find the second factor. */
const patience = 10 * 60_000;

/** Signs the person in at the facility's identity provider: with a browser here, or with one on any other device. */
export async function signInAtProvider(
  way: Way,
  client: ProviderClient,
  context: CommandBasics,
): Promise<ProviderTokens> {
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(patience)]);
  try {
    const provider = await discovered(client);
    const { id_token, access_token } =
      way === 'device'
        ? await withDevice(provider, client, context, signal)
        : await withBrowser(provider, client, context, signal);
    if (id_token === undefined) throw new Error('an answer without id token');
    return { idToken: id_token, accessToken: access_token };
  } catch (error) {
    if (context.signal.aborted) throw interruption();
    throw refusal(error, client, signal.aborted);
  }
}

function discovered({ issuer, clientId }: ProviderClient): Promise<Configuration> {
  const url = new URL(issuer);
  if (isOpenToListeners(issuer))
    throw new Failure(
      'usage',
      `Expected an identity provider behind https, found ${issuer}: nobody signs in where others can listen. Ask the facility.`,
    );
  const trial = url.protocol === 'http:' ? { execute: [allowInsecureRequests] } : {};
  return discovery(url, clientId, undefined, None(), trial);
}

/** RFC 8628: a code to type on whatever device has a browser, while this one asks the provider now and then. */
async function withDevice(
  provider: Configuration,
  { scope }: ProviderClient,
  { output }: CommandBasics,
  signal: AbortSignal,
): Promise<TokenEndpointResponse> {
  if (provider.serverMetadata().device_authorization_endpoint === undefined)
    throw new Failure(
      'usage',
      'The identity provider knows no sign-in with another device. Use catena login --browser.',
    );
  const answer = await initiateDeviceAuthorization(provider, { scope });
  output.warn(
    `to sign in, open ${answer.verification_uri} on any device and type the code ${answer.user_code}`,
  );
  if (answer.verification_uri_complete !== undefined)
    output.warn(`or open ${answer.verification_uri_complete} and compare the code`);
  return pollDeviceAuthorizationGrant(provider, answer, undefined, { signal });
}

/** RFC 8252 with PKCE (RFC 7636): the browser of this machine brings the answer to an address of this machine. */
async function withBrowser(
  provider: Configuration,
  { scope }: ProviderClient,
  { output, environment }: CommandBasics,
  signal: AbortSignal,
): Promise<TokenEndpointResponse> {
  const [state, nonce, verifier] = [randomState(), randomNonce(), randomPKCECodeVerifier()];
  const loopback = await Loopback.open();
  try {
    const answer = loopback.answer(state, signal);
    const address = buildAuthorizationUrl(provider, {
      redirect_uri: loopback.redirectUri,
      scope,
      state,
      nonce,
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    output.warn(`your browser opens to sign in; if it does not, open ${address.href}`);
    openBrowser(address.href, environment);
    return await authorizationCodeGrant(provider, await answer, {
      pkceCodeVerifier: verifier,
      expectedState: state,
      expectedNonce: nonce,
      idTokenExpected: true,
    });
  } finally {
    loopback.close();
  }
}

function refusal(error: unknown, { issuer }: ProviderClient, tooLate: boolean): Failure {
  if (error instanceof Failure) return error;
  const { error: code } = error as { error?: unknown };
  if (tooLate || code === 'expired_token')
    return new Failure('notAllowed', 'The sign-in took too long. Run the same command again.', error);
  if (code === 'access_denied')
    return new Failure(
      'notAllowed',
      `The sign-in was refused at ${issuer}. Run the same command again.`,
      error,
    );
  if (typeof code === 'string')
    return new Failure(
      'notAllowed',
      `The identity provider ${issuer} refused the sign-in (${code}). Ask the facility whether the command line may sign in there.`,
      error,
    );
  return new Failure(
    'unreachable',
    `Expected an answer of the identity provider ${issuer}, found: ${messageOf(error)}. Try again later.`,
    error,
  );
}
