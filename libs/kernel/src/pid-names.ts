import { createHash } from 'node:crypto';
import { PermanentError } from './catena-error.js';

/** Longest name that is written out; longer ones are cut and told apart by a digest. A file name has room for 255 bytes. */
const longestSpelledName = 180;
const digestedPrefix = 100;
const slash = 0x2f;
/** A dot at either end is hidden on some systems and dropped by others. */
const spelledAsIs = /^[a-z0-9-]$|^\.$/;

/**
 * The folder name and object-key segment of a dataset pid, one-to-one: two pids that differ have names that differ, also
 * where a file system ignores case, trailing dots or the form of accents, and no name of one pid is the former name
 * (see {@link formerPidName}) of another. `/` is written `,`, lower-case letters, digits, `-` and inner dots stand for
 * themselves, each other byte of the UTF-8 form is `=` and two hexadecimal digits. A name without any of these ends in
 * `=`. A pid whose name would be longer than 180 bytes is cut and ends in `==` and its SHA-256.
 *
 * @throws PermanentError `kernel.unsafe-pid` for an empty pid
 */
export function pidAsName(pid: string): string {
  if (pid === '')
    throw new PermanentError(
      'kernel.unsafe-pid',
      'Expected a dataset pid that names a folder, found an empty one.',
    );
  const spelled = spell(pid);
  if (spelled.length > longestSpelledName)
    return `${spelled.slice(0, digestedPrefix)}==${createHash('sha256').update(wtf8Of(pid)).digest('hex')}`;
  return /[=,]/.test(spelled) ? spelled : `${spelled}=`;
}

function spell(pid: string): string {
  const bytes = wtf8Of(pid);
  let name = '';
  for (const [index, byte] of bytes.entries()) {
    const character = String.fromCharCode(byte);
    const edge = character === '.' && (index === 0 || index === bytes.length - 1);
    if (byte === slash) name += ',';
    else if (spelledAsIs.test(character) && !edge) name += character;
    else name += `=${byte.toString(16).padStart(2, '0')}`;
  }
  return name;
}

/** The pid that has this name; undefined where nobody can say: long names hold a digest, and those of before 0.2 were not one-to-one. */
export function pidOfName(name: string): string | undefined {
  if (name.includes('==')) return undefined;
  const bytes: number[] = [];
  const spelled = name.replace(/=$/, '').replaceAll(',', '/');
  for (let at = 0; at < spelled.length; at += 1) {
    if (spelled[at] !== '=') bytes.push(spelled.charCodeAt(at));
    else {
      bytes.push(Number.parseInt(spelled.slice(at + 1, at + 3), 16));
      at += 2;
    }
  }
  const pid = Buffer.from(bytes).toString('utf8');
  return pid !== '' && pidAsName(pid) === name ? pid : undefined;
}

/** UTF-8 in which even half a surrogate pair has bytes of its own: `Buffer.from` makes the same three of all of them. */
function wtf8Of(text: string): Buffer {
  const parts: Buffer[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const lone = code >= 0xd800 && code <= 0xdfff;
    parts.push(
      lone
        ? Buffer.from([0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)])
        : Buffer.from(character),
    );
  }
  return Buffer.concat(parts);
}

/**
 * The name that versions before 0.2 made of a pid. Not one-to-one (`a/b` and `a_b` share one), so it names nothing new:
 * archive ids that were made with it stand in the catalogue and stay as they are. For a name people read, where something
 * else tells two of the same apart.
 */
export function formerPidName(pid: string): string {
  return pid
    .replace(/\p{Cs}/gu, '\ufffd')
    .replaceAll('/', '_')
    .replace(/[^A-Za-z0-9._-]/gu, (character) =>
      encodeURIComponent(character).replace(
        /[!'()*]/g,
        (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
      ),
    );
}
