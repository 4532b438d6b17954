import { Failure } from '#command-line';
import { bytesFrom } from '#kernel';

/** @throws Failure for what is no amount of bytes a second */
export function bandwidthFrom(text: string): number {
  try {
    const bytes = bytesFrom(text.replace(/\/s$/, ''));
    if (bytes >= 1024) return bytes;
  } catch {
    // Said below, in words for both.
  }
  throw new Failure(
    'usage',
    `Expected a bandwidth of at least 1KiB a second such as 500KiB or 50MiB, found ${JSON.stringify(text)}.`,
  );
}
