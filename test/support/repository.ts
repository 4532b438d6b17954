import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout, seen from the built test. */
export const repository = fileURLToPath(new URL('../../../', import.meta.url));

/** The text of a file, by its path in the checkout. */
export function textOf(path: string): string {
  return readFileSync(join(repository, path), 'utf8');
}

/** Whether a file is in the checkout. */
export function isThere(path: string): boolean {
  return existsSync(join(repository, path));
}

/** Paths in the checkout of all files below a folder, sorted. */
export function filesBelow(folder: string, ends = ''): string[] {
  return readdirSync(join(repository, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ends))
    .map((entry) => relative(repository, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !path.includes('node_modules/'))
    .sort();
}

/** Names of the folders directly below a folder, sorted. */
export function foldersIn(folder: string): string[] {
  return readdirSync(join(repository, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}
