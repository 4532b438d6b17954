import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { IngestorConfigToken, type IngestorConfig } from '../ingestor.config.js';
import { objectsPath } from '../transfers/serve-objects.js';
import { unprocessable } from './bodies.js';

/** What the server answers by itself to a body that is no JSON, too long, or of another type. */
const unread: ReadonlySet<number> = new Set([400, 413, 415]);

/**
 * Bodies that could not even be read are refused by the server before a controller sees them, in words that clients of the protocol do
 * not know: they crash at a 400. They hear 422, as of any other body that is not as expected.
 */
@Injectable()
export class UnreadableBodies implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    @Inject(IngestorConfigToken) private readonly config: IngestorConfig,
  ) {}

  onModuleInit(): void {
    const { basePath } = this.config;
    const isOurs = (url: string): boolean =>
      (url.startsWith(`${basePath}/s3/`) && !url.startsWith(`${basePath}${objectsPath}`)) ||
      url.startsWith(`${basePath}/archiver/jobs`);
    const server = this.host.httpAdapter.getInstance<FastifyInstance>();
    server.addHook('onSend', (request, reply, payload, done) => {
      if (!unread.has(reply.statusCode) || !isOurs(request.url)) return done(null, payload);
      const message = `Expected a JSON object, found a body that could not be read: ${wordsIn(payload)}`;
      reply
        .status(422)
        .header('content-type', 'application/json; charset=utf-8')
        .removeHeader('content-length');
      done(null, JSON.stringify(unprocessable([{ field: '', message, type: 'json_invalid' }]).getResponse()));
    });
  }
}

function wordsIn(payload: unknown): string {
  try {
    return String((JSON.parse(String(payload)) as { message?: unknown }).message);
  } catch {
    return 'it is no JSON';
  }
}
