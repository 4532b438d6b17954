import { messageOf, PermanentError, TransientError } from '#kernel';
import { sha256Of } from './file-list.js';
import type { CopyHead, CopyMember, DigestRow, PublicRecord, RecallRequest } from './public-record.js';
import { pushToken } from './push-token.js';
import type { Withdrawal } from './record-schema.js';

export interface FeedClientOptions {
  /** Address of the publication server's private port. */
  readonly url: string;
  /** PUSH_SECRET of both sides. */
  readonly secret: string;
  /** Milliseconds for one answer. Default 60 000. */
  readonly timeout?: number;
  readonly now?: () => Date;
}

/** What the publication server says of itself over its private port. */
export interface PublicSide {
  readonly version: string;
  /** When its process began; ISO 8601. */
  readonly started: string;
  readonly now: string;
  readonly database: 'up' | 'down';
  /** Files that readers are being sent at this moment. */
  readonly downloads: number;
  /** Requests of readers that wait. */
  readonly recallsWaiting: number;
}

export type PutResult = DigestRow & { readonly result: 'created' | 'updated' | 'unchanged' };

/** What a refusal says beside its sentence. */
export interface FeedRefusal {
  readonly status: number;
  readonly code?: string;
  /** The revision that is there already. */
  readonly revision?: number;
  /** Parts of a file list that have to be sent first. */
  readonly missing?: readonly number[];
}

/**
 * The publisher's side of the private port. Every call may be repeated.
 *
 * @throws TransientError `publication.feed-away`: no answer, 5xx, 429
 * @throws PermanentError `publication.feed-refused`, details: {@link FeedRefusal}
 */
export class FeedClient {
  constructor(private readonly options: FeedClientOptions) {}

  putRecord(record: PublicRecord): Promise<PutResult> {
    return this.call('PUT', `/records/${encodeURIComponent(record.doi)}`, JSON.stringify(record));
  }

  withdraw(doi: string, withdrawal: Withdrawal): Promise<PutResult> {
    return this.call('DELETE', `/records/${encodeURIComponent(doi)}`, JSON.stringify(withdrawal));
  }

  row(doi: string): Promise<DigestRow> {
    return this.call('GET', `/records/${encodeURIComponent(doi)}`);
  }

  status(): Promise<PublicSide> {
    return this.call('GET', '/status');
  }

  digest(after: string, limit: number): Promise<DigestRow[]> {
    return this.call('GET', `/digest?after=${encodeURIComponent(after)}&limit=${limit}`);
  }

  async parts(list: string): Promise<{ part: number; sha256: string }[]> {
    return (await this.call<{ parts: { part: number; sha256: string }[] }>('GET', `/file-lists/${list}`))
      .parts;
  }

  /** @param lines NDJSON, at most `feedLimits.linesPerPart` lines */
  putPart(list: string, part: number, lines: string): Promise<{ lines: number }> {
    return this.call('PUT', `/file-lists/${list}/${part}`, lines);
  }

  async knownMembers(archiveId: string): Promise<number> {
    return (await this.call<{ members: number }>('GET', `/copies/${encodeURIComponent(archiveId)}`)).members;
  }

  putMembers(archiveId: string, part: number, members: readonly CopyMember[]): Promise<{ lines: number }> {
    const lines = members.map((member) => `${JSON.stringify(member)}\n`).join('');
    return this.call('PUT', `/copies/${encodeURIComponent(archiveId)}/members/${part}`, lines);
  }

  putCopy(head: CopyHead): Promise<{ archiveId: string }> {
    return this.call('PUT', `/copies/${encodeURIComponent(head.archiveId)}`, JSON.stringify(head));
  }

  recalls(): Promise<RecallRequest[]> {
    return this.call('GET', '/recalls');
  }

  /** @returns what the server knows of the reader; undefined of servers before 0.3 */
  reportRecall(
    id: string,
    news: Pick<RecallRequest, 'state' | 'bytesDone' | 'bytesTotal' | 'message'>,
  ): Promise<Pick<RecallRequest, 'confirmed'> | undefined> {
    return this.call('PUT', `/recalls/${encodeURIComponent(id)}`, JSON.stringify(news));
  }

  private async call<Answer>(method: string, path: string, body = ''): Promise<Answer> {
    const { url, secret, timeout = 60_000, now = () => new Date() } = this.options;
    const token = pushToken(secret, { method, path, bodySha256: sha256Of(body) }, now());
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === '' ? {} : { 'content-type': 'application/octet-stream' }),
        },
        ...(body === '' ? {} : { body }),
        redirect: 'error',
        signal: AbortSignal.timeout(timeout),
      });
      text = await response.text();
    } catch (error) {
      throw new TransientError(
        'publication.feed-away',
        `The publication server at ${url} is out of reach: ${messageOf(error)}`,
        { away: true, cause: error },
      );
    }
    if (response.ok) return (text === '' ? undefined : JSON.parse(text)) as Answer;
    if (response.status >= 500 || response.status === 429)
      throw new TransientError(
        'publication.feed-away',
        `The publication server answered ${response.status} to ${method} ${path}.`,
        // 500 is an answer: something is wrong with this one call.
        { away: response.status !== 500 },
      );
    const refusal = { ...parsed(text), status: response.status };
    throw new PermanentError(
      'publication.feed-refused',
      `The publication server refused ${method} ${path} with ${response.status}: ${text.slice(0, 500)}`,
      { details: refusal },
    );
  }
}

/** The refusal in an error of this client, undefined for other errors. */
export function feedRefusalOf(error: unknown): FeedRefusal | undefined {
  return error instanceof PermanentError && error.code === 'publication.feed-refused'
    ? (error.details as unknown as FeedRefusal)
    : undefined;
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
