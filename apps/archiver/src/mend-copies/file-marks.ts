import { TransientError } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';

/** What tells the file under a name from any other that may come there; where nobody can say so, its size. Undefined: there is none. */
export async function markOf(share: LongTermStorage, name: string): Promise<string | undefined> {
  const mark = await share.markOf(name);
  if (mark !== undefined) return mark;
  const found = await share.stat(name);
  return found === undefined ? undefined : `${found.size} bytes`;
}

/** An operator, or another worker, has written to the place since it was read: what lies there now was not read, and is not touched. */
export function fileChanged(share: LongTermStorage, name: string): TransientError {
  return new TransientError(
    'archiver.copy-changed',
    `Expected the file that was read under ${name} on ${share.name}, found that it has changed since: it is not touched, and is read again.`,
    { details: { share: share.name, name } },
  );
}
