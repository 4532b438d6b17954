import { createHash } from 'node:crypto';

/** Lower-case hexadecimal SHA-256. */
export function sha256Of(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** The name of a file list: SHA-256 over the digests of its parts, one a line, so that it can be checked part by part. */
export function fileListName(partDigests: readonly string[]): string {
  return sha256Of(partDigests.map((digest) => `${digest}\n`).join(''));
}
