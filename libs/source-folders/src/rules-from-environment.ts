import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { attempted, messageOf, PermanentError, type Environment, listFrom } from '#kernel';
import { SourceFolderRules, type FolderRule } from './source-folder-rules.js';

const placeholders = /\{[^{}]*\}/g;
const known = new Set(['{ownerGroup}', '{proposalId}', '{instrumentId}']);
/** What ties a folder to the people of a dataset; an instrument is everybody's. */
const tying = ['{ownerGroup}', '{proposalId}'];

/**
 * The rules of SOURCE_FOLDERS_FILE. Roots of SOURCE_FOLDER_ROOTS that no entry covers refuse every folder below them.
 *
 * @throws PermanentError `kernel.configuration`
 */
export function sourceFolderRulesFrom(environment: Environment): SourceFolderRules {
  const mounted = listFrom(environment['SOURCE_FOLDER_ROOTS']).map(trimmed);
  const file = environment['SOURCE_FOLDERS_FILE'] ?? '';
  const rules = file === '' ? [] : attempted(environment, () => rulesIn(file), []);
  return new SourceFolderRules(
    rules,
    mounted.filter((root) => !rules.some((rule) => rule.root === root || root.startsWith(`${rule.root}/`))),
  );
}

/** What to write so that folders below mounted roots are read again; undefined if nothing is missing. */
export function missingRulesAdvice({ rules, roots }: SourceFolderRules): string | undefined {
  const missing = roots.filter((root) => !rules.some((rule) => rule.root === root));
  if (missing.length === 0) return undefined;
  const lines = missing.map((root) => `- root: ${root}\n  pattern: '{ownerGroup}'`).join('\n');
  return `SOURCE_FOLDER_ROOTS alone says who may read nothing: every dataset below ${missing.join(', ')} is refused. Set SOURCE_FOLDERS_FILE to a file that says whose folders they are, for example:\n${lines}\n(or \`owner: on-disk\` in place of the pattern; see docs/security.md)`;
}

function rulesIn(file: string): FolderRule[] {
  let list: unknown;
  try {
    list = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw refused(file, 'a YAML list that can be read', messageOf(error));
  }
  if (!Array.isArray(list)) throw refused(file, 'a YAML list of entries with `root`', typeof list);
  return list.map((entry, index) => ruleFrom(entry, `${file}, entry ${index + 1}`));
}

function ruleFrom(entry: unknown, where: string): FolderRule {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry))
    throw refused(where, 'an entry with `root` and `pattern` or `owner`', JSON.stringify(entry));
  const { root, pattern = '', owner, marker, ...others } = entry as Record<string, unknown>;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw refused(where, 'only `root`, `pattern`, `owner` and `marker`', `\`${unknown}\``);
  if (typeof root !== 'string' || !root.startsWith('/') || /\/\.{0,2}(\/|$)/.test(trimmed(root)))
    throw refused(where, '`root` to be an absolute path', JSON.stringify(root));
  if (owner !== undefined && owner !== 'on-disk')
    throw refused(where, '`owner` to be `on-disk` or absent', JSON.stringify(owner));
  if (
    marker !== undefined &&
    (typeof marker !== 'string' || !/^[^/]+$/.test(marker) || /^\.{1,2}$/.test(marker))
  )
    throw refused(where, '`marker` to be the name of a file below the root', JSON.stringify(marker));
  if (typeof pattern !== 'string') throw refused(where, '`pattern` to be a text', JSON.stringify(pattern));
  const segments = pattern === '' ? [] : pattern.replace(/\/$/, '').split('/');
  for (const segment of segments) checkSegment(segment, where);
  if (owner === undefined && !tying.some((name) => pattern.includes(name)))
    throw refused(
      where,
      `{ownerGroup} or {proposalId} in \`pattern\`, or \`owner: on-disk\`: without, everybody reads everything below ${root}`,
      JSON.stringify(pattern),
    );
  return {
    root: trimmed(root),
    pattern: segments,
    ownerOnDisk: owner === 'on-disk',
    ...(marker === undefined ? {} : { marker }),
  };
}

function checkSegment(segment: string, where: string): void {
  if (segment === '' || segment === '.' || segment === '..')
    throw refused(
      where,
      '`pattern` to be relative, without empty segments, "." and ".."',
      JSON.stringify(segment),
    );
  const found = segment.match(placeholders) ?? [];
  // Two values side by side could be cut in two ways, and a star beside a value would match a longer one.
  if (found.length > 1 || (segment.includes('*') && segment !== '*'))
    throw refused(
      where,
      'one placeholder a segment, and `*` only as a whole segment',
      JSON.stringify(segment),
    );
  const [name] = found;
  if ((name !== undefined && !known.has(name)) || /[{}]/.test(segment.replace(placeholders, '')))
    throw refused(where, `{ownerGroup}, {proposalId} or {instrumentId}`, JSON.stringify(segment));
}

function trimmed(path: string): string {
  return path.replace(/(.)\/+$/, '$1');
}

function refused(where: string, expected: string, found: string): PermanentError {
  return new PermanentError(
    'kernel.configuration',
    `Expected in SOURCE_FOLDERS_FILE (${where}) ${expected}, found ${found}.`,
  );
}
