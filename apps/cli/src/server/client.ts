import { Failure, type CommandBasics } from '#command-line';
import type { Settings } from '../settings/settings.js';
import { HttpClient } from './http-client.js';
import { readSession, sessionFrom } from './session.js';

/** A client of the profile's server, as the person who signed in there. */
export async function clientFor(
  { environment, signal }: CommandBasics,
  settings: Settings,
): Promise<HttpClient> {
  const stored = await readSession(environment, settings.profile);
  const session = sessionFrom({ environment, stored, settings });
  if (session.token !== undefined) return new HttpClient(session, signal);
  const profile = settings.profile === 'default' ? '' : `--profile ${settings.profile} `;
  throw new Failure(
    'notAllowed',
    `Not signed in at ${session.url}. Run: catena ${profile}login --url ${session.url}`,
  );
}
