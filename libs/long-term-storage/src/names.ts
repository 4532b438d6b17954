import { PermanentError, safeRelativePath } from '#kernel';

/** Ends the name of a file that is being written. */
const partialSuffix = '.partial';
/** Ends the name of the lock held while a file is published on a share without hard links. */
export const publishingSuffix = '.publishing';

const longestNameBytes = 255;
const tokenPattern = /^[A-Za-z0-9_-]{1,64}$/;

/** @throws PermanentError `kernel.unsafe-path`, `long-term-storage.name-invalid` */
export function checkedName(name: string): string {
  const last = safeRelativePath(name).slice(name.lastIndexOf('/') + 1);
  if (isReserved(last)) refuse(name, `a name that does not end in ${partialSuffix} or ${publishingSuffix}`);
  const longest = longestNameBytes - 64 - partialSuffix.length - 1;
  if (Buffer.byteLength(last) > longest) refuse(name, `a last part of at most ${longest} bytes`);
  return name;
}

/** The name a file has while this token writes it. */
export function partialName(name: string, token: string): string {
  if (!tokenPattern.test(token)) refuse(token, 'a token of 1 to 64 letters, digits, "-" or "_"');
  return `${checkedName(name)}.${token}${partialSuffix}`;
}

/** Whether `entry` is the unfinished file of any writer of `name`; both without folders. */
export function isPartialOf(entry: string, name: string): boolean {
  if (!entry.startsWith(`${name}.`) || !entry.endsWith(partialSuffix)) return false;
  return tokenPattern.test(entry.slice(name.length + 1, -partialSuffix.length));
}

/** Whether a file of this name is none of the finished files. */
export function isReserved(entry: string): boolean {
  return entry.endsWith(partialSuffix) || entry.endsWith(publishingSuffix);
}

/** @throws PermanentError `kernel.unsafe-path` */
export function checkedPrefix(prefix: string): { folder: string; rest: string } {
  const slash = prefix.lastIndexOf('/');
  const folder = slash < 0 ? '' : prefix.slice(0, slash);
  if (slash >= 0) safeRelativePath(folder);
  return { folder, rest: prefix.slice(slash + 1) };
}

function refuse(found: string, expected: string): never {
  throw new PermanentError(
    'long-term-storage.name-invalid',
    `Expected ${expected}, found ${JSON.stringify(found.slice(0, 300))}.`,
  );
}
