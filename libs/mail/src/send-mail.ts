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

/** Milliseconds: to connect and be greeted, for each answer after that, and for all of it together. */
export interface MailPatience {
  readonly connect: number;
  readonly answer: number;
  readonly whole: number;
}

/** A mail that did not go out. Its message holds neither the address nor anything of the account. */
export class MailFault extends Error {
  /**
   * @param isForAddress whether the server has refused the address for good; else another time may be better
   * @param isForMail whether the server is there and has refused this one mail, for now or for good: others may go out
   */
  constructor(
    message: string,
    readonly isForAddress: boolean,
    readonly isForMail: boolean = isForAddress,
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
  // A server that says a word now and then is never idle: only all of it together ends such a mail.
  const signal = AbortSignal.timeout(patience.whole);
  try {
    await transport.sendMail({ ...mail, from: mail.from ?? from, signal });
  } catch (error) {
    if (signal.aborted)
      throw new MailFault(
        `Expected the mail server to take the mail within ${patience.whole / 1000} s, found that it had not.`,
        false,
      );
    const said = withoutSecrets(messageOf(error), mail, options);
    throw new MailFault(said, isForAddress(error), isForMail(error));
  } finally {
    transport.close();
  }
}

function isForAddress(error: unknown): boolean {
  const { command, responseCode } = refusalOf(error);
  return command === 'RCPT TO' && addressRefusals.has(responseCode);
}

/** 421 says good-bye to all mails. */
function isForMail(error: unknown): boolean {
  const { command, responseCode } = refusalOf(error);
  const isAnswer = typeof responseCode === 'number' && responseCode >= 400 && responseCode !== 421;
  return isAnswer && (command === 'RCPT TO' || command === 'DATA');
}

function refusalOf(error: unknown): { readonly command?: unknown; readonly responseCode?: unknown } {
  return error ?? {};
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
