import { Controller, Get, Header, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { messageOf, withoutQuery } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { isDatabaseAway, MongoConnection } from '#persistence';
import { Open } from '#service-host';
import { ConfigToken, type PublicationServerConfig } from '../publication-server.config.js';
import { OaiService, type OaiAnswer } from './oai.service.js';
import { stylesheet } from './stylesheet.js';
import { sendXml } from './xml-answer.js';

/** Answers on their way at once; more are asked to come back. */
const maxAnswers = 64;
/** Seconds. */
const retryAfter = 30;

/** The base URL of the OAI-PMH provider. */
@Open('harvesters of the world read it')
@Controller('oai')
export class OaiController {
  private answers = 0;

  constructor(
    private readonly oai: OaiService,
    private readonly mongo: MongoConnection,
    @Inject(ConfigToken) private readonly config: PublicationServerConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Get()
  async get(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.answer(inQuery(request), request, reply);
  }

  @Post()
  @HttpCode(200)
  async post(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const type = request.headers['content-type'] ?? 'application/x-www-form-urlencoded';
    if (!/^application\/x-www-form-urlencoded\b/i.test(type))
      return refuse(reply, 415, 'Expected a form: application/x-www-form-urlencoded.');
    await this.answer([...inQuery(request), ...inForm(request.body)], request, reply);
  }

  /** Shows answers as pages to people whose browser finds them. */
  @Get('style.xsl')
  @Header('content-type', 'text/xsl; charset=utf-8')
  @Header('cache-control', 'public, max-age=3600')
  @Header('x-content-type-options', 'nosniff')
  style(): string {
    return stylesheet;
  }

  private async answer(
    pairs: readonly (readonly [string, string])[],
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    if (!this.mongo.ready) return this.comeBack(reply, 'The database is away.');
    if (this.answers >= maxAnswers) return this.comeBack(reply, 'Too many harvests at once.');
    this.answers += 1;
    reply.raw.once('close', () => (this.answers -= 1));
    // A harvester that stopped reading must not keep a cursor open.
    reply.raw.setTimeout(this.config.downloads.patience, () => reply.raw.destroy());
    let answer: OaiAnswer;
    try {
      answer = await this.oai.answer(pairs);
    } catch (error) {
      if (isDatabaseAway(error)) return this.comeBack(reply, 'The database is away.');
      this.logger.error(
        { url: withoutQuery(request.url), error: messageOf(error) },
        'could not answer a harvester',
      );
      return refuse(reply, 500, 'Something went wrong here. The operators have been told.');
    }
    sendXml(reply, answer, request.headers['accept-encoding']);
  }

  private comeBack(reply: FastifyReply, why: string): void {
    void reply.header('retry-after', retryAfter);
    refuse(reply, 503, `${why} Please come back in ${retryAfter} seconds.`);
  }
}

function inQuery({ raw: { url = '' } }: FastifyRequest): [string, string][] {
  const start = url.indexOf('?');
  return start < 0 ? [] : [...new URLSearchParams(url.slice(start))];
}

function inForm(body: unknown): [string, string][] {
  if (typeof body !== 'object' || body === null) return [];
  return Object.entries(body).flatMap(([name, value]: [string, unknown]) =>
    [value].flat().map((one): [string, string] => [name, typeof one === 'string' ? one : '']),
  );
}

function refuse(reply: FastifyReply, status: number, text: string): void {
  void reply.status(status).header('content-type', 'text/plain; charset=utf-8').send(`${text}\n`);
}
