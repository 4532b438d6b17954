import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure, foundText, helpText } from '#command-line';
import { makeFolder } from '../make-folder.js';
import { configFolder, type Environment } from '../settings/places.js';
import type { Settings } from '../settings/settings.js';

/** What `catena login` keeps. */
export interface StoredSession {
  readonly url: string;
  readonly username: string;
  readonly token: string;
  /** ISO time. */
  readonly expiresAt: string;
}

/** Where to call, and as whom. */
export interface Session {
  readonly url: string;
  readonly token: string | undefined;
}

/** What decides about the server beside what was asked for. */
export interface Servers {
  readonly environment: Environment;
  readonly stored?: StoredSession | undefined;
  readonly settings?: Pick<Settings, 'url'> | undefined;
}

const standardUrl = 'http://127.0.0.1:3000';

/** Each profile has a session of its own; the file of the first one keeps the name it had before there were profiles. */
export function sessionFile(environment: Environment, profile = 'default'): string {
  const name = profile === 'default' ? 'session.json' : `session-${profile}.json`;
  return join(configFolder(environment), name);
}

/** The server of a command: what was asked for, else the variable, else where one signed in, else the settings, else this machine. */
export function serverUrl(asked: string | undefined, { environment, stored, settings }: Servers): string {
  const text = asked ?? environment['CATENA_URL'] ?? stored?.url ?? settings?.url ?? standardUrl;
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new Failure(
      'usage',
      `Expected the server's address as https://host, found ${JSON.stringify(text)}.`,
    );
  return text.replace(/\/+$/, '').replace(/\/api(\/v[34])?$/, '');
}

/** A stored token is only ever sent to the server that gave it. */
export function sessionFrom(servers: Servers): Session {
  const { environment, stored } = servers;
  const url = serverUrl(undefined, servers);
  const given = environment['CATENA_TOKEN'];
  if (given !== undefined && !/^[\x21-\x7e]*$/.test(given))
    throw new Failure(
      'usage',
      'Expected a token in CATENA_TOKEN, found blanks, line ends or letters that no token has.',
    );
  const token = given ?? (stored?.url === url ? stored.token : undefined);
  return { url, token };
}

export async function readSession(
  environment: Environment,
  profile?: string,
): Promise<StoredSession | undefined> {
  const file = sessionFile(environment, profile);
  try {
    const stored = JSON.parse(await readFile(file, 'utf8')) as StoredSession;
    if (typeof stored.url === 'string' && typeof stored.token === 'string') return stored;
    throw new Error('it has no address or no token');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Failure(
      'usage',
      `Expected a session in ${file}, found something unreadable. Remove it and run catena login.`,
      error,
    );
  }
}

/** Only the owner can read it, from the first byte on. */
export async function writeSession(
  environment: Environment,
  session: StoredSession,
  profile?: string,
): Promise<string> {
  const file = sessionFile(environment, profile);
  const draft = `${file}.${process.pid}`;
  try {
    await makeFolder(dirname(file), 0o700);
    await writeFile(draft, `${JSON.stringify(session, undefined, 2)}\n`, { mode: 0o600 });
    await chmod(draft, 0o600);
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw new Failure(
      'failed',
      `Expected to keep the session in ${file}, found ${foundText(error)}. ${helpText(error)}, or name another folder in XDG_CONFIG_HOME.`,
      error,
    );
  }
  return file;
}

export async function forgetSession(environment: Environment, profile?: string): Promise<void> {
  await rm(sessionFile(environment, profile), { force: true });
}
