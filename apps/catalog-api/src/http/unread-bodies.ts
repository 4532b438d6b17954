import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';

/** Bytes and milliseconds for which the body of a refused request is still taken. */
const maxDrained = 256 * 1024 * 1024;
const longestDrain = 30_000;

/**
 * Bodies that are refused before they are read. Clients look at the answer once they have sent everything: a connection that
 * is closed before shows them an error of the network in place of the reason.
 */
export function answerUnreadBodies(server: FastifyInstance): void {
  server.addHook('onRequest', (request, reply, done) => {
    const packing = request.headers['content-encoding'];
    if (packing === undefined || packing.trim().toLowerCase() === 'identity') return done();
    const message = `Expected a body as it is, found one in content-encoding ${packing.slice(0, 50)}: send it unpacked.`;
    void reply.status(415).send({ message, error: 'Unsupported Media Type', statusCode: 415 });
  });
  server.addHook('onSend', (request, reply, _payload, done) => {
    if (reply.statusCode === 413 || reply.statusCode === 415) drain(request.raw, () => done());
    else done();
  });
}

function drain(body: IncomingMessage, done: () => void): void {
  if (body.complete || body.destroyed) return done();
  let left = maxDrained;
  const finish = (): void => {
    clearTimeout(timer);
    body.off('data', count).off('end', finish).off('close', finish).off('error', finish);
    done();
  };
  const count = (part: Buffer): void => {
    left -= part.length;
    if (left < 0) finish();
  };
  const timer = setTimeout(finish, longestDrain);
  body.on('data', count).on('end', finish).on('close', finish).on('error', finish);
  body.resume();
}
