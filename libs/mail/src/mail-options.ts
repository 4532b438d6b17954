import {
  certificatesFrom,
  configurationFrom,
  integer,
  isOn,
  present,
  refuse,
  type Environment,
} from '#kernel';

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
  return configurationFrom(environment, read);
}

function read(environment: Environment): MailOptions | undefined {
  const host = present(environment['SMTP_HOST']);
  if (host === undefined) return undefined;
  const account = accountFrom(environment);
  return {
    host,
    port: integer(environment, 'SMTP_PORT', 587),
    from: environment['SMTP_MESSAGE_FROM'] ?? 'catena@localhost',
    encryption: encryptionFrom(environment, account !== undefined),
    authorities: certificatesFrom(environment, 'SMTP_CA_FILE'),
    account,
  };
}

/** Port 465 is for nothing else: a server there waits for TLS, and a client that waits for its greeting waits for ever. */
function speaksTlsFromTheStart(environment: Environment): boolean {
  const wanted = present(environment['SMTP_SECURE']);
  return wanted === undefined ? environment['SMTP_PORT']?.trim() === '465' : isOn(wanted);
}

/** A password is never said in the clear: STARTTLS that is only used where it is offered can be taken out on the way. */
function encryptionFrom(environment: Environment, withAccount: boolean): MailEncryption {
  const wanted = present(environment['SMTP_STARTTLS']);
  if (wanted !== undefined && !['required', 'offered', 'off'].includes(wanted))
    refuse(environment, `SMTP_STARTTLS must be required, offered or off, found ${wanted}.`);
  if (speaksTlsFromTheStart(environment)) {
    if (wanted === 'required')
      refuse(
        environment,
        'SMTP_STARTTLS=required encrypts a connection that began in the clear, and SMTP_SECURE one from its start: keep one of them.',
      );
    return 'from-the-start';
  }
  if (withAccount && (wanted === 'off' || wanted === 'offered'))
    refuse(
      environment,
      `SMTP_USERNAME would be sent with its password in the clear, found SMTP_STARTTLS=${wanted}: set it to required, or set SMTP_SECURE=yes.`,
    );
  if (wanted === 'required' || withAccount) return 'required';
  return wanted === 'off' ? 'none' : 'offered';
}

function accountFrom(environment: Environment): MailOptions['account'] {
  const username = present(environment['SMTP_USERNAME']);
  const password = environment['SMTP_PASSWORD'] || undefined;
  if (username === undefined && password === undefined) return undefined;
  if (username === undefined || password === undefined)
    refuse(
      environment,
      'SMTP_USERNAME belongs together with SMTP_PASSWORD or SMTP_PASSWORD_FILE: set both, or none of them.',
    );
  return { username: username ?? '', password: password ?? '' };
}
