import { Inject, Injectable } from '@nestjs/common';
import type { Permission } from '#console-api';
import { boundedText } from '#operations-client';
import { ConfigToken, type ConsoleConfig } from '../console.config.js';
import { catalogueAway, type ConsoleError } from '../edge/console-error.js';
import { refusalOf } from './passed-answer.js';

/** Milliseconds for an answer; for rights and sign-out less, as every request may wait for them. */
const patience = 30_000;
export const shortPatience = 5000;

/** As whom, and from where, catalog-api is asked. */
export interface Asker {
  /** Of catalog-api; undefined: nobody is signed in yet. */
  readonly token?: string;
  /** The person's network address. */
  readonly from?: string;
}

export interface CatalogueCall {
  readonly method?: string;
  /** Below the address of catalog-api, with its query. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly patience?: number;
}

export interface CatalogueAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

/** Who the bearer of a token is at this moment, and what catalog-api lets this person do. */
export interface Rights {
  readonly username: string;
  readonly groups: readonly string[];
  readonly permissions: readonly Permission[];
}

/** Calls of catalog-api, each made as the person who asks. */
@Injectable()
export class CatalogClient {
  constructor(@Inject(ConfigToken) private readonly config: ConsoleConfig) {}

  /** @throws ConsoleError `console.catalogue-away` when it does not answer */
  async call(
    { token, from }: Asker,
    { method = 'GET', path, body, headers = {}, patience: limit = patience }: CatalogueCall,
    signal?: AbortSignal,
  ): Promise<CatalogueAnswer> {
    const timeout = AbortSignal.timeout(limit);
    try {
      const response = await fetch(`${this.config.catalogUrl}${path}`, {
        method,
        headers: {
          accept: 'application/json',
          ...headers,
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(from === undefined ? {} : { 'x-forwarded-for': from }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        redirect: 'error',
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      });
      return { status: response.status, text: await boundedText(response), headers: response.headers };
    } catch (error) {
      throw catalogueAway(error);
    }
  }

  /**
   * Undefined when the token stands for nobody any more.
   *
   * @throws ConsoleError `console.catalogue-away` when it does not answer; with a status below 500 when it refused to say
   */
  async rightsOf(token: string): Promise<Rights | undefined> {
    const answer = await this.call(
      { token },
      { path: '/api/v4/users/my/capabilities', patience: shortPatience },
    );
    const { status, text } = answer;
    if (status === 401) return undefined;
    if (status !== 200) throw notDone('capabilities', answer);
    const {
      username,
      groups,
      capabilities: permissions,
    } = JSON.parse(text) as {
      username: string;
      groups: readonly string[];
      capabilities: readonly Permission[];
    };
    return { username, groups, permissions };
  }

  /** @throws ConsoleError when it is away, or refuses: the token lives on */
  async signOut(asker: Asker): Promise<void> {
    const call = { method: 'POST', path: '/api/v3/auth/logout', body: {}, patience: shortPatience };
    const answer = await this.call(asker, call);
    const { status } = answer;
    // 401: it was over already.
    if (status >= 300 && status !== 401) throw notDone('logout', answer);
  }

  /** Events of the jobs that the person may see; the caller reads them until the signal. */
  stream(
    { token }: Required<Pick<Asker, 'token'>>,
    lastEventId: string | undefined,
    signal: AbortSignal,
  ): Promise<Response> {
    return fetch(`${this.config.catalogUrl}/api/v4/events/stream`, {
      headers: {
        accept: 'text/event-stream',
        authorization: `Bearer ${token}`,
        ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
      },
      redirect: 'error',
      signal,
    });
  }
}

/** What catalog-api said instead of a success: a refusal is its own, anything else means that it is away. */
export function notDone(what: string, { status, text, headers }: CatalogueAnswer): ConsoleError {
  if (status < 400 || status >= 500) return catalogueAway(new Error(`${what}: HTTP ${status}`));
  const retryAfter = headers.get('retry-after') ?? undefined;
  return refusalOf({ app: 'catalog-api', status, text, retryAfter });
}
