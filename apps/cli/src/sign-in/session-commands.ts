import { Failure, type CommandResult } from '#command-line';
import type { CommandContext } from '../command.js';
import { HttpClient } from '../server/http-client.js';
import { forgetSession, readSession } from '../server/session.js';

interface Person {
  readonly username: string;
  readonly email?: string;
  readonly currentGroups?: readonly string[];
}

/** Who one is for the server, with the groups that decide what one may do. */
export async function whoami(context: CommandContext): Promise<CommandResult> {
  const client = await context.client();
  const { profile } = await context.settings();
  const { url } = client.session;
  const person = await client.get<Person | undefined>('/api/v3/auth/whoami');
  // SciCat answers about an anonymous caller, too.
  if (person?.username === undefined)
    throw new Failure('notAllowed', `Not signed in at ${url}, or the session has ended. Run: catena login`);
  const { username, email, currentGroups = [] } = person;
  const groups = [...currentGroups].sort();
  return {
    outcome: 'done',
    lines: [
      `user     ${username}${email === undefined || email === '' ? '' : ` <${email}>`}`,
      `groups   ${groups.length === 0 ? '-' : groups.join(', ')}`,
      `server   ${url}`,
      `profile  ${profile}`,
    ],
    document: { username, email, groups, url, profile },
  };
}

/** The token that is kept stands for nobody from then on, here and at the server that gave it. */
export async function logout(context: CommandContext): Promise<CommandResult> {
  const { environment, signal } = context;
  const { profile } = await context.settings();
  const stored = await readSession(environment, profile);
  if (stored === undefined)
    return { outcome: 'done', lines: ['Nobody was signed in.'], document: { profile } };
  const { logoutURL } = await ended(new HttpClient(stored, signal));
  await forgetSession(environment, profile);
  const lines = [`Signed out at ${stored.url}.`];
  if (logoutURL !== undefined) lines.push(`To leave the identity provider, too, open ${logoutURL}`);
  return { outcome: 'done', lines, document: { url: stored.url, profile, logoutURL } };
}

/**
 * @throws Failure when the server cannot be told: the session is kept, because forgetting it here would leave a token
 * alive that nobody can end any more
 */
async function ended(client: HttpClient): Promise<{ logoutURL?: string }> {
  try {
    return (await client.post<{ logoutURL?: string } | undefined>('/api/v3/auth/logout')) ?? {};
  } catch (error) {
    // A session that has ended already needs no end.
    if (error instanceof Failure && error.outcome === 'notAllowed') return {};
    throw error;
  }
}
