import { readFile } from 'node:fs/promises';
import { resolve, dirname } from 'node:path';
import { parse } from 'yaml';
import { messageOf, PermanentError, withoutSlash } from '#kernel';

/** An app whose operations calls are asked. */
export interface OperatedApp {
  readonly name: string;
  /** Without a path. */
  readonly url: string;
  /** Its OPERATIONS_TOKEN: printed nowhere. */
  readonly token: string;
}

const form = 'apps: [{ name: archiver, url: "http://127.0.0.1:3002", tokenFile: /run/secrets/archiver }]';
const variable = 'OPERATIONS_APPS_FILE';
export const wrongAppsFile = 'operations.apps-file';

/**
 * The apps of OPERATIONS_APPS_FILE, in its order; each is named once. Files of tokens are found from where the file lies.
 *
 * @throws PermanentError `operations.apps-file` that names the file and what is wrong with it, and no token
 */
export async function operatedApps(file: string | undefined): Promise<OperatedApp[]> {
  if (file === undefined || file === '')
    throw usage(`Expected ${variable} to name a file such as \`${form}\`, found nothing.`);
  const entries = entriesIn(file, await textOf(file));
  const apps: OperatedApp[] = [];
  for (const [index, entry] of entries.entries()) apps.push(await appIn(file, index, entry));
  const twice = apps.find(({ name }, index) => apps.findIndex((one) => one.name === name) < index);
  if (twice !== undefined) throw usage(`Expected each app of ${file} once, found ${twice.name} twice.`);
  return apps;
}

/** @param only names with commas between them; absent: all */
export function chosen(apps: readonly OperatedApp[], only: string | undefined): OperatedApp[] {
  if (only === undefined) return [...apps];
  const names = only.split(',').map((name) => name.trim());
  const known = apps.map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw usage(`Expected in --only apps of ${variable} (${known.join(', ')}), found ${unknown.join(', ')}.`);
  return apps.filter(({ name }) => names.includes(name));
}

function entriesIn(file: string, text: string): unknown[] {
  let content: unknown;
  try {
    content = parse(text);
  } catch {
    // What the parser says may hold a token.
    throw usage(`Expected YAML in ${file} (${variable}), such as \`${form}\`, found something else.`);
  }
  const { apps } = (content ?? {}) as { apps?: unknown };
  if (Array.isArray(apps) && apps.length > 0) return apps;
  throw usage(`Expected a list \`apps\` in ${file} (${variable}), such as \`${form}\`, found none.`);
}

async function appIn(file: string, index: number, entry: unknown): Promise<OperatedApp> {
  const { name, url, token, tokenFile } = (entry ?? {}) as Record<string, unknown>;
  const place = `${file}, app ${index + 1}`;
  if (typeof name !== 'string' || !/^[a-z0-9-]{1,60}$/.test(name))
    throw usage(`Expected a name of small letters, digits and hyphens in ${place}, found none.`);
  if (typeof url !== 'string' || !/^https?:\/\/[^/@]+\/?$/.test(url))
    throw usage(`Expected in ${place} (${name}) a url such as http://127.0.0.1:3002, found another value.`);
  if ((typeof token === 'string') === (typeof tokenFile === 'string'))
    throw usage(`Expected either token or tokenFile in ${place} (${name}), found both or none.`);
  const said = typeof token === 'string' ? token : await textOf(resolve(dirname(file), tokenFile as string));
  if (said.trim() === '') throw usage(`Expected a token for ${name} (${place}), found an empty one.`);
  return { name, url: withoutSlash(url), token: said.trim() };
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw usage(`Expected to read ${file} (${variable}): ${messageOf(error)}`);
  }
}

function usage(message: string): PermanentError {
  return new PermanentError(wrongAppsFile, message);
}
