import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
}

/** A mail server that keeps what it gets: SMTP over a real socket, in the order of RFC 5321 or not at all. */
export class Mailbox {
  readonly mails: Mail[] = [];
  private readonly server: Server;

  private constructor() {
    this.server = createServer((socket) => this.serve(socket));
  }

  static async open(): Promise<Mailbox> {
    const mailbox = new Mailbox();
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
    await once(this.server, 'close');
  }

  private serve(socket: Socket): void {
    let pending = '';
    let from: string | undefined;
    let to: string[] = [];
    let inData = false;
    const say = (line: string): void => void socket.write(`${line}\r\n`);
    socket.on('error', () => undefined);
    say('220 mailbox ESMTP');
    socket.on('data', (chunk: Buffer) => {
      pending += chunk.toString('utf8');
      for (;;) {
        if (inData) {
          const end = pending.indexOf('\r\n.\r\n');
          if (end < 0) return;
          this.mails.push({ from: from ?? '', to, text: pending.slice(0, end) });
          pending = pending.slice(end + 5);
          [inData, from, to] = [false, undefined, []];
          say('250 kept');
          continue;
        }
        const end = pending.indexOf('\r\n');
        if (end < 0) return;
        const line = pending.slice(0, end);
        pending = pending.slice(end + 2);
        const [, address = ''] = /<([^>]*)>/.exec(line) ?? [];
        if (/^(EHLO|HELO)/i.test(line)) say('250 mailbox');
        else if (/^MAIL FROM:/i.test(line)) say(((from = address), '250 ok'));
        else if (/^RCPT TO:/i.test(line))
          say(from === undefined ? '503 MAIL first' : (to.push(address), '250 ok'));
        else if (/^DATA/i.test(line))
          say(to.length === 0 ? '503 RCPT first' : ((inData = true), '354 go on'));
        else if (/^QUIT/i.test(line)) {
          say('221 bye');
          return void socket.end();
        } else say('502 unknown');
      }
    });
  }
}
