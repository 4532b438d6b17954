import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { Certificate } from './certificates.js';

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
  /** Who sent it, and whether the connection was encrypted. */
  readonly username: string | undefined;
  readonly encrypted: boolean;
}

export interface MailboxOptions {
  /** Then it offers STARTTLS, or begins with TLS. */
  readonly certificate?: Certificate;
  readonly tlsFromTheStart?: boolean;
  /** Then it takes mail from this account only, and its password over TLS only. */
  readonly account?: { readonly username: string; readonly password: string };
  /** What it says to an address instead of taking it; nothing at all where that is empty. */
  readonly refusals?: Readonly<Record<string, string>>;
}

/** What a server knows of one connection. */
interface Session {
  readonly encrypted: boolean;
  greeted: boolean;
  username: string | undefined;
  from: string | undefined;
  to: string[];
  inData: boolean;
}

/** A mail server that keeps what it gets: SMTP over a real socket, in the order of RFC 5321, 3207 and 4954 or not at all. */
export class Mailbox {
  readonly mails: Mail[] = [];
  /** Lines that came in the clear, outside of messages. */
  readonly clear: string[] = [];
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly options: MailboxOptions) {
    this.server = createServer((socket) => this.accept(socket));
  }

  static async open(options: MailboxOptions = {}): Promise<Mailbox> {
    const mailbox = new Mailbox(options);
    mailbox.server.listen(0, '127.0.0.1');
    await once(mailbox.server, 'listening');
    return mailbox;
  }

  get environment(): Record<string, string> {
    const { port } = this.server.address() as AddressInfo;
    return { SMTP_HOST: '127.0.0.1', SMTP_PORT: String(port), SMTP_MESSAGE_FROM: 'data@example.org' };
  }

  async close(): Promise<void> {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await once(this.server, 'close');
  }

  private accept(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
    const isSecure = this.options.tlsFromTheStart === true;
    const stream = isSecure ? this.encrypted(socket) : socket;
    stream.write('220 mailbox ESMTP\r\n');
    this.serve(stream, isSecure);
  }

  private encrypted(socket: Socket): TLSSocket {
    const { key, certificate: cert } = this.options.certificate ?? { key: '', certificate: '' };
    const secureContext = createSecureContext({ key, cert });
    return new TLSSocket(socket, { isServer: true, secureContext }).on('error', () => undefined);
  }

  private serve(socket: Socket, encrypted: boolean): void {
    const session: Session = {
      ...{ encrypted, greeted: false, inData: false, to: [] },
      ...{ username: undefined, from: undefined },
    };
    let pending = '';
    socket.on('data', (chunk: Buffer) => {
      pending += chunk.toString('utf8');
      for (;;) {
        const mark = session.inData ? '\r\n.\r\n' : '\r\n';
        const end = pending.indexOf(mark);
        if (end < 0) return;
        const text = pending.slice(0, end);
        pending = pending.slice(end + mark.length);
        if (!session.inData && !encrypted) this.clear.push(text);
        const reply = session.inData ? this.keep(session, text) : this.answer(session, text);
        if (reply !== '') socket.write(`${reply}\r\n`);
        if (/^QUIT/i.test(text) && !session.inData) return void socket.end();
        if (/^STARTTLS/i.test(text) && this.offersTls(session)) {
          socket.removeAllListeners('data');
          return this.serve(this.encrypted(socket), true);
        }
      }
    });
  }

  private offersTls({ encrypted }: Session): boolean {
    return this.options.certificate !== undefined && !encrypted;
  }

  private keep(session: Session, text: string): string {
    const { from = '', to, username, encrypted } = session;
    this.mails.push({ from, to, text, username, encrypted });
    Object.assign(session, { inData: false, from: undefined, to: [] });
    return '250 kept';
  }

  private answer(session: Session, line: string): string {
    const [, address = ''] = /<([^>]*)>/.exec(line) ?? [];
    if (/^(EHLO|HELO)/i.test(line)) return this.greet(session);
    if (/^QUIT/i.test(line)) return '221 bye';
    if (!session.greeted) return '503 EHLO first';
    if (/^STARTTLS/i.test(line)) return this.offersTls(session) ? '220 go on' : '502 unknown';
    if (/^AUTH/i.test(line)) return this.signIn(session, line);
    if (/^MAIL FROM:/i.test(line)) {
      if (this.options.account !== undefined && session.username === undefined) return '530 5.7.0 AUTH first';
      session.from = address;
      return '250 ok';
    }
    if (/^RCPT TO:/i.test(line)) {
      if (session.from === undefined) return '503 MAIL first';
      const refusal = this.options.refusals?.[address];
      if (refusal !== undefined) return refusal;
      session.to.push(address);
      return '250 ok';
    }
    if (!/^DATA/i.test(line)) return '502 unknown';
    if (session.to.length === 0) return '503 RCPT first';
    session.inData = true;
    return '354 go on';
  }

  private greet(session: Session): string {
    session.greeted = true;
    const extensions = [
      ...(this.offersTls(session) ? ['STARTTLS'] : []),
      ...(this.options.account === undefined ? [] : ['AUTH PLAIN']),
    ];
    const lines = ['mailbox', ...extensions];
    return lines.map((text, at) => `250${at === lines.length - 1 ? ' ' : '-'}${text}`).join('\r\n');
  }

  /** Repeats what it was told, as some servers do. */
  private signIn(session: Session, line: string): string {
    const [, kind = '', token = ''] = line.split(' ');
    const { account } = this.options;
    if (account === undefined || kind !== 'PLAIN') return '504 unknown';
    if (!session.encrypted) return '538 5.7.11 TLS first';
    const [, username, password] = Buffer.from(token, 'base64').toString('utf8').split('\0');
    if (username !== account.username || password !== account.password)
      return `535 5.7.8 not ${token} (${password ?? ''})`;
    session.username = username;
    return '235 ok';
  }
}
