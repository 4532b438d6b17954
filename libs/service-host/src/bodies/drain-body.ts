import type { IncomingMessage } from 'node:http';

/** Bytes and milliseconds for which the body of a refused request is still taken. */
const maxDrained = 256 * 1024 * 1024;
const longestDrain = 30_000;

/**
 * Takes the rest of a body that nobody wants, up to a limit: clients look at the answer once they have sent everything, and a
 * connection that is closed before shows them an error of the network in place of the reason.
 */
export function drainBody(body: IncomingMessage, done: () => void): void {
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
