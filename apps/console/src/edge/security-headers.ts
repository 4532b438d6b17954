import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import type { ConsoleConfig } from '../console.config.js';
import { ConsoleError } from './console-error.js';

const policy = [
  ...["default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:"],
  ...["connect-src 'self'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"],
].join('; ');

const headers: Readonly<Record<string, string>> = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};
const changing = ['POST', 'PUT', 'PATCH', 'DELETE'];

/** What every answer of the console gets, and what every request is asked before anything is done. */
export function guardConsole(
  app: NestFastifyApplication,
  { publicUrl }: Pick<ConsoleConfig, 'publicUrl'>,
): void {
  const server = app.getHttpAdapter().getInstance();
  const { origin } = new URL(publicUrl);
  server.addHook('onRequest', (request, reply, done) => {
    void reply.headers(headers);
    try {
      if (changing.includes(request.method)) refuseForeign(request, origin);
      done();
    } catch (error) {
      const { status, ...fault } = { status: 403, ...(error as ConsoleError).fault(undefined) };
      void reply.code(status).send(fault);
    }
  });
}

/** Event streams are answered beside Fastify: they send these by themselves. */
export function securityHeaders(): Readonly<Record<string, string>> {
  return headers;
}

/**
 * Only the console's own pages change something: other sites cannot set the header without being asked first, which nobody answers
 * here, and browsers say where a request comes from.
 *
 * @throws ConsoleError `console.foreign-request`
 */
export function refuseForeign({ headers: given }: Pick<FastifyRequest, 'headers'>, origin: string): void {
  const { origin: from, 'sec-fetch-site': site, 'x-catena-console': mark } = given;
  const isOwn = from === undefined ? site === 'same-origin' : from === origin;
  if (mark === '1' && isOwn) return;
  throw new ConsoleError(
    403,
    'console.foreign-request',
    `Expected a request of the console's own pages at ${origin} (CONSOLE_URL), with the header X-Catena-Console, found another: open the console under that address.`,
  );
}
