import { safeRelativePath } from './relative-path.js';

/**
 * The path of a file inside its dataset, of a path as the catalogue lists it. Some ingestors write the whole path: what
 * lies below the source folder counts. Others begin with `./`, as `tar` and `find` do.
 *
 * @throws PermanentError `kernel.unsafe-path`
 */
export function listedPath(path: string, sourceFolder: string | null | undefined): string {
  const own = path.replace(/^(\.\/+)+/, '');
  // Of a dataset without a folder, as old catalogues have them, no absolute path is its own.
  if (sourceFolder === undefined || sourceFolder === null || sourceFolder === '')
    return safeRelativePath(own);
  const folder = sourceFolder.endsWith('/') ? sourceFolder : `${sourceFolder}/`;
  return safeRelativePath(own.startsWith(folder) ? own.slice(folder.length) : own);
}

/**
 * Whether an entry of a file list stands for a directory: its permissions are written as `ls` shows them, with a `d` first. Some
 * ingestors (SwissOpenEM's, PSI's) list the folders they walked through among the files; there is nothing in them to store, compare or
 * read. Permissions in numbers, or none, are those of a file.
 */
export function isDirectoryEntry({ perm }: { readonly perm?: unknown }): boolean {
  return typeof perm === 'string' && perm.startsWith('d');
}
