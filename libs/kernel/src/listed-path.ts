import { safeRelativePath } from './relative-path.js';

/**
 * The path of a file inside its dataset, of a path as the catalogue lists it. Some ingestors write the whole path: what
 * lies below the source folder counts.
 *
 * @throws PermanentError `kernel.unsafe-path`
 */
export function listedPath(path: string, sourceFolder: string | null | undefined): string {
  // Of a dataset without a folder, as old catalogues have them, no absolute path is its own.
  if (sourceFolder === undefined || sourceFolder === null || sourceFolder === '')
    return safeRelativePath(path);
  const folder = sourceFolder.endsWith('/') ? sourceFolder : `${sourceFolder}/`;
  return safeRelativePath(path.startsWith(folder) ? path.slice(folder.length) : path);
}
