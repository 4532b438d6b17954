import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '#kernel';
import { extentOf } from '../formats/work.js';
import { Availabilities } from '../publications/availability.service.js';
import { pageFor } from '../site/page.js';
import type { Found } from '../publications/publications.service.js';
import { redirect, sendData, sendPage, wantsPage } from '../site/reply.js';
import { Site } from '../site/site.service.js';
import { clientOf } from '../publications/visitors.js';
import { ConfigToken, type PublicationServerConfig } from '../publication-server.config.js';
import { requestPage, type FormState } from './recall-pages.js';
import { Recalls } from './recalls.service.js';

/** Enough to refuse what cannot be an address; whether mail arrives is seen when it is sent. */
const emailPattern = /^[^\s@<>(),;:"[\]\\]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?$/i;

/** The form at `/doi/<doi>/request`. */
@Injectable()
export class RecallForms {
  constructor(
    @Inject(Site) private readonly site: Site,
    private readonly availabilities: Availabilities,
    private readonly recalls: Recalls,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: PublicationServerConfig,
  ) {}

  async show(request: FastifyRequest, reply: FastifyReply, stored: Found): Promise<void> {
    this.send(request, reply, stored, { possible: await this.possible(stored) });
  }

  async take(request: FastifyRequest, reply: FastifyReply, stored: Found): Promise<void> {
    const possible = await this.possible(stored);
    if (possible !== 'yes') return this.send(request, reply, stored, { possible }, 409);
    const page = pageFor(this.site, request);
    const { email, website } = fieldsOf(request.body);
    // Only programs fill in a field nobody sees. They are told what they want to hear.
    if (website !== '') return redirect(reply, page.link('/'), 303);
    if (email !== '' && (email.length > 254 || !emailPattern.test(email) || email.includes('..')))
      return this.send(request, reply, stored, { possible, email, problem: 'email' }, 400);
    const outcome = await this.recalls.ask({
      doi: stored.record.doi,
      client: clientOf(this.config.secret, request.ip),
      language: page.language,
      bytes: extentOf(stored).bytes,
      ...(email === '' ? {} : { email }),
    });
    if (outcome.kind === 'limited') {
      const seconds = Math.max(1, Math.ceil((outcome.until.getTime() - this.clock.now().getTime()) / 1000));
      return this.send(request, reply, stored, { possible, problem: 'limit' }, 429, {
        'retry-after': String(seconds),
      });
    }
    const location = page.link(`/requests/${outcome.id}`);
    if (wantsPage(request)) return redirect(reply, location, 303);
    const body = {
      id: outcome.id,
      url: `${this.site.url}/requests/${outcome.id}`,
      shared: outcome.kind === 'shared',
    };
    sendData(reply, 'application/json; charset=utf-8', `${JSON.stringify(body)}\n`, {
      status: 202,
      headers: { location, 'retry-after': '60', 'cache-control': 'no-store' },
    });
  }

  private async possible({ record }: Found): Promise<FormState['possible']> {
    if (!this.site.takesRequests) return 'no';
    const { kind } = await this.availabilities.of(record);
    return kind === 'tape' ? 'yes' : kind === 'ready' ? 'ready' : 'no';
  }

  private send(
    request: FastifyRequest,
    reply: FastifyReply,
    stored: Found,
    state: Omit<FormState, 'limit'>,
    status = 200,
    headers: Record<string, string> = {},
  ): void {
    const limit = this.config.recalls.perClientAndDay;
    const page = pageFor(this.site, request);
    const all = { 'cache-control': 'no-store', ...headers };
    if (status === 200 || wantsPage(request))
      return sendPage(reply, requestPage(page, stored, { ...state, limit }), { status, headers: all });
    const error =
      state.problem === 'limit'
        ? page.texts.requestLimitNote(String(limit))
        : state.problem === 'email'
          ? page.texts.requestBadEmail
          : state.possible === 'ready'
            ? page.texts.requestReadyAlready
            : page.texts.requestNotPossible;
    sendData(reply, 'application/json; charset=utf-8', `${JSON.stringify({ status, error })}\n`, {
      status,
      headers: all,
    });
  }
}

function fieldsOf(body: unknown): { email: string; website: string } {
  const fields = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const text = (value: unknown): string => (typeof value === 'string' ? value.trim().slice(0, 1000) : '');
  return { email: text(fields['email']), website: text(fields['website']) };
}
