import { BadRequestException } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { RawServerDefault } from 'fastify';
import { lostNumber } from './lost-number.js';

const jsonTypes = ['application/json', 'application/merge-patch+json'];

/**
 * Reads JSON bodies. An empty one counts as none: scripts and gateways that send the header of JSON with every request
 * send it with DELETE and with posts that need no body, too. Fastify's own parser refuses them with 400. Numbers that would
 * be other ones after reading are refused: what comes back has to be what was sent.
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
        else
          void parse(request, text, (error, value) => {
            const lost = error === null ? lostNumber(text) : undefined;
            if (lost === undefined) done(error, value);
            else done(new BadRequestException(explained(lost)), undefined);
          });
      },
    );
}

function explained({ path, written }: { readonly path: string; readonly written: string }): string {
  const shown = shortened(written, 40);
  const found = `${path === '' ? 'A number in the body' : shortened(path, 200)} is ${shown}`;
  if (!Number.isFinite(Number(written)))
    return `${found}, which is infinite after reading: expected a number up to ${Number.MAX_VALUE}; send larger ones as text.`;
  return (
    `${found}, which numbers of JSON do not hold exactly: ` +
    `expected an integer up to ${Number.MAX_SAFE_INTEGER}; send larger ones as text.`
  );
}

function shortened(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}
