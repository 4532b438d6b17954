import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import type { CatenaError, Environment } from '#kernel';
import { mailOptionsFrom } from '#mail';
import { selfSigned } from '../../../../test/support/certificates.js';
import { Mailbox, type MailboxOptions } from '../../../../test/support/mailbox.js';
import type { Recall } from '../persistence/records.js';
import type { PublisherConfig } from '../publisher.config.js';
import { RecallMail } from './recall-mail.js';

const mailTo = (environment: Environment): RecallMail =>
  new RecallMail({ mail: mailOptionsFrom(environment) } as PublisherConfig);
const reader = { _id: 'r-1', doi: '10.5072/abc', email: 'ada@example.org' } as Recall;

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
    return mailTo({ SMTP_HOST: '127.0.0.1', SMTP_PORT: String(port), SMTP_MESSAGE_FROM: 'data@example.org' });
  }
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

describe('Mail through a server with TLS', () => {
  const certificate = selfSigned('127.0.0.1');
  const account = { username: 'catena', password: 'päss word' };
  let folder: string;
  let mailbox: Mailbox;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'catena-mail-'));
    await writeFile(join(folder, 'ca.pem'), certificate.certificate);
    await writeFile(join(folder, 'password'), `${account.password}\n`);
  });
  after(() => rm(folder, { recursive: true }));
  afterEach(() => mailbox.close());

  async function send(options: MailboxOptions, settings: Environment): Promise<void> {
    mailbox = await Mailbox.open(options);
    const environment = { SMTP_CA_FILE: join(folder, 'ca.pem'), ...mailbox.environment, ...settings };
    await mailTo(environment).askToConfirm(reader, 'https://data.example.org');
  }
  const signedIn = () => ({ SMTP_USERNAME: account.username, SMTP_PASSWORD_FILE: join(folder, 'password') });
  const isRefused = (error: CatenaError): boolean => {
    assert.equal(error.code, 'publication.mail-away');
    for (const secret of [account.password, Buffer.from(account.password).toString('base64'), 'ada@'])
      assert.ok(!error.message.includes(secret), error.message);
    return true;
  };

  it('goes out with the account of the settings, whose password is never said in the clear', async () => {
    await send({ certificate, account }, signedIn());
    const [mail] = mailbox.mails;
    assert.deepEqual([mail?.username, mail?.encrypted, mail?.to], ['catena', true, ['ada@example.org']]);
    assert.deepEqual(
      mailbox.clear.map((line) => line.split(' ')[0]),
      ['EHLO', 'STARTTLS'],
    );
  });

  it('goes out over TLS from the start', async () => {
    await send({ certificate, account, tlsFromTheStart: true }, { ...signedIn(), SMTP_SECURE: 'yes' });
    assert.deepEqual([mailbox.mails[0]?.username, mailbox.clear], ['catena', []]);
  });

  it('waits at a server that does not encrypt where that is required: it hears neither account nor mail', async () => {
    await assert.rejects(send({}, { SMTP_STARTTLS: 'required' }), isRefused);
    await mailbox.close();
    await assert.rejects(send({ account }, signedIn()), isRefused);
    assert.deepEqual([mailbox.mails, mailbox.clear.filter((line) => /AUTH|MAIL/.test(line))], [[], []]);
  });

  it('waits at a server for whose certificate nobody vouches', async () => {
    await assert.rejects(send({ certificate }, { SMTP_STARTTLS: 'required', SMTP_CA_FILE: '' }), isRefused);
    assert.deepEqual(mailbox.mails, []);
  });

  it('says nothing of a password that the server refuses and repeats', async () => {
    const settings = { SMTP_USERNAME: account.username, SMTP_PASSWORD: 'another' };
    await assert.rejects(send({ certificate, account }, settings), (error: CatenaError) => {
      const plain = Buffer.from('\0catena\0another').toString('base64');
      assert.ok(!error.message.includes('another') && !error.message.includes(plain), error.message);
      assert.match(error.message, /535/);
      return isRefused(error);
    });
  });

  it('goes in the clear only where the server offers nothing else, or the settings say so', async () => {
    await send({}, {});
    assert.equal(mailbox.mails[0]?.encrypted, false);
    await mailbox.close();
    await send({ certificate }, {});
    assert.equal(mailbox.mails[0]?.encrypted, true);
    await mailbox.close();
    await send({ certificate }, { SMTP_STARTTLS: 'off' });
    assert.equal(mailbox.mails[0]?.encrypted, false);
  });
});
