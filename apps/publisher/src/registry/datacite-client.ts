import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { FieldProblem } from '#contracts';
import { Clock, messageOf, PermanentError, TransientError } from '#kernel';
import { ConfigToken, type PublisherConfig } from '../publisher.config.js';
import { RateLimit } from './rate-limit.js';

/** What DataCite says of a DOI, as far as anybody here looks at it. */
export interface RegisteredDoi {
  readonly doi: string;
  readonly state: 'draft' | 'registered' | 'findable';
  readonly url: string | null;
  readonly [attribute: string]: unknown;
}

interface ErrorEntry {
  readonly source?: string;
  readonly title?: string;
  readonly uid?: string;
}

const mediaType = 'application/vnd.api+json';
/** Milliseconds to leave DataCite alone after a 429 that does not say how long. */
const politePause = 30_000;
/** Milliseconds between tries with an account that was refused: an operator has to mend it. */
const refusedPause = 600_000;

/**
 * DataCite's REST API with the repository's account. Only idempotent calls: an upsert by PUT, never a POST.
 *
 * @throws TransientError `publication.registry-away` (no answer, 5xx: the end of the call is not known),
 * `publication.registry-busy` (429), `publication.registry-account` (401, 403)
 * @throws PermanentError `publication.metadata-refused` (422, with the fields), `publication.registry-refused`
 */
@Injectable()
export class DataciteClient implements BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private readonly limit: RateLimit;

  constructor(
    @Inject(ConfigToken) private readonly config: PublisherConfig,
    clock: Clock,
  ) {
    this.limit = new RateLimit(config.datacite?.rate ?? 1, clock);
  }

  beforeApplicationShutdown(): void {
    this.stopping.abort();
  }

  /** @returns undefined when DataCite does not know it */
  async get(doi: string): Promise<RegisteredDoi | undefined> {
    const response = await this.call('GET', doi);
    return response.status === 404 ? undefined : attributesOf(response.body);
  }

  /** Creates or changes: what is left out keeps its value. */
  async put(doi: string, attributes: Readonly<Record<string, unknown>>): Promise<RegisteredDoi> {
    const body = JSON.stringify({ data: { id: doi, type: 'dois', attributes: { ...attributes, doi } } });
    return attributesOf((await this.call('PUT', doi, body)).body);
  }

  /** Only drafts can be deleted; one that is gone already is as good. */
  async removeDraft(doi: string): Promise<void> {
    await this.call('DELETE', doi);
  }

  private async call(
    method: 'GET' | 'PUT' | 'DELETE',
    doi: string,
    body?: string,
  ): Promise<{ status: number; body: string }> {
    const account = this.config.datacite;
    if (account === undefined)
      throw new PermanentError('publication.registry-account', 'There is no account at DataCite.');
    await this.limit.take(this.stopping.signal);
    if (this.stopping.signal.aborted)
      throw new TransientError(
        'publication.registry-busy',
        `${method} ${doi} was not sent to DataCite: this process is stopping.`,
      );
    const { url, username, password, timeout } = account;
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${url}/dois/${encodeURIComponent(doi)}`, {
        method,
        headers: {
          accept: mediaType,
          authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
          'user-agent': 'Catena publisher',
          ...(body === undefined ? {} : { 'content-type': mediaType }),
        },
        ...(body === undefined ? {} : { body }),
        redirect: 'error',
        signal: AbortSignal.timeout(timeout),
      });
      text = await response.text();
    } catch (error) {
      throw new TransientError(
        'publication.registry-away',
        `DataCite at ${url} did not answer ${method} ${doi}: ${messageOf(error)}`,
      );
    }
    if (response.ok || (response.status === 404 && method !== 'PUT'))
      return { status: response.status, body: text };
    throw this.refusal(method, doi, response, text);
  }

  private refusal(method: string, doi: string, response: Response, text: string): Error {
    const { status } = response;
    const what = `DataCite answered ${status} to ${method} ${doi}: ${text.slice(0, 500)}`;
    if (status === 429) {
      const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
      const pause = Number.isFinite(seconds) ? seconds * 1000 : politePause;
      this.limit.pause(pause);
      return new TransientError('publication.registry-busy', what, { details: { retryAfter: pause } });
    }
    if (status === 401 || status === 403)
      return new TransientError(
        'publication.registry-account',
        `${what}. Check DOI_USERNAME, DOI_PASSWORD and that the prefix belongs to this repository.`,
        { details: { retryAfter: refusedPause } },
      );
    if (status >= 500) return new TransientError('publication.registry-away', what);
    if (status === 422)
      return new PermanentError('publication.metadata-refused', `DataCite refused the metadata of ${doi}.`, {
        details: { problems: problemsIn(text) },
      });
    return new PermanentError('publication.registry-refused', what, { details: { status } });
  }
}

function attributesOf(text: string): RegisteredDoi {
  try {
    const { data } = JSON.parse(text) as { data: { attributes: RegisteredDoi } };
    if (typeof data.attributes.state === 'string') return data.attributes;
  } catch {
    // Said below.
  }
  throw new TransientError(
    'publication.registry-away',
    `Expected DataCite's description of a DOI, found ${JSON.stringify(text.slice(0, 200))}.`,
  );
}

function problemsIn(text: string): FieldProblem[] {
  try {
    const { errors = [] } = JSON.parse(text) as { errors?: ErrorEntry[] };
    return errors.map(({ source, title }) => ({
      field: String(source ?? 'metadata').slice(0, 500),
      reason: String(title ?? 'is not valid').slice(0, 2000),
    }));
  } catch {
    return [{ field: 'metadata', reason: text.slice(0, 2000) || 'is not valid' }];
  }
}
