import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { doiKey } from '#datacite';
import { networkOf } from '#service-host';
import { noteBytes, noteDownload } from '../counters/server-counters.js';
import { ConfigToken, type PublicationServerConfig } from '../publication-server.config.js';
import { rangeAnswerOf } from './byte-range.js';
import { readingsOf } from './download-address.js';
import { DownloadLimits } from './download-limits.js';
import { SourceError } from './copy-source.js';
import { cold, DownloadsService, type Download } from './downloads.service.js';
import { safety } from './file-headers.js';
import { PublishedFiles, type OpenPublication } from './published-files.js';
import { pump } from './pump.js';
import { Refusal } from './refusal.js';
import { RefusalAnswers } from './refusal-answers.js';
import { UsageCounter } from './usage-counter.js';

/**
 * Takes the requests for files, archives and lists below a DOI out of the stream of requests, before the pages.
 *
 * It is a hook and not a controller because what tells a download stands at the end of an address or in its middle, behind
 * any number of slashes: no router looks there.
 */
@Injectable()
export class DownloadGate implements OnModuleInit {
  private readonly limits: DownloadLimits;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly files: PublishedFiles,
    private readonly downloads: DownloadsService,
    private readonly usage: UsageCounter,
    private readonly refusals: RefusalAnswers,
    @Inject(ConfigToken) private readonly config: PublicationServerConfig,
  ) {
    this.limits = new DownloadLimits(config.downloads);
  }

  onModuleInit(): void {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    fastify.addHook('onRequest', async (request, reply) => {
      return request.method === 'GET' || request.method === 'HEAD' ? this.look(request, reply) : undefined;
    });
  }

  /** Answers what is a download; leaves all else to the pages. */
  private async look(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
    const readings = readingsOf(request.raw.url ?? '');
    if (readings.length === 0) return undefined;
    try {
      const found = await this.files.find(readings);
      if (found === undefined || found.wanted.kind === 'page') return undefined;
      const { publication, wanted } = found;
      if (wanted.kind === 'list') return await this.sendList(publication, request, reply);
      await this.send(publication, await this.downloads.download(publication, wanted), request, reply);
    } catch (error) {
      this.refusals.answer(error, request, reply);
    }
    return reply;
  }

  private async sendList(
    publication: OpenPublication,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    const query = new URLSearchParams((request.raw.url ?? '').split('?')[1]);
    const body = await this.downloads.list(publication, query);
    return reply
      .headers({ ...safety, ...about(publication), 'content-type': 'application/json; charset=utf-8' })
      .send(body);
  }

  private async send(
    publication: OpenPublication,
    download: Download,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const { size, etag, modified } = download;
    // Ranges are defined for GET alone.
    const isHead = request.method === 'HEAD';
    const answer = rangeAnswerOf(
      { ...request.headers, ...(isHead ? { range: undefined } : {}) },
      size,
      download,
    );
    const headers = {
      ...safety,
      ...about(publication),
      ...download.headers,
      'accept-ranges': 'bytes',
      etag,
      'last-modified': modified.toUTCString(),
    };
    if (answer.status === 304 || answer.status === 412)
      return void reply.code(answer.status).headers(headers).send();
    if (!('range' in answer))
      throw new Refusal(416, 'outside', {
        value: String(size),
        headers: { 'content-range': `bytes */${size}` },
      });
    await download.prove();
    const { status, range } = answer;
    const all = {
      ...headers,
      'content-length': range.end - range.first,
      ...(status === 206 ? { 'content-range': `bytes ${range.first}-${range.end - 1}/${size}` } : {}),
    };
    if (isHead) {
      reply.hijack();
      return void reply.raw.writeHead(status, all).end();
    }
    const leave = this.limits.enter(networkOf(request.ip));
    const gone = new AbortController();
    const noteEnd = noteDownload();
    reply.raw.once('close', () => {
      noteEnd();
      leave();
      gone.abort();
    });
    const chunks = download.bytes(range, gone.signal)[Symbol.asyncIterator]();
    let first: IteratorResult<Buffer>;
    try {
      // A source that cannot be read is found out before anything is promised.
      first = await chunks.next();
    } catch (error) {
      leave();
      // The copy went away before its address expired.
      throw error instanceof SourceError && error.gone ? cold(publication) : error;
    }
    reply.hijack();
    reply.raw.writeHead(status, all);
    if (download.counts && range.first === 0)
      this.usage.count(doiKey(publication.doi), request.ip, request.headers['user-agent']);
    try {
      await pump(following(first, chunks), reply.raw, this.config.downloads.patience);
    } catch (error) {
      if (!gone.signal.aborted) this.refusals.noteBroken(error, request);
    }
  }
}

/** What every download says of the publication it belongs to. */
function about({ page }: OpenPublication): { link: string; 'cache-control': string } {
  // An embargo or a withdrawal must be noticed by caches.
  return { link: `<${page}>; rel="collection"`, 'cache-control': 'no-cache' };
}

async function* following(
  first: IteratorResult<Buffer>,
  rest: AsyncIterator<Buffer>,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    for (let step = first; step.done !== true; step = await rest.next()) {
      noteBytes({}, step.value.length);
      yield step.value;
    }
  } finally {
    await rest.return?.();
  }
}
