import type { FastifyReply } from 'fastify';

/** Why an answer is not waited for any longer: there is nobody left to read it. */
class BrowserLeft extends Error {
  constructor() {
    super('The browser left before it was answered.');
  }
}

/** Fires when the browser leaves before it was answered: nobody else is asked for it any longer. */
export function closedBy(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort(new BrowserLeft()));
  return gone.signal;
}

/** Whether this failed only because the browser had left. */
export function isOfBrowserThatLeft(error: unknown): boolean {
  if (error instanceof BrowserLeft) return true;
  return error instanceof Error && error.cause !== undefined && isOfBrowserThatLeft(error.cause);
}
