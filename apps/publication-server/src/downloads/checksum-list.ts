import type { StoredFile } from '../persistence/records.js';

/** The name of the list of checksums in archives, and of the address below a publication. */
export const checksumListName = 'manifest-sha256.txt';
/** Its name in the archive of a publication that has a file of that name itself. */
export const otherChecksumListName = 'manifest-sha256-of-all-files.txt';

/**
 * The line that `sha256sum --check` reads; nothing for a file whose checksum nobody ever computed. A leading backslash
 * announces escapes in the name.
 */
export function checksumLine({ path, sha256 }: Pick<StoredFile, 'path' | 'sha256'>): string {
  if (sha256 === undefined) return '';
  const escaped = path.replace(/[\\\n\r]/g, (character) => escapes[character] ?? character);
  return `${escaped === path ? '' : '\\'}${sha256}  ${escaped}\n`;
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r' };
