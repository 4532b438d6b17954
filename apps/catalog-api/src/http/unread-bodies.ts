import type { FastifyInstance } from 'fastify';
import { drainBody } from '#service-host';

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
    if (reply.statusCode === 413 || reply.statusCode === 415) drainBody(request.raw, () => done());
    else done();
  });
}
