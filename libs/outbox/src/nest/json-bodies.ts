import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { RawServerDefault } from 'fastify';

const jsonTypes = ['application/json', 'application/merge-patch+json'];

/**
 * Reads JSON bodies. An empty one counts as none: scripts and gateways that send the header of JSON with every request
 * send it with DELETE and with posts that need no body, too. Fastify's own parser refuses them with 400.
 *
 * @param bodyLimit bytes
 */
export function acceptJsonBodies(app: NestFastifyApplication, bodyLimit?: number): void {
  const fastify = app.getHttpAdapter().getInstance();
  const parse = fastify.getDefaultJsonParser('error', 'error');
  for (const type of jsonTypes)
    app.useBodyParser<RawServerDefault>(
      type,
      bodyLimit === undefined ? {} : { bodyLimit },
      (request, body, done) => {
        const text = body.toString('utf8').trim();
        if (text === '') done(null, undefined);
        else void parse(request, text, done);
      },
    );
}
