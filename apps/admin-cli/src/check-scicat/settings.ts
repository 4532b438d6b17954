import { readFileSync } from 'node:fs';
import { Failure } from '#command-line';
import {
  CatenaError,
  durationFrom,
  listFrom,
  messageOf,
  withoutCredentials,
  withoutSlash,
  withSecretsFromFiles,
  type Environment,
} from '#kernel';

/** As they stand on the command line. */
export interface CheckScicatOptions {
  readonly user?: string;
  readonly passwordFile?: string;
  readonly types?: string;
  readonly feed?: string;
  readonly queue?: string;
  readonly patience?: string;
}

export interface CheckScicatSettings {
  /** SciCat's address, without a slash at its end. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** SciCat's names of jobs that archive and retrieve, and of those that reset. */
  readonly types: readonly string[];
  readonly feed: { readonly url: string; readonly queue: string } | undefined;
  /** Milliseconds for one answer. */
  readonly patience: number;
}

/** Bytes of a file that may hold a password. */
const maxPassword = 4096;

/** @throws Failure `usage` */
export function settingsFrom(
  address: string,
  options: CheckScicatOptions,
  variables: Environment,
): CheckScicatSettings {
  const environment = withSecretsFromFiles(
    options.passwordFile === undefined ? variables : { ...variables, SCICAT_PASSWORD: undefined },
    options.passwordFile === undefined ? ['SCICAT_PASSWORD', 'SCICAT_FEED_URL'] : ['SCICAT_FEED_URL'],
  );
  expectUsage(
    URL.canParse(address) && /^https?:$/.test(new URL(address).protocol),
    'the address of SciCat as http://HOST:PORT',
    withoutCredentials(address),
  );
  const url = new URL(address);
  expectUsage(
    url.username === '' && url.password === '' && url.search === '' && url.hash === '',
    'an address of SciCat without an account, ? and #: the account is --user, its password SCICAT_PASSWORD',
    withoutCredentials(url.origin),
  );
  const user = options.user ?? environment['SCICAT_USERNAME'] ?? '';
  expectUsage(user !== '', "the bridge's account at SciCat as --user or SCICAT_USERNAME", 'none');
  const password =
    options.passwordFile === undefined
      ? (environment['SCICAT_PASSWORD'] ?? '')
      : passwordIn(options.passwordFile);
  expectUsage(password !== '', `the password of ${user} in SCICAT_PASSWORD or --password-file`, 'none');
  const types = listFrom(options.types ?? 'archive,retrieve,reset');
  expectUsage(types.length > 0, '--types with names of job types, such as archive,retrieve', 'none');
  return {
    url: withoutSlash(url.toString()).replace(/\/api(\/v[34])?$/, ''),
    ...{ user, password, types },
    feed: feedFrom(options, environment),
    patience: patienceFrom(options.patience ?? '10s'),
  };
}

function feedFrom(
  { feed: option, queue = 'catena.jobs' }: CheckScicatOptions,
  environment: Environment,
): CheckScicatSettings['feed'] {
  const url = option ?? environment['SCICAT_FEED_URL'] ?? '';
  if (url === '') return undefined;
  expectUsage(
    /^amqps?:\/\/.+/.test(url) && URL.canParse(url),
    '--feed or SCICAT_FEED_URL as amqp://HOST:PORT',
    withoutCredentials(url),
  );
  return { url, queue };
}

function passwordIn(path: string): string {
  try {
    const text = readFileSync(path, 'utf8');
    if (text.length <= maxPassword) return text.replace(/\r?\n$/, '');
  } catch (error) {
    throw new Failure(
      'usage',
      `Expected a password in the file ${path} (--password-file), found ${messageOf(error)}.`,
      error,
    );
  }
  throw new Failure(
    'usage',
    `Expected a password in the file ${path} (--password-file), found more than ${maxPassword} characters.`,
  );
}

function patienceFrom(text: string): number {
  try {
    return durationFrom(text);
  } catch (error) {
    if (!(error instanceof CatenaError)) throw error;
    throw new Failure('usage', `--patience: ${error.message}`, error);
  }
}

function expectUsage(isSo: boolean, expected: string, found: string): void {
  if (!isSo) throw new Failure('usage', `Expected ${expected}; found ${found}.`);
}
