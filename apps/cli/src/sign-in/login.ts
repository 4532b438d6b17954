import { Failure, type CommandResult } from '#command-line';
import type { CommandContext } from '../command.js';
import { HttpClient } from '../server/http-client.js';
import { readSession, serverUrl, writeSession } from '../server/session.js';
import { isOpenToListeners } from './listeners.js';
import { askUsername, passwordFrom } from './password.js';
import type { ProviderClient, Way } from './provider.js';

export interface LoginOptions {
  readonly url?: string;
  readonly username?: string;
  readonly passwordStdin?: boolean;
  readonly browser?: boolean;
  readonly device?: boolean;
}

interface LoginAnswer {
  readonly access_token: string;
  readonly expires_in: number;
  readonly user: { readonly username: string };
}

export async function login(context: CommandContext, options: LoginOptions): Promise<CommandResult> {
  const { environment, output, signal } = context;
  const settings = await context.settings();
  const { profile } = settings;
  const stored = await readSession(environment, profile).catch(() => undefined);
  const url = serverUrl(options.url, { environment, stored, settings });
  const client = new HttpClient({ url, token: undefined }, signal);
  const way = options.device === true ? 'device' : options.browser === true ? 'browser' : undefined;
  if (isOpenToListeners(url))
    output.warn(
      way === undefined
        ? `the password travels to ${url} unencrypted; prefer https`
        : `what signs you in travels to ${url} unencrypted; prefer https`,
    );
  const answer =
    way === undefined
      ? await withPassword(client, context, options)
      : await withProvider(client, context, way);
  const expiresAt = new Date(Date.now() + answer.expires_in * 1000).toISOString();
  const session = { url, username: answer.user.username, token: answer.access_token, expiresAt };
  await writeSession(environment, session, profile);
  const as = profile === 'default' ? '' : ` (profile ${profile})`;
  const lines = [`Signed in at ${url} as ${session.username} until ${expiresAt}${as}.`];
  return { outcome: 'done', lines, document: { url, username: session.username, expiresAt, profile } };
}

async function withPassword(
  client: HttpClient,
  { environment }: CommandContext,
  options: LoginOptions,
): Promise<LoginAnswer> {
  const username = options.username ?? environment['CATENA_USERNAME'] ?? (await askUsername());
  const password = await passwordFrom(environment, options.passwordStdin === true);
  return client
    .post<LoginAnswer>('/api/v3/auth/login', { username, password }, { repeatable: true })
    .catch((error: unknown) => {
      if (!(error instanceof Failure) || error.outcome !== 'notAllowed') throw error;
      throw new Failure(
        'notAllowed',
        `The server at ${client.session.url} does not know the user ${username} with this password. People of the facility may have to sign in with --browser or --device.`,
      );
    });
}

async function withProvider(client: HttpClient, context: CommandContext, way: Way): Promise<LoginAnswer> {
  const provider = await client
    .get<ProviderClient>('/api/v3/auth/oidc/command-line')
    .catch((error: unknown) => {
      if (!(error instanceof Failure) || error.outcome !== 'usage') throw error;
      throw new Failure(
        'usage',
        `The server at ${client.session.url} lets no command line sign in at an identity provider: ${error.message} Use a password, or ask the facility.`,
        error,
      );
    });
  const { signInAtProvider } = await import('./provider.js');
  const tokens = await signInAtProvider(way, provider, context);
  return client.post<LoginAnswer>('/api/v3/auth/oidc/token', tokens).catch((error: unknown) => {
    if (!(error instanceof Failure) || error.outcome !== 'notAllowed') throw error;
    throw new Failure(
      'notAllowed',
      `The server at ${client.session.url} does not take the sign-in at ${provider.issuer}: ${error.message}`,
      error,
    );
  });
}
