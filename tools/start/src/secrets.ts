import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import type { Secrets } from './app-environments.js';

/** The secrets of a data directory: made once, because the database keeps what the accounts were made with. */
export async function loadSecrets(file: string): Promise<Secrets> {
  const fresh: Secrets = {
    jwt: secret(),
    operationsTokens: perApp(),
    broker: perApp(),
    listener: secret(),
    push: secret(),
    console: secret(32),
    ingestor: secret(32),
    certificateKey: certificateKey(),
    datacite: secret(),
    accounts: {
      demo: secret(9),
      admin: secret(9),
      archiveManager: secret(9),
      jobAssembler: secret(),
      archiver: secret(),
      publisher: secret(),
    },
  };
  const stored = await storedSecrets(file);
  // A data directory of an older program lacks those that came later.
  const secrets = {
    ...fresh,
    ...stored,
    operationsTokens: { ...fresh.operationsTokens, ...stored?.operationsTokens },
    broker: { ...fresh.broker, ...stored?.broker },
    accounts: { ...fresh.accounts, ...stored?.accounts },
  };
  if (JSON.stringify(stored) !== JSON.stringify(secrets)) await writePrivately(file, secrets);
  return secrets;
}

async function storedSecrets(file: string): Promise<Secrets | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Secrets;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
  }
}

/** Writes JSON that only its owner can read, whole or not at all. */
export async function writePrivately(file: string, value: unknown): Promise<void> {
  await writeFile(`${file}.new`, `${JSON.stringify(value, undefined, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** One for each app with an account of its own. */
function perApp(): Secrets['broker'] {
  return {
    ...{ 'catalog-api': secret(), 'job-assembler': secret() },
    ...{ archiver: secret(), publisher: secret() },
  };
}

/** For the archiver's certificates, in PEM. */
function certificateKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function secret(bytes = 24): string {
  return randomBytes(bytes).toString('base64url');
}
