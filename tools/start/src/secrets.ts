import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import type { Secrets } from './app-environments.js';

/** The secrets of a data directory: made once, because the database keeps what the accounts were made with. */
export async function loadSecrets(file: string): Promise<Secrets> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Secrets;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const secrets: Secrets = {
    jwt: secret(),
    operationsToken: secret(),
    accounts: { demo: secret(9), admin: secret(9), archiveManager: secret(9), jobAssembler: secret() },
  };
  await writePrivately(file, secrets);
  return secrets;
}

/** Writes JSON that only its owner can read, whole or not at all. */
export async function writePrivately(file: string, value: unknown): Promise<void> {
  await writeFile(`${file}.new`, `${JSON.stringify(value, undefined, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

function secret(bytes = 24): string {
  return randomBytes(bytes).toString('base64url');
}
