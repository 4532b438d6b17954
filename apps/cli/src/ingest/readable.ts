import { open } from 'node:fs/promises';
import { countText, Failure, foundText, nameText, shortened } from '#command-line';
import { inLanes } from '../in-lanes.js';
import { readOnly } from './steady-file.js';
import type { Tree } from './walk.js';

const looksAtOnce = 16;

/** @throws Failure that names the files that cannot be read, before anything is registered */
export async function assertReadable(folder: string, { files }: Tree, signal: AbortSignal): Promise<void> {
  const found = new Map<string, string>();
  await inLanes(looksAtOnce, files, async ({ path }) => {
    signal.throwIfAborted();
    try {
      // Not `access`, which answers for the real user, and not for what a file server thinks of him.
      await (await open(`${folder}/${path}`, readOnly)).close();
    } catch (error) {
      found.set(path, foundText(error));
    }
  });
  // The lanes overtake each other: the same folder gives the same sentence all the same.
  const unreadable = files
    .filter(({ path }) => found.has(path))
    .map(({ path }) => `${nameText(path)}: ${found.get(path)}`);
  if (unreadable.length > 0)
    throw new Failure(
      'failed',
      `Expected to read every file of ${folder}, found ${countText(unreadable.length, 'file')} that cannot be read: ${shortened(unreadable)}. Correct the permissions and run the same command again.`,
    );
}
