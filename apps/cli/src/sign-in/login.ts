import { type CommandResult, Failure } from '#command-line';
import type { CommandContext } from '../command.js';
import { HttpClient } from '../server/http-client.js';
import { readSession, serverUrl, writeSession } from '../server/session.js';
import { askUsername, passwordFrom } from './password.js';

export interface LoginOptions {
  readonly url?: string;
  readonly username?: string;
  readonly passwordStdin?: boolean;
}

interface LoginAnswer {
  readonly access_token: string;
  readonly expires_in: number;
  readonly user: { readonly username: string };
}

export async function login(context: CommandContext, options: LoginOptions): Promise<CommandResult> {
  const { environment, output, signal } = context;
  const stored = await readSession(environment).catch(() => undefined);
  const url = serverUrl(options.url, environment, stored);
  if (isOpenToListeners(url)) output.warn(`the password travels to ${url} unencrypted; prefer https`);
  const username = options.username ?? environment['CATENA_USERNAME'] ?? (await askUsername());
  const password = await passwordFrom(environment, options.passwordStdin === true);
  const client = new HttpClient({ url, token: undefined }, signal);
  const answer = await client
    .post<LoginAnswer>('/api/v3/auth/login', { username, password }, { repeatable: true })
    .catch((error: unknown) => {
      if (!(error instanceof Failure) || error.outcome !== 'notAllowed') throw error;
      throw new Failure(
        'notAllowed',
        `The server at ${url} does not know the user ${username} with this password.`,
      );
    });
  const expiresAt = new Date(Date.now() + answer.expires_in * 1000).toISOString();
  const session = { url, username: answer.user.username, token: answer.access_token, expiresAt };
  await writeSession(environment, session);
  const lines = [`Signed in at ${url} as ${session.username} until ${expiresAt}.`];
  return { outcome: 'done', lines, document: { url, username: session.username, expiresAt } };
}

function isOpenToListeners(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !/^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(hostname);
}
