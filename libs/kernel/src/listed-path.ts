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
