import { Controller, Get, Inject, NotFoundException, Param, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import { Clock } from '#kernel';
import { Open } from '#service-host';
import { SharedAnswers } from './shared-answers.js';
import { PublicStore } from '../persistence/public-store.js';
import { pathOf } from '../publications/addresses.js';
import { xml } from './feed.js';
import { sendData } from '../site/reply.js';
import { Site } from '../site/site.service.js';
import { StoreGuard } from '../site/store.guard.js';

/** What the sitemap protocol allows in one file. */
const maxUrls = 50_000;
const head = '<?xml version="1.0" encoding="UTF-8"?>\n';
const namespace = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"';

/** Lengths of the beginnings of a moment: year, month, day, hour, minute, second. */
const precisions = [4, 7, 10, 13, 16, 19] as const;
const ages = { fresh: 60_000, stale: 600_000 };

/** What search engines read first. */
@Open('search engines read it')
@Controller()
export class CrawlersController {
  private readonly parts: SharedAnswers<readonly string[]>;

  constructor(
    @Inject(Site) private readonly site: Site,
    private readonly store: PublicStore,
    clock: Clock,
  ) {
    this.parts = new SharedAnswers(ages, 1, () => clock.now().getTime());
  }

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
    const parts = await this.parts.get('', () => this.divide());
    if (parts.length === 0) return this.sendUrls(reply, '');
    const body = parts.map(
      (part) =>
        `<sitemap><loc>${xml(`${this.site.url}/sitemap-${part.replace(/\D/g, '')}.xml`)}</loc></sitemap>\n`,
    );
    sendData(
      reply,
      'application/xml; charset=utf-8',
      `${head}<sitemapindex ${namespace}>\n${body.join('')}</sitemapindex>\n`,
    );
  }

  /** The publications of a year, or of a month, day … of a year in which very many were published. */
  @Get('sitemap-:part.xml')
  @UseGuards(StoreGuard)
  sitemapPart(@Param('part') digits: string, @Res() reply: FastifyReply): void {
    const [, year, ...rest] = /^(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?$/.exec(digits) ?? [];
    if (year === undefined) throw new NotFoundException();
    const signs = ['-', '-', 'T', ':', ':'];
    const moment = rest.reduce(
      (text, part, index) => (part === undefined ? text : text + signs[index] + part),
      year,
    );
    this.sendUrls(reply, moment);
  }

  /** Beginnings of moments of publication that hold no more than a sitemap may; none when one sitemap holds all. */
  private async divide(): Promise<readonly string[]> {
    const all = await this.store.records.countDocuments({ state: 'published' });
    return all <= maxUrls ? [] : this.divided('', 0);
  }

  private async divided(beginning: string, depth: number): Promise<string[]> {
    const precision = precisions[depth];
    // Nobody publishes so many in one second; who does has them listed up to the limit.
    if (precision === undefined) return [beginning];
    const groups = await this.store.records
      .aggregate<{ _id: string; count: number }>([
        { $match: publishedIn(beginning) },
        { $group: { _id: { $substrCP: ['$record.publishedAt', 0, precision] }, count: { $sum: 1 } } },
        { $sort: { _id: 1 } },
      ])
      .toArray();
    const parts: string[] = [];
    for (const { _id, count } of groups)
      parts.push(...(count <= maxUrls ? [_id] : await this.divided(_id, depth + 1)));
    return parts;
  }

  private sendUrls(reply: FastifyReply, beginning: string): void {
    sendData(
      reply,
      'application/xml; charset=utf-8',
      Readable.from(this.urls(beginning), { objectMode: false }),
    );
  }

  private async *urls(beginning: string): AsyncIterable<string> {
    const cursor = this.store.records
      .find(publishedIn(beginning), { projection: { 'record.doi': 1, datestamp: 1 } })
      .sort({ _id: 1 })
      .limit(maxUrls)
      .batchSize(2000);
    yield `${head}<urlset ${namespace}>\n`;
    let piece = '';
    for await (const { record, datestamp } of cursor) {
      const address = xml(this.site.url + pathOf(record.doi, { kind: 'page' }));
      piece += `<url><loc>${address}</loc><lastmod>${datestamp.toISOString().replace('.000Z', 'Z')}</lastmod></url>\n`;
      if (piece.length < 32_768) continue;
      yield piece;
      piece = '';
    }
    yield `${piece}</urlset>\n`;
  }
}

function publishedIn(beginning: string): object {
  const range = beginning === '' ? {} : { 'record.publishedAt': { $gte: beginning, $lt: `${beginning}~` } };
  return { state: 'published', ...range };
}
