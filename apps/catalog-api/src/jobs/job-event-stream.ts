import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { messageOf } from '#kernel';
import type { Logger } from '#observability';
import { LOGGER } from '#outbox';
import { Catalogue } from '../persistence/catalogue.js';
import type { JobRecord } from '../persistence/records.js';
import { JobNews } from './job-news.js';

/** Milliseconds between looks at the database: another process may have applied the report. */
const pollInterval = 1000;
const keepAliveInterval = 15_000;

/** Streams what happens to one job as server-sent events. */
@Injectable()
export class JobEventStream implements BeforeApplicationShutdown {
  private readonly open_ = new Set<() => void>();

  constructor(
    private readonly catalogue: Catalogue,
    private readonly news: JobNews,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  open(job: JobRecord, request: FastifyRequest, reply: FastifyReply): void {
    reply.hijack();
    const raw = reply.raw;
    raw.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      connection: 'keep-alive',
      'access-control-allow-origin': '*',
    });
    const sent = { status: '', progress: '' };
    const show = (current: JobRecord): void => {
      const status = JSON.stringify({
        statusCode: current.statusCode,
        statusMessage: current.statusMessage,
        updatedAt: current.updatedAt,
      });
      const progress = JSON.stringify(current.catena?.progress ?? null);
      if (status !== sent.status) raw.write(`event: status\ndata: ${(sent.status = status)}\n\n`);
      if (progress !== sent.progress && progress !== 'null')
        raw.write(`event: progress\ndata: ${(sent.progress = progress)}\n\n`);
      if (isOver(current)) {
        raw.write(`event: end\ndata: ${status}\n\n`);
        stop();
      }
    };
    const look = (): void => {
      this.catalogue.jobs
        .findOne({ _id: job._id }, { projection: { 'catena.outbox': 0, 'catena.history': 0, jobParams: 0 } })
        .then(
          (current) => (current === null ? stop() : show(current)),
          (error: unknown) =>
            this.logger.warn(
              { jobId: job._id, error: messageOf(error) },
              'event stream could not read its job',
            ),
        );
    };
    const poll = setInterval(look, pollInterval);
    const keepAlive = setInterval(() => raw.write(': still here\n\n'), keepAliveInterval);
    const forget = this.news.listen(job._id, look);
    const stop = (): void => {
      clearInterval(poll);
      clearInterval(keepAlive);
      forget();
      this.open_.delete(stop);
      raw.end();
    };
    this.open_.add(stop);
    request.raw.on('close', stop);
    show(job);
  }

  beforeApplicationShutdown(): void {
    for (const stop of this.open_) stop();
  }
}

/** Words that today's systems end a job with. */
function isOver(job: JobRecord): boolean {
  return job.catena?.finished === true || /^(finished|completed|jobCancel)/.test(job.statusCode);
}
