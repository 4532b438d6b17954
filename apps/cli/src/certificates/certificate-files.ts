import { readFile, writeFile } from 'node:fs/promises';
import { certificateIn, keyIdOf, type CertificateKey } from '#certificates';
import { Failure, foundText, helpText } from '#command-line';

/** Bytes of a file that is read for a certificate or keys: one of 10,000 datablocks, on a page, has a tenth of it. */
const maxBytes = 256 * 2 ** 20;

/** What of a file may be a certificate, and whether it is a page. @throws Failure `usage` when it cannot be read */
export async function certificateInFile(
  file: string,
): Promise<{ readonly found: unknown; readonly isPage: boolean }> {
  const text = await textOf(file);
  return { found: certificateIn(text), isPage: /^\s*</.test(text) };
}

/** A JWK set as the server answers it, or a single key of it. @throws Failure `usage` */
export async function keysInFile(file: string): Promise<readonly CertificateKey[]> {
  return keysIn(parsed(await textOf(file)), file);
}

/** @param place where they are from, for people */
export function keysIn(content: unknown, place: string): readonly CertificateKey[] {
  const keys = (content as { keys?: unknown } | undefined)?.keys ?? [content];
  if (Array.isArray(keys) && keys.length > 0 && keys.every(isKey)) return keys;
  throw new Failure(
    'usage',
    `Expected public keys of certificates in ${place}, as GET /api/v4/certificates/keys answers them, found something else.`,
  );
}

export async function writeText(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new Failure(
      'failed',
      `Expected to write ${file}, found ${foundText(error)}. ${helpText(error)}.`,
      error,
    );
  }
}

async function textOf(file: string): Promise<string> {
  let content: Buffer;
  try {
    content = await readFile(file);
  } catch (error) {
    throw new Failure(
      'usage',
      `Expected to read ${file}, found ${foundText(error)}. ${helpText(error)}.`,
      error,
    );
  }
  if (content.length > maxBytes)
    throw new Failure('usage', `Expected ${file} of at most ${maxBytes} bytes, found ${content.length}.`);
  return content.toString('utf8');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isKey(value: unknown): value is CertificateKey {
  const { kid, x } = (value ?? {}) as { kid?: unknown; x?: unknown };
  return typeof kid === 'string' && typeof x === 'string' && keyIdOf(x) === kid;
}
