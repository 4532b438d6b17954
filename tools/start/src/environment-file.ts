import { readFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import { appNames, type AppName, type AppSettings } from './app-environments.js';

/** An environment file that cannot be used; the message says where and why. */
export class BadEnvironmentFile extends Error {}

/** What npm start decides itself, for each app differently; services are told by its own environment. */
const OURS =
  /^(HOST|PORT|PRIVATE_HOST|PRIVATE_PORT|MONGODB_URI|RABBITMQ_.*|S3_.*|CATENA_PREFIX|BROKER_ACCOUNTS)$/;

type Extra = NonNullable<AppSettings['extra']>;

/** The variables of an environment file, as `npm start -- --env-file FILE` hands them to the apps. */
export async function readEnvironmentFile(file: string): Promise<Extra> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new BadEnvironmentFile(
      `Expected the environment file ${file} to be readable: ${(error as Error).message}`,
    );
  });
  return appEnvironments(text, file);
}

/**
 * Lines `NAME=value` are for all apps but publication-server, which stands outside and is told no secret by chance; lines
 * below a heading `[app]` are for that app alone, and win.
 */
export function appEnvironments(text: string, file: string): Extra {
  const common: string[] = [];
  const own = new Map<AppName, string[]>(appNames.map((name) => [name, []]));
  let current = common;
  for (const line of text.split(/\r?\n/)) {
    const heading = /^\s*\[\s*([^\]]*?)\s*\]\s*$/.exec(line)?.[1];
    if (heading === undefined) current.push(line);
    else current = sectionOf(heading, own, file);
  }
  return Object.fromEntries(
    [...own].map(([name, lines]) => {
      const shared = name === 'publication-server' ? {} : variablesOf(common, file);
      return [name, { ...shared, ...variablesOf(lines, file) }];
    }),
  );
}

function sectionOf(heading: string, own: ReadonlyMap<AppName, string[]>, file: string): string[] {
  const section = own.get(heading as AppName);
  if (section !== undefined) return section;
  throw new BadEnvironmentFile(
    `Expected a heading in ${file} to be one of [${appNames.join('], [')}], found [${heading}].`,
  );
}

function variablesOf(lines: readonly string[], file: string): Record<string, string> {
  const variables = parseEnv(lines.join('\n')) as Record<string, string>;
  const wrong = Object.keys(variables).find((name) => OURS.test(name));
  if (wrong === undefined) return variables;
  throw new BadEnvironmentFile(
    `Expected ${file} to leave ${wrong} to npm start, which gives each app its own. Services of yours (MONGODB_URI, RABBITMQ_URL, S3_ENDPOINT …) are named in the environment of npm start itself, ports by CATENA_PORT.`,
  );
}
