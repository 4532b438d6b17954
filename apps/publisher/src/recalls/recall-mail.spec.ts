import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import type { CatenaError } from '#kernel';
import type { Recall } from '../persistence/records.js';
import type { PublisherConfig } from '../publisher.config.js';
import { RecallMail } from './recall-mail.js';

describe('Mail to a reader', () => {
  let server: Server | undefined;
  afterEach(() => void server?.close());

  /** A mail server that answers to senders and recipients with these lines. */
  async function mailWith(sender: string, recipient: string): Promise<RecallMail> {
    server = createServer((socket) => {
      socket.write('220 test\r\n');
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        const line = chunk.toString();
        if (line.startsWith('QUIT')) return void socket.end('221 bye\r\n');
        const answer = line.startsWith('MAIL') ? sender : line.startsWith('RCPT') ? recipient : '250 test';
        socket.write(`${answer}\r\n`);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const mail = { host: '127.0.0.1', port, secure: false, from: 'data@example.org' };
    return new RecallMail({ mail } as PublisherConfig);
  }
  const reader = { _id: 'r-1', doi: '10.5072/abc', email: 'ada@example.org' } as Recall;
  const faultOf = (mail: RecallMail): Promise<unknown> =>
    mail.askToConfirm(reader, 'https://data.example.org').then(
      () => 'none',
      (error: unknown) => {
        const { code, retriable, message } = error as CatenaError;
        assert.ok(!message.includes('ada@'), message);
        return [code, retriable];
      },
    );

  it('is not tried again at an address that the mail server refuses', async () => {
    assert.deepEqual(await faultOf(await mailWith('250 ok', '550 5.1.1 <ada@example.org> unknown')), [
      'publication.address-refused',
      false,
    ]);
  });

  for (const [what, sender, recipient] of [
    ['puts off the recipient', '250 ok', '451 4.7.1 <ada@example.org> later'],
    ['refuses the sender', '550 5.7.1 not from you', '250 ok'],
    ['refuses to relay', '250 ok', '554 5.7.1 <ada@example.org> relay access denied'],
  ] as const)
    it(`waits while the mail server ${what}`, async () => {
      assert.deepEqual(await faultOf(await mailWith(sender, recipient)), ['publication.mail-away', true]);
    });
});
