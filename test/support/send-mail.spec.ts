import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { MailFault, mailOptionsFrom, sendMail, type MailOptions } from '#mail';
import { Mailbox } from './mailbox.js';

const mail = { to: 'me@example.org', subject: 's', text: 't' };
const patience = { connect: 60_000, answer: 60_000, whole: 60_000 };

describe('A mail', () => {
  const closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  async function refusedWith(reply: string, limits = patience): Promise<MailFault> {
    const mailbox = await Mailbox.open({ refusals: { 'me@example.org': reply } });
    closing.push(() => mailbox.close());
    return faultOf(mailOptionsFrom(mailbox.environment)!, limits);
  }
  async function faultOf(options: MailOptions, limits = patience): Promise<MailFault> {
    try {
      await sendMail(options, mail, limits);
    } catch (error) {
      if (error instanceof MailFault) return error;
      throw error;
    }
    assert.fail('it was sent');
  }

  for (const [reply, isForAddress, isForMail] of [
    ['550 5.1.1 unknown', true, true],
    ['450 4.2.0 greylisted', false, true],
    ['554 5.7.1 not from you', false, true],
    ['421 4.3.2 bye', false, false],
  ] as const)
    it(`that is answered with ${reply.slice(0, 3)} ${isForMail ? 'is refused, and others are not' : 'says that the server is away'}`, async () => {
      const fault = await refusedWith(reply);
      assert.deepEqual([fault.isForAddress, fault.isForMail], [isForAddress, isForMail]);
    });

  it('to a server that is away is not refused', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const fault = await faultOf(mailOptionsFrom({ SMTP_HOST: '127.0.0.1', SMTP_PORT: String(port) })!);
    assert.deepEqual([fault.isForAddress, fault.isForMail], [false, false]);
  });

  it('ends when the server falls silent, and when it goes on talking, after all the time that it has', async () => {
    const silent = await refusedWith('', { ...patience, whole: 300 });
    assert.deepEqual([silent.isForMail, /within 0\.3 s/.test(silent.message)], [false, true]);
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined));
      const talking = setInterval(() => socket.write('220-one moment\r\n'), 20);
      socket.on('close', () => clearInterval(talking));
    }).listen(0, '127.0.0.1');
    closing.push(async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    });
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const talking = await faultOf(mailOptionsFrom({ SMTP_HOST: '127.0.0.1', SMTP_PORT: String(port) })!, {
      ...patience,
      whole: 300,
    });
    assert.match(talking.message, /within 0\.3 s/);
  });
});
