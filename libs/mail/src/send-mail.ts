import { createTransport } from 'nodemailer';
import { messageOf } from '#kernel';
import type { MailOptions } from './mail-options.js';

/** One message to one person. */
export interface Mail {
  /** Otherwise the configured sender. */
  readonly from?: string | undefined;
  readonly to: string;
  readonly subject: string;
  readonly text?: string;
  readonly html?: string;
  /** The same for each try, so that a repetition shows as one message. */
  readonly messageId?: string;
}

/** Milliseconds: to connect and be greeted, and for each answer after that. */
export interface MailPatience {
  readonly connect: number;
  readonly answer: number;
}

/** A mail that did not go out. Its message holds neither the address nor anything of the account. */
export class MailFault extends Error {
  /** @param isForAddress whether the server has refused the address for good; else another time may be better */
  constructor(
    message: string,
    readonly isForAddress: boolean,
  ) {
    super(message);
  }
}

/** What a mail server says for good about an address (RFC 5321); other refusals of 5xx may be about us. */
const addressRefusals: ReadonlySet<unknown> = new Set([550, 551, 553, 556]);

/** @throws MailFault */
export async function sendMail(options: MailOptions, mail: Mail, patience: MailPatience): Promise<void> {
  const { host, port, encryption, authorities, account, from } = options;
  const transport = createTransport({
    ...{ host, port, disableFileAccess: true, disableUrlAccess: true },
    secure: encryption === 'from-the-start',
    requireTLS: encryption === 'required',
    ignoreTLS: encryption === 'none',
    ...(authorities === undefined ? {} : { tls: { ca: authorities } }),
    ...(account === undefined ? {} : { auth: { user: account.username, pass: account.password } }),
    ...{ connectionTimeout: patience.connect, greetingTimeout: patience.connect },
    socketTimeout: patience.answer,
  });
  try {
    await transport.sendMail({ ...mail, from: mail.from ?? from });
  } catch (error) {
    throw new MailFault(withoutSecrets(messageOf(error), mail, options), isForAddress(error));
  } finally {
    transport.close();
  }
}

function isForAddress(error: unknown): boolean {
  const { command, responseCode } = (error ?? {}) as { command?: unknown; responseCode?: unknown };
  return command === 'RCPT TO' && addressRefusals.has(responseCode);
}

/** Mail servers repeat what they were told, which the log is no place for. */
function withoutSecrets(said: string, { to }: Mail, { account }: MailOptions): string {
  const addresses = to.split(/[\s,;<>]+/).filter((word) => word.includes('@'));
  const known = addresses.reduce((text, address) => text.replaceAll(address, 'the recipient'), said);
  if (account === undefined) return known;
  const { username, password } = account;
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  return [base64(`\0${username}\0${password}`), base64(password), password]
    .filter((secret) => secret !== '')
    .reduce((text, secret) => text.replaceAll(secret, '(secret)'), known);
}
