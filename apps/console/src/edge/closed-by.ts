import type { FastifyReply } from 'fastify';

/** Fires when the browser leaves before it was answered: nobody else is asked for it any longer. */
export function closedBy(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort(new Error('The browser left before it was answered.')));
  return gone.signal;
}
