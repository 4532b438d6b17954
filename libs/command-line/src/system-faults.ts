import { messageOf } from '#kernel';

/** What the operating system says, in words, and what helps. */
const words: Readonly<Record<string, readonly [found: string, help: string]>> = {
  ENOSPC: ['a full disk', 'Make room'],
  EDQUOT: ['a quota that is used up', 'Make room'],
  EACCES: ['no permission', 'Correct the permissions'],
  EPERM: ['no permission', 'Correct the permissions'],
  EROFS: ['a file system that can only be read', 'Choose another place'],
  ENOENT: ['nothing there', 'Correct the path'],
  ENOTDIR: ['a file where a folder is needed', 'Correct the path'],
  EISDIR: ['a folder where a file is needed', 'Correct the path'],
  EEXIST: ['something else in the way', 'Choose another place'],
  ELOOP: ['links that lead in a circle', 'Correct the path'],
  ENAMETOOLONG: ['a name that is too long for this file system', 'Choose another place'],
  EFBIG: ['a file that is too large for this file system', 'Choose another place'],
  EIO: ['a disk that does not answer as it should', 'Have the disk looked at'],
  EMFILE: ['too many open files', 'Raise the limit (ulimit -n)'],
  ENFILE: ['too many open files', 'Raise the limit of the machine'],
};

/** Whether the operating system refused something about a file. */
export function isSystemFault(error: unknown): error is NodeJS.ErrnoException {
  const { code, syscall } = (error ?? {}) as { code?: unknown; syscall?: unknown };
  return error instanceof Error && typeof syscall === 'string' && Object.hasOwn(words, String(code));
}

/** `a full disk (ENOSPC)`. */
export function foundText(error: unknown): string {
  const { code } = (error ?? {}) as { code?: string };
  const known = code === undefined ? undefined : words[code];
  return known === undefined ? (code ?? messageOf(error)) : `${known[0]} (${code})`;
}

/** `Make room`. */
export function helpText(error: unknown): string {
  return words[(error as { code?: string }).code ?? '']?.[1] ?? 'Correct it';
}

/** A sentence for a refusal that nobody has a better word for. */
export function systemFaultText(error: NodeJS.ErrnoException): string {
  const place = error.path === undefined ? 'a file' : error.path;
  const reads = /^(open|read|scandir|stat|lstat|statfs|realpath|readlink|access)$/.test(error.syscall ?? '');
  const use = error.syscall === 'open' || !reads ? 'use' : 'read';
  return `Expected to ${use} ${place}, found ${foundText(error)}. ${helpText(error)} and run the same command again.`;
}
