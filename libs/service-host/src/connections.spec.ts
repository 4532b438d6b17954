import 'reflect-metadata';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { endConnections } from './connections.js';

@Module({})
class Nothing {}

describe('A listener that is told to end', () => {
  let finish: () => void;

  async function listening(patience: number): Promise<{ app: NestFastifyApplication; port: number }> {
    const app = await NestFactory.create<NestFastifyApplication>(Nothing, new FastifyAdapter(), {
      logger: false,
    });
    endConnections(app, patience);
    app
      .getHttpAdapter()
      .getInstance()
      .get('/', (_request, reply) => {
        reply.hijack();
        reply.raw.writeHead(200, { 'content-length': 4 });
        reply.raw.write('ha');
        finish = () => reply.raw.end('lf');
      });
    await app.listen(0, '127.0.0.1');
    return { app, port: Number(new URL(await app.getUrl()).port) };
  }
  async function connected(port: number): Promise<Socket> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  }
  const asking = async (port: number): Promise<Socket> => {
    const socket = await connected(port);
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await once(socket, 'readable');
    return socket;
  };
  const textOf = async (socket: Socket): Promise<string> => {
    let text = '';
    for await (const chunk of socket.setEncoding('utf8')) text += String(chunk);
    return text;
  };

  it('waits for nobody who has only opened a connection', async () => {
    const { app, port } = await listening(3_600_000);
    const socket = await connected(port);
    // So that the server has seen it: connections are accepted in order.
    finish = () => undefined;
    const other = await asking(port);
    finish();
    const gone = once(socket, 'close');
    const closing = app.close();
    await gone;
    await textOf(other);
    await closing;
  });

  it('lets what runs come to its end', async () => {
    const { app, port } = await listening(3_600_000);
    const socket = await asking(port);
    const closing = app.close();
    setImmediate(() => finish());
    assert.match(await textOf(socket), /half$/);
    await closing;
  });

  it('cuts off what takes longer than its patience', async () => {
    const { app, port } = await listening(50);
    const socket = await asking(port);
    const cut = textOf(socket).then(
      (text) => text,
      () => 'reset',
    );
    await app.close();
    assert.doesNotMatch(await cut, /half$/);
  });
});
