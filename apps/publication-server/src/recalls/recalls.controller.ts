import {
  Controller,
  Get,
  GoneException,
  Inject,
  MethodNotAllowedException,
  NotFoundException,
  Param,
  Post,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { doiKey } from '#datacite';
import { Open } from '#service-host';
import { addressOf, pageFor } from '../site/page.js';
import { Publications } from '../publications/publications.service.js';
import { redirect, sendData, sendPage, wantsPage } from '../site/reply.js';
import { Site } from '../site/site.service.js';
import { StoreGuard } from '../site/store.guard.js';
import { PublicStore } from '../persistence/public-store.js';
import { RecallForms } from './recall-forms.service.js';
import type { StoredRecall } from '../persistence/records.js';
import { confirmPage, progressPage } from './recall-pages.js';
import { Recalls } from './recalls.service.js';

/** Seconds after which a progress page renews itself. */
const renewal = 20;

/** Requests for files on tape, and how far they are. */
@Open('readers have no account: a request has a secret address, and one by mail is confirmed by its token')
@Controller()
@UseGuards(StoreGuard)
export class RecallsController {
  constructor(
    @Inject(Site) private readonly site: Site,
    private readonly publications: Publications,
    private readonly forms: RecallForms,
    private readonly recalls: Recalls,
    private readonly store: PublicStore,
  ) {}

  @Post('doi/*')
  async post(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const found = await this.publications.find(addressOf(request).path.slice('/doi/'.length));
    if (found === undefined) throw new NotFoundException();
    if (found.part.kind !== 'request') throw new MethodNotAllowedException();
    if (found.stored.state === 'withdrawn') throw new GoneException();
    await this.forms.take(request, reply, found.stored);
  }

  /** What the mail leads to. Programs that look into mails follow links; they press no button. */
  @Get('requests/:id/confirm')
  async askToConfirm(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const recall = await this.recallOf(id);
    const page = pageFor(this.site, request);
    if (recall.confirmation === undefined || recall.confirmed === true)
      return redirect(reply, page.link(`/requests/${id}`), 303);
    const token = addressOf(request).query.get('token') ?? '';
    sendPage(reply, confirmPage(page, id, token), {
      headers: { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
    });
  }

  @Post('requests/:id/confirm')
  async confirm(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const recall = await this.recallOf(id);
    const { token } = (request.body ?? {}) as { token?: unknown };
    const isRight = typeof token === 'string' && (await this.recalls.confirm(id, token));
    // One that is over needs no confirmation: its page says how it ended.
    if (!isRight && recall.confirmation !== undefined) throw new NotFoundException();
    redirect(reply, pageFor(this.site, request).link(`/requests/${id}`), 303);
  }

  /** @throws NotFoundException */
  private async recallOf(id: string): Promise<StoredRecall> {
    const recall = /^[\w-]{8,64}$/.test(id) ? await this.recalls.find(id) : null;
    if (recall === null) throw new NotFoundException();
    return recall;
  }

  @Get('requests/:id')
  async progress(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const recall = await this.recallOf(id);
    const running = recall.state === 'requested' || recall.state === 'recalling';
    const headers: Record<string, string> = {
      'cache-control': 'no-store',
      vary: 'Accept, Accept-Language',
      'referrer-policy': 'no-referrer',
    };
    if (!wantsPage(request)) {
      const { _id, doi, state, bytesDone, bytesTotal, requestedAt, updatedAt, message } = recall;
      const body = { id: _id, doi, state, bytesDone, bytesTotal, requestedAt, updatedAt, message };
      if (running) headers['retry-after'] = String(renewal);
      return sendData(reply, 'application/json; charset=utf-8', `${JSON.stringify(body)}\n`, { headers });
    }
    const renewing = running && addressOf(request).query.get('renew') !== 'no';
    if (renewing) headers['refresh'] = String(renewal);
    const stored = await this.store.records.findOne(
      { _id: doiKey(recall.doi) },
      { projection: { record: 1, state: 1 } },
    );
    const record = stored === null || stored.state === 'withdrawn' ? undefined : stored.record;
    sendPage(reply, progressPage(pageFor(this.site, request), recall, record, renewing), { headers });
  }
}
