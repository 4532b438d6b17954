import { certificateIn, checkCertificate, type CertificateKey } from '#certificates';
import { Failure, nameText, type CommandResult } from '#command-line';
import type { CommandContext } from '../command.js';
import { HttpClient } from '../server/http-client.js';
import { readSession, serverUrl } from '../server/session.js';
import { certificateInFile, keysIn, keysInFile, writeText } from './certificate-files.js';
import { certificateLines } from './certificate-text.js';

export interface CertificateOptions {
  readonly html?: boolean;
  readonly output?: string;
  readonly check?: string;
  readonly keys?: string;
  readonly saveKeys?: string;
}

const keysPath = '/api/v4/certificates/keys';

/** The certificate of a dataset; or whether a file is a valid one; or the keys to check with later. */
export async function certificate(
  context: CommandContext,
  pid: string | undefined,
  options: CertificateOptions,
): Promise<CommandResult> {
  const { check, saveKeys } = options;
  if ([pid, check, saveKeys].filter((one) => one !== undefined).length !== 1)
    throw new Failure(
      'usage',
      'Expected one of: the pid of a dataset, --check FILE, --save-keys FILE. See catena certificate --help.',
    );
  if (check !== undefined) return checkFile(context, check, options.keys);
  return saveKeys === undefined ? fetchOne(context, pid ?? '', options) : keepKeys(context, saveKeys);
}

async function fetchOne(
  context: CommandContext,
  pid: string,
  { html = false, output, keys: keysFile }: CertificateOptions,
): Promise<CommandResult> {
  const client = await context.client();
  const path = `/api/v4/datasets/${encodeURIComponent(pid)}/certificate`;
  const text = html ? await pageOf(client, path) : `${JSON.stringify(await client.get<object>(path))}\n`;
  // What is written or shown is what is checked: of a page the certificate in it, not one that was asked for beside it.
  const signed = certificateIn(text);
  const { keys } = await keysFrom(context, keysFile);
  const checked = signed === undefined ? noneIn('what the server answered') : checkCertificate(signed, keys);
  if (!checked.valid)
    throw new Failure('failed', `The certificate of ${pid} is not valid: ${nameText(checked.reason)}.`);
  if (checked.certificate.pid !== pid)
    throw new Failure(
      'failed',
      `Expected the certificate of ${pid}, found one of ${nameText(checked.certificate.pid)}: nothing was written.`,
    );
  if (output !== undefined) await writeText(output, text);
  if (html && output === undefined)
    return { outcome: 'done', lines: [text.trimEnd()], document: signed as object };
  return {
    outcome: 'done',
    lines: [...certificateLines(checked.certificate), ...(output === undefined ? [] : [output])],
    document: signed as object,
  };
}

async function pageOf(client: HttpClient, path: string): Promise<string> {
  const response = await client.open(`${path}?format=html`, { accept: 'text/html' });
  if (response.ok) return response.text();
  // Says why there is none.
  await client.get<object>(path);
  throw new Failure(
    'unreachable',
    `Expected the page of the certificate, found HTTP ${response.status}. Try again later.`,
  );
}

async function checkFile(context: CommandContext, file: string, keysFile?: string): Promise<CommandResult> {
  const { found, isPage } = await certificateInFile(file);
  const { keys, place } = await keysFrom(context, keysFile);
  const checked = found === undefined ? noneIn(file) : checkCertificate(found, keys);
  if (!checked.valid)
    return {
      outcome: 'failed',
      lines: [`NOT VALID: ${nameText(checked.reason)} (keys: ${place})`],
      document: { valid: false, reason: checked.reason },
    };
  const { key, certificate } = checked;
  const retired = key.retiredAt === undefined ? '' : `, retired ${key.retiredAt}`;
  return {
    outcome: 'done',
    lines: [
      `VALID: signed with the key ${key.kid}${retired} (keys: ${place})`,
      ...certificateLines(certificate),
      ...(isPage
        ? [
            'What the page shows beside the signed text was not checked: the lines above are what is certified.',
          ]
        : []),
    ],
    document: { valid: true, kid: key.kid, certificate },
  };
}

function noneIn(file: string): { readonly valid: false; readonly reason: string } {
  return {
    valid: false,
    reason: `there is no certificate in ${file}, neither as JSON nor in a page of Catena`,
  };
}

async function keepKeys(context: CommandContext, file: string): Promise<CommandResult> {
  const { keys } = await keysFrom(context);
  await writeText(file, `${JSON.stringify({ keys }, undefined, 2)}\n`);
  return { outcome: 'done', lines: [...keys.map(({ kid }) => `key ${kid}`), file], document: { keys } };
}

/** From a file, without any server; else from the server, which tells everybody. */
async function keysFrom(
  context: CommandContext,
  file?: string,
): Promise<{ readonly keys: readonly CertificateKey[]; readonly place: string }> {
  if (file !== undefined) return { keys: await keysInFile(file), place: file };
  const { environment, signal } = context;
  const settings = await context.settings();
  const stored = await readSession(environment, settings.profile);
  const url = serverUrl(undefined, { environment, stored, settings });
  const answer = await new HttpClient({ url, token: undefined }, signal).get<{ keys?: unknown[] }>(keysPath);
  if (answer.keys?.length === 0)
    throw new Failure(
      'failed',
      `${url} has no keys of certificates: it issues none. Name a file with keys: --keys FILE.`,
    );
  return { keys: keysIn(answer, url), place: url };
}
