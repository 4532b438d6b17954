import type { FastifyReply } from 'fastify';
import { ConsoleError } from '../edge/console-error.js';

/** What another app answered. */
interface Passed {
  readonly app: string;
  readonly status: number;
  readonly text: string;
  readonly etag?: string | undefined;
  readonly retryAfter?: string | undefined;
}

const longestMessage = 2000;

/** Passes a success on as it is, and what was refused as a fault with its status, its code and who said so. */
export async function passOn(reply: FastifyReply, answer: Passed): Promise<void> {
  const { status, text, etag } = answer;
  if (status < 200 || status >= 300) throw refusalOf(answer);
  if (etag !== undefined) void reply.header('etag', etag);
  void reply.code(status).header('cache-control', 'no-store');
  if (text === '') return void (await reply.send());
  await reply.header('content-type', 'application/json; charset=utf-8').send(text);
}

/** A refusal of another app in the console's words. */
export function refusalOf({ app, status, text, retryAfter }: Passed): ConsoleError {
  const { code = 'console.app-refused', message = `${app} answered HTTP ${status}.` } = wordsIn(text);
  // A 401 here is between the console and the app: the browser would take it for the end of the session. So is a redirect.
  const shown = status === 401 ? 502 : status < 400 ? 502 : status;
  return new ConsoleError(shown, code, message, {
    app,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}

function wordsIn(text: string): { code?: string; message?: string } {
  try {
    const { code, message } = (JSON.parse(text) ?? {}) as { code?: unknown; message?: unknown };
    const words =
      typeof message === 'string' ? message : message === undefined ? '' : JSON.stringify(message);
    return {
      ...(typeof code === 'string' ? { code } : {}),
      ...(words === '' ? {} : { message: words.slice(0, longestMessage) }),
    };
  } catch {
    return {};
  }
}
