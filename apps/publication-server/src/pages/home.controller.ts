import { Controller, Get, Inject, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { doiKey } from '#datacite';
import { Open } from '#service-host';
import { PublicStore } from '../persistence/public-store.js';
import { bareDoi, landingPageOf, titleOf } from '../formats/work.js';
import { aboutPage } from './about-page.js';
import { pathOf } from '../publications/addresses.js';
import { atomFeed } from './feed.js';
import { homePage } from './home-page.js';
import { addressOf, pageFor } from '../site/page.js';
import { redirect, sendData, sendPage, wantsPage } from '../site/reply.js';
import { parametersOf, queryFrom, Search, type Hit } from './search.service.js';
import { Site } from '../site/site.service.js';
import { StoreGuard } from '../site/store.guard.js';

const feedLength = 50;
/** Of this process: from one question to the next the feed of an empty store stays the same. */
const started = new Date();

/** The front page with search and filters, its feed, and what the service says of itself. */
@Open('the front page of what is published')
@Controller()
export class HomeController {
  constructor(
    @Inject(Site) private readonly site: Site,
    private readonly search: Search,
    private readonly store: PublicStore,
  ) {}

  @Get()
  @UseGuards(StoreGuard)
  async home(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const page = pageFor(this.site, request);
    const query = queryFrom(addressOf(request).query);
    const doi = bareDoi(query.words);
    const known =
      doi === undefined
        ? null
        : await this.store.records.findOne({ _id: doiKey(doi) }, { projection: { 'record.doi': 1 } });
    if (known !== null) return redirect(reply, page.link(pathOf(known.record.doi, { kind: 'page' })), 302);
    const [hits, overview] = await Promise.all([this.search.hits(query), this.search.overview(query)]);
    if (wantsPage(request)) return sendPage(reply, homePage(page, query, hits, overview));
    const { total, more, facets } = overview;
    const body = {
      total,
      atLeast: more,
      page: query.page,
      facets,
      publications: hits.map((hit) => this.summaryOf(hit)),
    };
    sendData(reply, 'application/json; charset=utf-8', `${JSON.stringify(body)}\n`, {
      headers: { vary: 'Accept' },
    });
  }

  @Get('about')
  about(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    sendPage(reply, aboutPage(pageFor(this.site, request)));
  }

  @Get('feed.atom')
  @UseGuards(StoreGuard)
  async feed(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const query = { ...queryFrom(addressOf(request).query), page: 1 };
    const hits = await this.search.hits(query, feedLength);
    const search = parametersOf(query).toString();
    const since = hits.length === 0 ? await this.lastChange() : started;
    const feed = atomFeed(this.site, { search, words: query.words }, hits, since);
    sendData(reply, 'application/atom+xml; charset=utf-8', feed);
  }

  /** When the store changed last, as far as anybody knows. */
  private async lastChange(): Promise<Date> {
    const newest = { sort: { datestamp: -1, _id: -1 }, projection: { datestamp: 1 } } as const;
    return (await this.store.records.findOne({}, newest))?.datestamp ?? started;
  }

  private summaryOf(hit: Hit): object {
    const { resource, doi, publishedAt } = hit.record;
    return {
      doi,
      url: landingPageOf({ record: hit.record, catalogue: this.site.catalogue }),
      title: titleOf(hit),
      creators: resource.creators.map(({ name }) => name),
      publicationYear: resource.publicationYear,
      type: resource.types.resourceTypeGeneral,
      publishedAt,
      datestamp: hit.datestamp,
    };
  }
}
