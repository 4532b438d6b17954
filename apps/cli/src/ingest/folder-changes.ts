import { createHash } from 'node:crypto';
import { countText, nameText } from '#command-line';
import { isSame, seen, type JournalState, type SeenFile } from './journal.js';
import { SteadyFile } from './steady-file.js';
import type { FoundFile, Tree } from './walk.js';

/** How a folder differs from what an earlier run sent of it. */
export interface FolderChanges {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly gone: readonly string[];
}

/** Names shown of each kind. */
const shownNames = 3;

/** Compares with what was sent. A file with another time is read: the same bytes under a new time are no change. */
export async function changesSince(
  { sent }: Pick<JournalState, 'sent'>,
  root: string,
  tree: Tree,
  signal: AbortSignal,
): Promise<FolderChanges> {
  const added: string[] = [];
  const changed: string[] = [];
  for (const file of tree.files) {
    const before = sent.get(file.path);
    if (before === undefined) added.push(file.path);
    else if (!isSame(before.file, seen(file)) && !(await hasSameBytes(root, file, before, signal)))
      changed.push(file.path);
  }
  const there = new Set(tree.files.map(({ path }) => path));
  return { added, changed, gone: [...sent.keys()].filter((path) => !there.has(path)) };
}

export function isChanged({ added, changed, gone }: FolderChanges): boolean {
  return added.length + changed.length + gone.length > 0;
}

/** `1 file changed (a), 2 files added (b, c)`. */
export function changesText({ added, changed, gone }: FolderChanges): string {
  return [named(changed, 'changed'), named(added, 'added'), named(gone, 'gone')]
    .filter((text) => text !== '')
    .join(', ');
}

function named(paths: readonly string[], what: string): string {
  if (paths.length === 0) return '';
  const names = paths.slice(0, shownNames).map(nameText).join(', ');
  const more = paths.length > shownNames ? ` and ${paths.length - shownNames} more` : '';
  return `${countText(paths.length, 'file')} ${what} (${names}${more})`;
}

async function hasSameBytes(
  root: string,
  file: FoundFile,
  before: { readonly file: SeenFile; readonly sha256: string },
  signal: AbortSignal,
): Promise<boolean> {
  if (before.file.size !== file.size) return false;
  const steady = await SteadyFile.open(root, file);
  try {
    const hash = createHash('sha256');
    for await (const chunk of steady.read(0, file.size)) {
      signal.throwIfAborted();
      hash.update(chunk);
    }
    return hash.digest('hex') === before.sha256;
  } finally {
    await steady.close();
  }
}
