import { Controller, Get, Inject, NotFoundException, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { Open } from '#service-host';
import { choose, type Choice } from '../formats/negotiation.js';
import { contentTypeOf, formatNamed, formats, type Format } from '../formats/formats.js';
import { isCitationStyle } from '../formats/citation.js';
import { describesHeader, linkHeader, linksetJson, linksetText, linkValue } from '../formats/signposting.js';
import { citableUrl, landingPageOf, type Work } from '../formats/work.js';
import { PublicStore } from '../persistence/public-store.js';
import { RecallForms } from '../recalls/recall-forms.service.js';
import { pathOf, type Part } from '../publications/addresses.js';
import { filesPage } from './files-page.js';
import { MadePages } from './made-pages.js';
import { addressOf, pageFor } from '../site/page.js';
import { filesOfList, Publications, type Found } from '../publications/publications.service.js';
import { entityTag, notModified, redirect, sendData, sendPage, wantsPage } from '../site/reply.js';
import { Site } from '../site/site.service.js';
import { StoreGuard } from '../site/store.guard.js';
import { tombstoneJson, tombstonePage } from './tombstone-page.js';
import { VisitCounter } from './visit-counter.js';

const prefix = '/doi/';
const offers = [
  { mediaType: 'text/html', thing: undefined },
  { mediaType: 'application/xhtml+xml', thing: undefined },
  ...formats.flatMap((format) => format.mediaTypes.map((mediaType) => ({ mediaType, thing: format }))),
];

/** Everything below the address of a publication that is no download. */
@Open('what is published is for everybody')
@Controller('doi')
@UseGuards(StoreGuard)
export class DoiController {
  constructor(
    @Inject(Site) private readonly site: Site,
    private readonly publications: Publications,
    private readonly store: PublicStore,
    private readonly pages: MadePages,
    private readonly views: VisitCounter,
    private readonly recallForms: RecallForms,
  ) {}

  @Get('*')
  async get(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { path, query } = addressOf(request);
    const choice = choose<Format | undefined>(request.headers.accept, offers);
    const found = await this.publications.find(path.slice(prefix.length), choice?.thing);
    if (found === undefined) throw new NotFoundException();
    const { stored, part } = found;
    const canonical = pathOf(stored.record.doi, part);
    if (path !== canonical) {
      const search = query.toString();
      return redirect(reply, `${this.site.base}${canonical}${search === '' ? '' : `?${search}`}`, 301);
    }
    if (stored.state === 'withdrawn') return this.gone(request, reply, stored);
    return this.answer(request, reply, found, choice);
  }

  private async answer(
    request: FastifyRequest,
    reply: FastifyReply,
    { stored, part }: { readonly stored: Found; readonly part: Part },
    choice: Choice<Format | undefined> | undefined,
  ): Promise<void> {
    switch (part.kind) {
      case 'page':
        return this.negotiated(request, reply, stored, choice);
      case 'export':
        return this.exported(request, reply, stored, part.format);
      case 'linkset':
        return this.linkset(reply, stored, part.form);
      case 'picture':
        return this.picture(request, reply, stored, part.name);
      case 'files':
        return this.files(request, reply, stored);
      case 'request':
        return this.recallForms.show(request, reply, stored);
    }
  }

  private async negotiated(
    request: FastifyRequest,
    reply: FastifyReply,
    stored: Found,
    choice: Choice<Format | undefined> | undefined,
  ): Promise<void> {
    if (choice === undefined) return this.notAcceptable(reply, stored);
    if (choice.thing === undefined) return this.landing(request, reply, stored);
    const work = await this.publications.work(stored);
    const location = `${landingPageOf(work)}/export/${choice.thing.name}`;
    return this.send(request, reply, work, choice.thing, styleOf(choice, request), {
      vary: 'Accept',
      'content-location': location,
    });
  }

  private async landing(request: FastifyRequest, reply: FastifyReply, stored: Found): Promise<void> {
    const page = pageFor(this.site, request);
    const publication = await this.publications.whole(stored);
    const { availability, relations, work } = publication;
    // What counts change is no reason to send a page again.
    const tag = entityTag(
      this.site.edition,
      stored.digest,
      stored.datestamp.getTime(),
      page.language,
      page.chosen,
      availability.kind,
      JSON.stringify(relations),
    );
    const headers = {
      etag: tag,
      'last-modified': stored.datestamp.toUTCString(),
      'cache-control': 'no-cache',
      'content-language': page.language,
      vary: 'Accept, Accept-Language',
    };
    this.views.count(stored._id, request);
    const isKnown =
      request.headers['if-none-match'] !== undefined &&
      notModified(request, reply, tag, { ...headers, link: linkHeader(work) });
    if (isKnown) return;
    const { markup, headers: own } = this.pages.of(page, publication);
    sendPage(reply, markup, { headers: { ...headers, ...own } });
  }

  private async exported(
    request: FastifyRequest,
    reply: FastifyReply,
    stored: Found,
    name: string,
  ): Promise<void> {
    const format = formatNamed(name);
    if (format === undefined) throw new NotFoundException();
    const work = await this.publications.work(stored);
    const file = stored.record.doi.replace(/[^A-Za-z0-9.-]+/g, '_');
    return this.send(request, reply, work, format, styleOf(undefined, request), {
      'content-disposition': `attachment; filename="${file}.${format.extension}"`,
    });
  }

  private send(
    request: FastifyRequest,
    reply: FastifyReply,
    work: Work,
    format: Format,
    style: ReturnType<typeof styleOf>,
    more: Record<string, string>,
  ): void {
    const tag = entityTag(
      this.site.edition,
      work.record.revision,
      work.datestamp.getTime(),
      work.embargoedUntil?.getTime(),
      format.name,
      style,
    );
    const headers = {
      etag: tag,
      'last-modified': work.datestamp.toUTCString(),
      link: describesHeader(work),
      'access-control-allow-origin': '*',
      ...more,
    };
    if (notModified(request, reply, tag, headers)) return;
    sendData(reply, contentTypeOf(format), format.render(work, style), { headers });
  }

  private notAcceptable(reply: FastifyReply, { record }: Found): void {
    const url = `${this.site.url}${pathOf(record.doi, { kind: 'page' })}`;
    const all = [
      { type: 'text/html', href: url },
      ...formats.map(({ name, mediaTypes }) => ({
        type: mediaTypes[0],
        href: `${url}/export/${name}`,
      })),
    ];
    sendData(reply, 'text/plain; charset=utf-8', all.map(({ type, href }) => `${type} ${href}\n`).join(''), {
      status: 406,
      headers: {
        vary: 'Accept',
        link: all.map(({ type, href }) => linkValue({ relation: 'alternate', href, type })).join(', '),
      },
    });
  }

  private linkset(reply: FastifyReply, stored: Found, form: 'json' | 'txt'): void {
    const work = this.publications.workOf(stored, []);
    const files = this.publications.allFiles(stored);
    const body = Readable.from(form === 'json' ? linksetJson(work, files) : linksetText(work, files), {
      objectMode: false,
      highWaterMark: 64 * 1024,
    });
    sendData(
      reply,
      form === 'json' ? 'application/linkset+json' : 'application/linkset; charset=utf-8',
      body,
      {
        headers: {
          link: `<${landingPageOf(work)}>; rel="describes"`,
          'last-modified': stored.datestamp.toUTCString(),
        },
      },
    );
  }

  private async picture(
    request: FastifyRequest,
    reply: FastifyReply,
    stored: Found,
    name: string,
  ): Promise<void> {
    const listed = stored.record.pictures.find((picture) => picture.name === name);
    if (listed === undefined) throw new NotFoundException();
    const tag = entityTag(stored._id, name, stored.digest);
    const headers = {
      etag: tag,
      'cache-control': 'public, max-age=3600',
      'cross-origin-resource-policy': 'cross-origin',
    };
    if (notModified(request, reply, tag, headers)) return;
    const picture = await this.store.pictures.findOne({ _id: `${stored._id}\n${name}` });
    if (picture === null) throw new NotFoundException();
    const { content } = picture as { content: Buffer | { readonly buffer: Uint8Array } };
    sendData(reply, listed.mediaType, Buffer.isBuffer(content) ? content : Buffer.from(content.buffer), {
      headers,
    });
  }

  private async files(request: FastifyRequest, reply: FastifyReply, stored: Found): Promise<void> {
    const availability = await this.publications.availabilityOf(stored);
    const count = stored.record.files?.count ?? 0;
    const number = Number(addressOf(request).query.get('page') ?? 1);
    const last = Math.max(1, Math.ceil(count / filesOfList));
    if (
      count === 0 ||
      availability.kind === 'embargoed' ||
      !Number.isInteger(number) ||
      number < 1 ||
      number > last
    )
      throw new NotFoundException();
    const files = await this.publications.files(stored, (number - 1) * filesOfList, filesOfList);
    const page = pageFor(this.site, request);
    const linked = availability.kind === 'ready';
    sendPage(reply, filesPage(page, stored, files, number, linked));
  }

  private gone(request: FastifyRequest, reply: FastifyReply, stored: Found): void {
    const work = this.publications.workOf(stored, []);
    const headers = {
      vary: 'Accept, Accept-Language',
      'last-modified': stored.datestamp.toUTCString(),
      link: `${linkValue({ relation: 'cite-as', href: citableUrl(work) })}, ${linkValue({ relation: 'type', href: 'https://schema.org/AboutPage' })}`,
    };
    if (wantsPage(request))
      sendPage(reply, tombstonePage(pageFor(this.site, request), work), { status: 410, headers });
    else
      sendData(
        reply,
        'application/json; charset=utf-8',
        `${JSON.stringify(tombstoneJson(work), undefined, 2)}\n`,
        {
          status: 410,
          headers,
        },
      );
  }
}

/** The citation style asked for: in the Accept header, or in the address. */
function styleOf(choice: Choice<unknown> | undefined, request: FastifyRequest) {
  const asked = choice?.parameters.get('style') ?? addressOf(request).query.get('style') ?? '';
  return isCitationStyle(asked) ? asked : 'apa';
}
