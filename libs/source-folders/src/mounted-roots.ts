import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '#kernel';
import type { SourceFolderRules } from './source-folder-rules.js';

/** What the file system says when the server behind it does not answer, or is another by now. */
const awayCodes = new Set([
  ...['ESTALE', 'ENOTCONN', 'EHOSTDOWN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'ECONNREFUSED'],
  ...['ECONNRESET', 'ENODEV', 'EREMOTEIO'],
]);

/** Whether a fault of the file system says that a mounted server is away. */
export function isMountAway(error: unknown): boolean {
  return awayCodes.has((error as NodeJS.ErrnoException | undefined)?.code ?? '');
}

/**
 * Why one of the roots above a folder is not there, for people; undefined when all are. A root that operators name is
 * there on a machine in good order, and something lies in it: a missing or an empty one is a mount that is missing, and
 * nothing can be said about what lies below. The same of one without its `marker`, where an entry names one.
 */
export async function unmountedRoot(rules: SourceFolderRules, folder: string): Promise<string | undefined> {
  for (const { root, marker } of rules.above(folder)) {
    const complaint = marker === undefined ? await emptiness(root) : await absence(root, marker);
    if (complaint !== undefined) return complaint;
  }
  return undefined;
}

async function absence(root: string, marker: string): Promise<string | undefined> {
  try {
    await stat(join(root, marker));
    return undefined;
  } catch (error) {
    return `${root} has no ${marker} (${messageOf(error)})`;
  }
}

async function emptiness(root: string): Promise<string | undefined> {
  try {
    const directory = await opendir(root);
    const first = await directory.read().finally(() => directory.close());
    return first === null ? `${root} is empty` : undefined;
  } catch (error) {
    // An account that may enter a folder without listing it still reads files whose names it knows.
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? undefined : messageOf(error);
  }
}
