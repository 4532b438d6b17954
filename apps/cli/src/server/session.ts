import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { Failure, foundText, helpText } from '#command-line';
import { makeFolder } from '../make-folder.js';

type Environment = Readonly<Record<string, string | undefined>>;

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

const standardUrl = 'http://127.0.0.1:3000';

export function sessionFile(environment: Environment): string {
  return join(folderOf(environment, 'XDG_CONFIG_HOME', '.config'), 'catena', 'session.json');
}

/** Where interrupted work is remembered. */
export function stateFolder(environment: Environment): string {
  return join(folderOf(environment, 'XDG_STATE_HOME', join('.local', 'state')), 'catena');
}

/** The server of a command: what was asked for, else the variable, else where one signed in, else this machine. */
export function serverUrl(
  asked: string | undefined,
  environment: Environment,
  stored: StoredSession | undefined,
): string {
  const text = asked ?? environment['CATENA_URL'] ?? stored?.url ?? standardUrl;
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new Failure(
      'usage',
      `Expected the server's address as https://host, found ${JSON.stringify(text)}.`,
    );
  return text.replace(/\/+$/, '').replace(/\/api(\/v[34])?$/, '');
}

/** A stored token is only ever sent to the server that gave it. */
export function sessionFrom(environment: Environment, stored: StoredSession | undefined): Session {
  const url = serverUrl(undefined, environment, stored);
  const given = environment['CATENA_TOKEN'];
  if (given !== undefined && !/^[\x21-\x7e]*$/.test(given))
    throw new Failure(
      'usage',
      'Expected a token in CATENA_TOKEN, found blanks, line ends or letters that no token has.',
    );
  const token = given ?? (stored?.url === url ? stored.token : undefined);
  return { url, token };
}

export async function readSession(environment: Environment): Promise<StoredSession | undefined> {
  const file = sessionFile(environment);
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
export async function writeSession(environment: Environment, session: StoredSession): Promise<string> {
  const file = sessionFile(environment);
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

function folderOf(environment: Environment, variable: string, below: string): string {
  const given = environment[variable];
  // The standard asks to ignore relative paths.
  return given?.startsWith('/') === true ? given : join(environment['HOME'] ?? homedir(), below);
}
