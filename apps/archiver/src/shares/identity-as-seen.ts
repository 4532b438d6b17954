import { newId, PermanentError } from '#kernel';
import type { IdentityFile, LongTermStorage } from '#long-term-storage';

/** What is mounted at this moment: the id of its identity, `empty`, or `unidentified` (files, and no identity). */
export async function mountedIn(file: IdentityFile): Promise<string> {
  return (await file.read())?.id ?? ((await file.isEmpty()) ? 'empty' : 'unidentified');
}

/**
 * The id of what an operator saw, if that is what is there now; what has none gets one. Between the operator's look and his word
 * a share may have been unmounted, and the empty folder below it must not become the share.
 *
 * @throws PermanentError `archiver.share-other`, `archiver.share-unreadable`
 */
export async function identityAsSeen(
  { name }: LongTermStorage,
  file: IdentityFile,
  seen: string,
  now: Date,
): Promise<string> {
  const found = await mountedIn(file);
  if (found !== seen) throw other(name, seen, found);
  if (found !== 'empty' && found !== 'unidentified') return found;
  const made = { id: newId(), target: name, since: now.toISOString() };
  // Nothing is written over another identity, and one that is there now was not what the operator saw.
  if (!(await file.write(made)) && (await file.read()) === undefined) throw unreadable(name);
  const [written, isEmpty] = [await file.read(), await file.isEmpty()];
  if (written?.id !== made.id) throw other(name, seen, written?.id ?? 'nothing that says who it is');
  if (isEmpty !== (found === 'empty')) throw other(name, seen, isEmpty ? 'empty' : 'one with files');
  return made.id;
}

/** What is there is not what the operator named. */
export function other(name: string, expected: string, found: string): PermanentError {
  return new PermanentError(
    'archiver.share-other',
    `Expected ${expected} under ${name}, as you saw it, found ${found}: nothing was adopted. Look at GET /api/v4/operations/shares, and adopt what is there if it is the right one.`,
    { details: { share: name, expected, found } },
  );
}

function unreadable(name: string): PermanentError {
  return new PermanentError(
    'archiver.share-unreadable',
    `Expected an identity in .catena-target on ${name}, found a file that says nothing. Look whether it is the right share, remove the file there, then adopt the share again.`,
  );
}
