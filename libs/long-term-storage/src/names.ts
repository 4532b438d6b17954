import { PermanentError, safeRelativePath } from '#kernel';

/** Ends the name of a file that is being written. */
const partialSuffix = '.partial';
/** Ends the name of the lock held while a file is published on a share without hard links. */
export const publishingSuffix = '.publishing';

/** Ends the name of a file that was set aside: not gone yet, but no longer under its name. */
const asideSuffix = '.discarded';

/** The file that says which storage this is; see docs/decisions/0065. No listing shows it. */
export const identityName = '.catena-target';

const longestNameBytes = 255;
const tokenPattern = /^[A-Za-z0-9_-]{1,64}$/;

/** @throws PermanentError `kernel.unsafe-path`, `long-term-storage.name-invalid` */
export function checkedName(name: string): string {
  const last = safeRelativePath(name).slice(name.lastIndexOf('/') + 1);
  if (isReserved(last))
    refuse(name, `a name that does not end in ${partialSuffix}, ${publishingSuffix} or ${asideSuffix}`);
  const longest = longestNameBytes - 64 - asideSuffix.length - 1;
  if (Buffer.byteLength(last) > longest) refuse(name, `a last part of at most ${longest} bytes`);
  return name;
}

/** The name a file has while this token writes it. */
export function partialName(name: string, token: string): string {
  if (!tokenPattern.test(token)) refuse(token, 'a token of 1 to 64 letters, digits, "-" or "_"');
  return `${checkedName(name)}.${token}${partialSuffix}`;
}

/** The name a file has after it was set aside with this token. */
export function asideName(name: string, token: string): string {
  if (!tokenPattern.test(token)) refuse(token, 'a token of 1 to 64 letters, digits, "-" or "_"');
  return `${checkedName(name)}.${token}${asideSuffix}`;
}

/** @returns what an entry was called before it was set aside, and with which token; undefined for any other entry */
export function asideOf(entry: string): { readonly name: string; readonly token: string } | undefined {
  if (!entry.endsWith(asideSuffix)) return undefined;
  const dot = entry.lastIndexOf('.', entry.length - asideSuffix.length - 1);
  const token = entry.slice(dot + 1, -asideSuffix.length);
  return dot > 0 && tokenPattern.test(token) ? { name: entry.slice(0, dot), token } : undefined;
}

/** Whether `entry` is the unfinished file of any writer of `name`; both without folders. */
export function isPartialOf(entry: string, name: string): boolean {
  if (!entry.startsWith(`${name}.`) || !entry.endsWith(partialSuffix)) return false;
  return tokenPattern.test(entry.slice(name.length + 1, -partialSuffix.length));
}

/** Whether a file of this name is none of the finished files. */
export function isReserved(entry: string): boolean {
  return [partialSuffix, publishingSuffix, asideSuffix].some((suffix) => entry.endsWith(suffix));
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
