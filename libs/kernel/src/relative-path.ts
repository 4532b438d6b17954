import { PermanentError } from './catena-error.js';

const longestPathBytes = 4096;
const longestNameBytes = 255;

/**
 * Checks a path that came from outside (a file list, a message, a tar member) and returns it unchanged if it is safe to
 * join below a root: relative, slash-separated, no `.` or `..` or empty segment, no NUL, at most 4096 bytes and 255
 * bytes a segment.
 *
 * @throws PermanentError `kernel.unsafe-path`
 */
export function safeRelativePath(path: string): string {
  const complaint = complaintAbout(path);
  if (complaint !== undefined) {
    throw new PermanentError(
      'kernel.unsafe-path',
      `Expected a relative path below the dataset's folder, found ${JSON.stringify(path.slice(0, 200))}: ${complaint}. Correct the file list and post again.`,
      { details: { path: path.slice(0, 200) } },
    );
  }
  return path;
}

function complaintAbout(path: string): string | undefined {
  if (path === '') return 'it is empty';
  if (path.includes('\0')) return 'it contains a NUL character';
  if (path.startsWith('/')) return 'it is absolute';
  if (Buffer.byteLength(path) > longestPathBytes) return `it is longer than ${longestPathBytes} bytes`;
  for (const segment of path.split('/')) {
    if (segment === '') return 'it has an empty segment';
    if (segment === '.' || segment === '..') return `it has the segment "${segment}"`;
    if (Buffer.byteLength(segment) > longestNameBytes)
      return `a name in it is longer than ${longestNameBytes} bytes`;
  }
  return undefined;
}
