import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ending } from '#kernel';

/**
 * Lets a listener end: idle connections at once, running requests after their end or when `patience` milliseconds are
 * over. Browsers open connections in advance, and Node counts one that has never carried a request as busy for a minute.
 */
export function endConnections(app: NestFastifyApplication, patience: number): void {
  const fastify = app.getHttpAdapter().getInstance();
  const { server } = fastify as unknown as { readonly server: Server };
  const unused = new Set<Socket>();
  let closing = false;
  server.on('connection', (socket: Socket) => {
    if (closing) return void socket.destroy();
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    unused.delete(socket);
    // Its client was not told that this was the last answer on this connection.
    response.once('finish', () => closing && setImmediate(() => server.closeIdleConnections()));
  });
  fastify.addHook('preClose', (done) => {
    closing = true;
    for (const socket of unused) socket.destroy();
    const timer = setTimeout(() => server.closeAllConnections(), patience);
    server.once('close', () => clearTimeout(timer));
    void ending.waitFor('running requests', once(server, 'close'));
    done();
  });
}
