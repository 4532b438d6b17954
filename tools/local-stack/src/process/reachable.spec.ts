import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { ensureReachable } from './reachable.js';

describe('A service that is named by a variable', () => {
  const listening = async () => {
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { port: (server.address() as AddressInfo).port, stop: () => once(server.close(), 'close') };
  };

  it('is asked before anything waits for it, and named with its variable when it is away', async () => {
    const { port, stop } = await listening();
    await ensureReachable('RABBITMQ_URL', `amqp://user:secret@127.0.0.1:${port}/host`);
    await ensureReachable('S3_ENDPOINT', `http://127.0.0.1:${port}`);
    await stop();
    await assert.rejects(
      ensureReachable('RABBITMQ_URL', `amqp://user:secret@127.0.0.1:${port}/host`),
      (error) => {
        const { message } = error as Error;
        assert.match(
          message,
          new RegExp(
            `RABBITMQ_URL to answer.*127\\.0\\.0\\.1:${port} \\(ECONNREFUSED\\).*unset RABBITMQ_URL`,
          ),
        );
        return !message.includes('secret');
      },
    );
  });

  it('answers when one of several members does', async () => {
    const [one, other] = [await listening(), await listening()];
    const uri = `mongodb://a:b@127.0.0.1:${one.port},127.0.0.1:${other.port}/?replicaSet=rs0`;
    await one.stop();
    await ensureReachable('MONGODB_URI', uri);
    await other.stop();
    await assert.rejects(
      ensureReachable('MONGODB_URI', uri),
      /nobody at 127\.0\.0\.1:\d+ .*, 127\.0\.0\.1:\d+ /,
    );
  });

  it('is asked at the usual port where none is named, and not where only a name server knows it', async () => {
    await assert.rejects(ensureReachable('MONGODB_URI', 'mongodb://127.0.0.254'), /127\.0\.0\.254:27017/);
    await assert.rejects(ensureReachable('S3_ENDPOINT', 'https://[::1]:9'), /::1:9 /);
    await ensureReachable('MONGODB_URI', 'mongodb+srv://cluster.invalid/catena');
  });
});
