import { Controller, Get, Inject, NotFoundException, Param, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import { PublicStore } from '../persistence/public-store.js';
import { pathOf } from '../landing/addresses.js';
import { xml } from './feed.js';
import { sendData } from '../site/reply.js';
import { Site } from '../site/site.service.js';
import { StoreGuard } from '../site/store.guard.js';

/** What the sitemap protocol allows in one file. */
export const mostUrls = 50_000;
const head = '<?xml version="1.0" encoding="UTF-8"?>\n';
const namespace = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"';

/** What search engines read first. */
@Controller()
export class CrawlersController {
  constructor(
    @Inject(Site) private readonly site: Site,
    private readonly store: PublicStore,
  ) {}

  @Get('robots.txt')
  robots(@Res() reply: FastifyReply): void {
    const { base, url } = this.site;
    // Downloads are linked from pages that crawlers should read; the bytes themselves are of no use to them.
    const lines = [
      'User-agent: *',
      `Disallow: ${base}/requests/`,
      `Disallow: ${base}/*/request$`,
      `Disallow: ${base}/*/archive.zip$`,
      `Disallow: ${base}/*/archive.tar$`,
      `Allow: ${base}/`,
      '',
      `Sitemap: ${url}/sitemap.xml`,
      '',
    ];
    sendData(reply, 'text/plain; charset=utf-8', lines.join('\n'));
  }

  @Get('sitemap.xml')
  @UseGuards(StoreGuard)
  async sitemap(@Res() reply: FastifyReply): Promise<void> {
    const count = await this.store.records.countDocuments({ state: 'published' });
    if (count <= mostUrls) return this.sendUrls(reply, 0);
    const parts = Array.from({ length: Math.ceil(count / mostUrls) }, (_, index) => index + 1);
    const body = parts.map(
      (part) => `<sitemap><loc>${xml(`${this.site.url}/sitemap-${part}.xml`)}</loc></sitemap>\n`,
    );
    sendData(
      reply,
      'application/xml; charset=utf-8',
      `${head}<sitemapindex ${namespace}>\n${body.join('')}</sitemapindex>\n`,
    );
  }

  @Get('sitemap-:part.xml')
  @UseGuards(StoreGuard)
  sitemapPart(@Param('part') text: string, @Res() reply: FastifyReply): void {
    if (!/^[1-9]\d{0,3}$/.test(text)) throw new NotFoundException();
    return this.sendUrls(reply, (Number(text) - 1) * mostUrls);
  }

  private sendUrls(reply: FastifyReply, skip: number): void {
    sendData(reply, 'application/xml; charset=utf-8', Readable.from(this.urls(skip), { objectMode: false }));
  }

  private async *urls(skip: number): AsyncIterable<string> {
    // Oldest first: what is added later changes the last part only.
    const cursor = this.store.records
      .find({ state: 'published' }, { projection: { 'record.doi': 1, datestamp: 1 } })
      .sort({ 'record.publishedAt': 1, _id: -1 })
      .skip(skip)
      .limit(mostUrls)
      .batchSize(2000);
    yield `${head}<urlset ${namespace}>\n`;
    let piece = '';
    for await (const { record, datestamp } of cursor) {
      piece += `<url><loc>${xml(this.site.url + pathOf(record.doi, { kind: 'page' }))}</loc><lastmod>${datestamp.toISOString().replace('.000Z', 'Z')}</lastmod></url>\n`;
      if (piece.length < 32_768) continue;
      yield piece;
      piece = '';
    }
    yield `${piece}</urlset>\n`;
  }
}
