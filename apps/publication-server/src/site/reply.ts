import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { choose } from '../formats/negotiation.js';

/** Nothing is loaded from elsewhere, nothing runs but our script, nobody frames us. */
export const documentPolicy = (inlineJson?: string): string =>
  `default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'${
    inlineJson === undefined ? '' : ` 'sha256-${createHash('sha256').update(inlineJson).digest('base64')}'`
  }; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`;

/** For what is no page: whatever it is, nothing in it may act. */
const dataPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox";

export function securityHeaders(policy = dataPolicy): Record<string, string> {
  return {
    'content-security-policy': policy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'strict-origin-when-cross-origin',
    'cross-origin-opener-policy': 'same-origin',
    'permissions-policy': 'browsing-topics=()',
  };
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export function sendPage(
  reply: FastifyReply,
  markup: string | Buffer,
  { status = 200, headers = {} }: Answer = {},
): void {
  void reply
    .status(status)
    .headers({
      ...securityHeaders(documentPolicy()),
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      vary: 'Accept, Accept-Language',
      ...headers,
    })
    .send(markup);
}

/** Data for programs on any site. */
export function sendData(
  reply: FastifyReply,
  type: string,
  body: string | Buffer | NodeJS.ReadableStream,
  { status = 200, headers = {} }: Answer = {},
): void {
  void reply
    .status(status)
    .headers({
      ...securityHeaders(),
      'content-type': type,
      'cache-control': 'no-cache',
      'access-control-allow-origin': '*',
      ...headers,
    })
    .send(body);
}

export function redirect(reply: FastifyReply, location: string, status: 301 | 302 | 303): void {
  void reply
    .status(status)
    .headers({ ...securityHeaders(), location, 'cache-control': 'no-cache' })
    .send('');
}

/** Whether a reader has this very answer already; if so, it is told. */
export function notModified(
  request: FastifyRequest,
  reply: FastifyReply,
  tag: string,
  headers: Record<string, string>,
): boolean {
  const known = request.headers['if-none-match'];
  if (known === undefined) return false;
  const opaque = tag.replace(/^W\//, '');
  const matches =
    known.trim() === '*' || known.split(',').some((one) => one.trim().replace(/^W\//, '') === opaque);
  if (matches) void reply.status(304).headers(headers).send();
  return matches;
}

/** A weak entity tag of everything an answer depends on. */
export function entityTag(...parts: readonly (string | number | boolean | undefined)[]): string {
  return `W/"${createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22)}"`;
}

/** Whether a client wants a page rather than data; browsers and those who do not say get pages. */
export function wantsPage(request: Pick<FastifyRequest, 'headers'>): boolean {
  return (
    choose(request.headers.accept, [
      { mediaType: 'text/html', thing: true },
      { mediaType: 'application/json', thing: false },
    ])?.thing ?? true
  );
}
