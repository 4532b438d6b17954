import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { codeOf, isRetriable, messageOf } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { drainBody } from '#service-host';
import {
  IngestorConfigToken,
  UploadsConfigToken,
  type IngestorConfig,
  type UploadsConfig,
} from '../ingestor.config.js';
import { noteTransfer } from '../operate/transfer-counters.js';
import { TransferRefused } from './transfer-refused.js';
import { Transfers } from './transfers.js';

/** Below the base path; the token of a link follows. */
export const objectsPath = '/s3/objects/';
/** Bytes of a SHA-256. */
const digestLength = 32;

/**
 * Where upload links lead. A route of Fastify itself: the body has to be left alone, whatever its content type (clients of the
 * protocol send an empty one), and answers are those of an object store. Who may send is said by the link.
 */
@Injectable()
export class ObjectsRoute implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly transfers: Transfers,
    @Inject(IngestorConfigToken) private readonly config: IngestorConfig,
    @Inject(UploadsConfigToken) private readonly uploads: UploadsConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    const server = this.host.httpAdapter.getInstance<FastifyInstance>();
    void server.register((scope, _options, done) => {
      // An empty one, as clients of the protocol send it, Fastify refuses before it looks for a parser.
      scope.addHook('onRequest', (request, _reply, next) => {
        delete request.raw.headers['content-type'];
        next();
      });
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', (_request, _body, parsed) => parsed(null, undefined));
      scope.put(`${this.config.basePath}${objectsPath}:token`, (request, reply) =>
        this.answer(request, reply),
      );
      done();
    });
  }

  private async answer(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const { raw } = request;
    const { patience } = this.uploads;
    // A sender that has fallen silent holds a connection, a transfer and a part of the store's.
    raw.setTimeout(patience, () => raw.destroy(new Error(`the sender sent nothing for ${patience} ms`)));
    // From then on the sender waits for us.
    raw.once('end', () => raw.setTimeout(0));
    const longest = setTimeout(
      () => raw.destroy(new Error('the sender took too long')),
      this.uploads.linkLifetime,
    );
    try {
      const etag = await this.transfers.pass({
        token: (request.params as { token: string }).token,
        ...announced(request),
        // Whatever ends the reading, the sender gets an answer.
        body: raw.iterator({ destroyOnReturn: false }),
      });
      noteTransfer({ outcome: 'stored' });
      return await reply.status(200).header('etag', `"${etag}"`).send();
    } catch (error) {
      await new Promise<void>((resolve) => drainBody(raw, resolve));
      return await this.refuse(raw, reply, error);
    } finally {
      clearTimeout(longest);
      raw.setTimeout(0);
    }
  }

  private refuse(raw: FastifyRequest['raw'], reply: FastifyReply, error: unknown): FastifyReply {
    const { status, code, message } = refusalOf(error);
    noteTransfer({ outcome: status >= 500 ? 'failed' : 'refused' });
    if (status >= 500)
      this.logger.warn(
        { code: codeOf(error, 'unknown'), error: messageOf(error) },
        'a transfer failed; the client tries again',
      );
    if (!raw.complete) reply.header('connection', 'close');
    // No Retry-After: clients that heed it are sooner at the end of their tries than by their own pauses.
    return reply
      .status(status)
      .type('application/xml')
      .send(
        `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${escaped(message)}</Message></Error>`,
      );
  }
}

function announced({ headers }: FastifyRequest): { length: number; sha256: string } {
  const length = headers['content-length'];
  if (length === undefined || !/^\d+$/.test(length))
    throw new TransferRefused(
      411,
      'MissingContentLength',
      'Expected a Content-Length, found none: say how many bytes follow.',
    );
  const sha256 = headers['x-amz-checksum-sha256'];
  const digest = typeof sha256 === 'string' ? Buffer.from(sha256, 'base64') : Buffer.alloc(0);
  if (digest.length !== digestLength)
    throw new TransferRefused(
      400,
      'InvalidRequest',
      `Expected x-amz-checksum-sha256 with the SHA-256 of the body in base64, found ${sha256 === undefined ? 'none' : 'something else'}.`,
    );
  return { length: Number(length), sha256: digest.toString('base64') };
}

function refusalOf(error: unknown): { status: number; code: string; message: string } {
  if (error instanceof TransferRefused) return error;
  const message = messageOf(error);
  switch (codeOf(error, '')) {
    case 'storage.checksum-mismatch':
      return { status: 400, code: 'BadDigest', message };
    case 'storage.size-mismatch':
      return { status: 400, code: 'IncompleteBody', message };
    case 'storage.upload-not-found':
      return { status: 404, code: 'NoSuchUpload', message };
    default:
      return isRetriable(error)
        ? { status: 503, code: 'SlowDown', message }
        : {
            status: 500,
            code: 'InternalError',
            message: 'The file could not be stored at this moment. Try again.',
          };
  }
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
