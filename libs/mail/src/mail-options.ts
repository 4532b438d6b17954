import { existsSync, readFileSync } from 'node:fs';
import { CatenaError, contradiction, integer, isOn, present, type Environment } from '#kernel';

/** A mail server, and how it is spoken to. */
export interface MailOptions {
  readonly host: string;
  readonly port: number;
  /** The sender of mails that name none. */
  readonly from: string;
  readonly encryption: MailEncryption;
  /** PEM of the authorities that the server's certificate may come from; undefined: those that Node knows. */
  readonly authorities: string | undefined;
  /** Undefined: the server takes mail from this machine without asking who it is. */
  readonly account: { readonly username: string; readonly password: string } | undefined;
}

/**
 * `from-the-start`: TLS before a word is said. `required`: STARTTLS, or no mail. `offered`: STARTTLS where the server offers
 * it. `none`: in the clear, whatever it offers.
 */
export type MailEncryption = 'from-the-start' | 'required' | 'offered' | 'none';

/**
 * Undefined when `SMTP_HOST` names no server: then nobody gets mail.
 *
 * @throws PermanentError `kernel.configuration` that names everything wrong at once
 */
export function mailOptionsFrom(environment: Environment): MailOptions | undefined {
  const host = present(environment['SMTP_HOST']);
  if (host === undefined) return undefined;
  const problems: string[] = [];
  const account = accountFrom(environment, problems);
  const options: MailOptions = {
    host,
    port: portFrom(environment, problems),
    from: environment['SMTP_MESSAGE_FROM'] ?? 'catena@localhost',
    encryption: encryptionFrom(environment, account !== undefined, problems),
    authorities: authoritiesFrom(present(environment['SMTP_CA_FILE']), problems),
    account,
  };
  if (problems.length > 0) throw contradiction(problems);
  return options;
}

function portFrom(environment: Environment, problems: string[]): number {
  try {
    return integer(environment, 'SMTP_PORT', 587);
  } catch (error) {
    if (!(error instanceof CatenaError)) throw error;
    problems.push(error.message);
    return 0;
  }
}

/** A password is never said in the clear: STARTTLS that is only used where it is offered can be taken out on the way. */
function encryptionFrom(environment: Environment, withAccount: boolean, problems: string[]): MailEncryption {
  const wanted = present(environment['SMTP_STARTTLS']);
  if (wanted !== undefined && !['required', 'offered', 'off'].includes(wanted))
    problems.push(`SMTP_STARTTLS must be required, offered or off, found ${wanted}.`);
  if (isOn(environment['SMTP_SECURE'])) {
    if (wanted === 'required')
      problems.push(
        'SMTP_STARTTLS=required encrypts a connection that began in the clear, and SMTP_SECURE one from its start: keep one of them.',
      );
    return 'from-the-start';
  }
  if (withAccount && (wanted === 'off' || wanted === 'offered'))
    problems.push(
      `SMTP_USERNAME would be sent with its password in the clear, found SMTP_STARTTLS=${wanted}: set it to required, or set SMTP_SECURE=yes.`,
    );
  if (wanted === 'required' || withAccount) return 'required';
  return wanted === 'off' ? 'none' : 'offered';
}

function accountFrom(environment: Environment, problems: string[]): MailOptions['account'] {
  const username = present(environment['SMTP_USERNAME']);
  const file = present(environment['SMTP_PASSWORD_FILE']);
  const given = environment['SMTP_PASSWORD'] || undefined;
  if (given !== undefined && file !== undefined)
    problems.push('SMTP_PASSWORD and SMTP_PASSWORD_FILE are both set: remove one of them.');
  const password = given ?? passwordIn(file, problems);
  if (username === undefined && password === undefined) return undefined;
  if (username === undefined || password === undefined)
    problems.push(
      'SMTP_USERNAME belongs together with SMTP_PASSWORD or SMTP_PASSWORD_FILE: set both, or none of them.',
    );
  return { username: username ?? '', password: password ?? '' };
}

/** Without the end of the line, which editors append. */
function passwordIn(file: string | undefined, problems: string[]): string | undefined {
  if (file === undefined) return undefined;
  const password = existsSync(file) ? readFileSync(file, 'utf8').replace(/\r?\n$/, '') : '';
  if (password === '')
    problems.push(`SMTP_PASSWORD_FILE names ${file}, in which there is no password: correct the path.`);
  return password;
}

function authoritiesFrom(file: string | undefined, problems: string[]): string | undefined {
  if (file === undefined) return undefined;
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (!text.includes('-----BEGIN CERTIFICATE-----'))
    problems.push(
      `SMTP_CA_FILE names ${file}, in which there is no certificate (-----BEGIN CERTIFICATE-----): correct the path, or remove it.`,
    );
  return text;
}
