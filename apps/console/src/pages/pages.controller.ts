import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Open } from '#service-host';
import { ConfigToken, type ConsoleConfig } from '../console.config.js';
import { ConsoleError, noSuchCall } from '../edge/console-error.js';
import { fileOf, type WebFile, type WebFiles } from './web-files.js';

/** Injection token of the built browser part. */
export const WebFilesToken = Symbol('WebFiles');

/** The browser part. Its pages are all one file: which of them is shown, the address says to the script. */
@Open('the browser part holds no data: it asks for them under a session')
@Controller()
export class PagesController {
  private readonly theme: WebFile;

  constructor(
    @Inject(WebFilesToken) private readonly files: WebFiles,
    @Inject(ConfigToken) { theme }: Pick<ConsoleConfig, 'theme'>,
  ) {
    this.theme = fileOf('theme.css', Buffer.from(`:root{--brand:${theme.colour}}\n`))!;
  }

  @Get()
  async start(@Res() reply: FastifyReply): Promise<void> {
    await reply.redirect('/console', 302);
  }

  @Get('console/assets/:name')
  async asset(
    @Param('name') name: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const file = name === 'theme.css' ? this.theme : this.files.assets.get(name);
    if (file === undefined) throw noSuchCall('a file that the browser part does not have');
    await send(request, reply, file, file.lasting ? 'public, max-age=31536000, immutable' : 'no-cache');
  }

  @Get(['console/api', 'console/api/*'])
  none(@Req() { url }: FastifyRequest): never {
    throw noSuchCall(`GET ${url.split('?')[0]}`);
  }

  @Get(['console', 'console/*'])
  async page(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { index } = this.files;
    if (index === undefined)
      throw new ConsoleError(
        503,
        'console.no-pages',
        'The pages of the console were not built here: an operator finds the reason in its log. Its calls work.',
      );
    await send(request, reply, index, 'no-store');
  }
}

async function send(
  request: FastifyRequest,
  reply: FastifyReply,
  file: WebFile,
  caching: string,
): Promise<void> {
  const { type, etag, content, packed } = file;
  const isPacked = packed !== undefined && /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  const tag = `"${etag}${isPacked ? '-gz' : ''}"`;
  void reply.headers({ etag: tag, 'cache-control': caching, vary: 'Accept-Encoding' });
  if (caching !== 'no-store' && request.headers['if-none-match'] === tag)
    return void (await reply.code(304).send());
  if (isPacked) void reply.header('content-encoding', 'gzip');
  await reply.header('content-type', type).send(isPacked ? packed : content);
}
