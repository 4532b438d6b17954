import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure, foundText, helpText } from '#command-line';
import { messageOf } from '#kernel';
import { bandwidthFrom } from '../bandwidth-text.js';
import { configFolder, type Environment } from './places.js';

/** What a person has written down once instead of saying it with each command. */
export interface Settings {
  readonly profile: string;
  readonly url?: string;
  readonly ownerGroup?: string;
  /** Transfers at once. */
  readonly concurrency?: number;
  /** Bytes a second, of all transfers together. */
  readonly bandwidth?: number;
}

type Values = Omit<Settings, 'profile'>;

const standardProfile = 'default';

export function settingsFile(environment: Environment): string {
  return join(configFolder(environment), 'config.json');
}

/**
 * The settings of a profile: what the file says for it, over what it says for all.
 *
 * @param asked the profile of the command line; else CATENA_PROFILE, else the one the file names, else `default`
 */
export async function readSettings(environment: Environment, asked: string | undefined): Promise<Settings> {
  const file = settingsFile(environment);
  const { profile: usual, profiles = {}, ...forAll } = await contentOf(file);
  const wrong = (what: string): Failure =>
    new Failure('usage', `Expected ${what} in ${file}. Correct the file, or remove it.`);
  if (!isObject(profiles)) throw wrong('an object by names as "profiles"');
  const profile = asked ?? environment['CATENA_PROFILE'] ?? usual ?? standardProfile;
  if (typeof profile !== 'string' || !/^[A-Za-z0-9][\w.-]{0,63}$/.test(profile))
    throw new Failure(
      'usage',
      `Expected the name of a profile, of letters, digits, "-", "_" and ".", found ${JSON.stringify(profile)}.`,
    );
  const own = Object.hasOwn(profiles, profile) ? profiles[profile] : {};
  if (!isObject(own)) throw wrong(`an object as profile "${profile}"`);
  return { ...valuesOf(forAll, wrong), ...valuesOf(own, wrong), profile };
}

async function contentOf(file: string): Promise<Record<string, unknown>> {
  try {
    const content: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (isObject(content)) return content;
    throw new Error('something that is no object');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return {};
    const found = code === undefined ? messageOf(error) : foundText(error);
    throw new Failure(
      'usage',
      `Expected settings as JSON in ${file}, found: ${found}. ${helpText(error)}.`,
      error,
    );
  }
}

/** A name with a slip of the pen would be without effect, and nobody would notice. */
function valuesOf(given: Readonly<Record<string, unknown>>, wrong: (what: string) => Failure): Values {
  const values: { -readonly [Name in keyof Values]: Values[Name] } = {};
  for (const [name, value] of Object.entries(given))
    if ((name === 'url' || name === 'ownerGroup') && typeof value === 'string') values[name] = value;
    else if (name === 'concurrency' && isCount(value)) values.concurrency = value;
    else if (name === 'bandwidth' && typeof value === 'string') values.bandwidth = bandwidthFrom(value);
    else
      throw wrong(
        `only "url" and "ownerGroup" (text), "concurrency" (a whole number above 0), "bandwidth" (text such as "50MiB"), "profile" and "profiles", but found ${JSON.stringify({ [name]: value })}`,
      );
  return values;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
