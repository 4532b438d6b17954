import { Agent as HttpAgent, get as httpGet, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, get as httpsGet } from 'node:https';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { backOff, Clock, messageOf, wait } from '#kernel';
import { rowsWithIds } from '#persistence';
import { PublicStore } from '../persistence/public-store.js';
import type { StoredCopy } from '../persistence/records.js';
import { ConfigToken, type PublicationServerConfig } from '../publication-server.config.js';

/** Milliseconds without a byte after which a source is given up. */
const patience = 30_000;
/** Bytes of one source that wait to be passed on; they come in pieces as large as that. */
const readAhead = 256 * 1024;
/** Tries without a byte between them. */
const maxTries = 4;

const connections = { keepAlive: true, maxSockets: 256, timeout: patience, highWaterMark: readAhead };

/** Bytes of a copy could not be had. */
export class SourceError extends Error {
  constructor(
    message: string,
    /** There is no copy: a recall has to fetch it from tape. */
    readonly gone = false,
  ) {
    super(message);
  }
}

/** Reads stretches of copies over HTTP, from the origins of the configuration and from nowhere else. */
@Injectable()
export class CopySource implements OnApplicationShutdown {
  private readonly agents = {
    http: new HttpAgent(connections),
    https: new HttpsAgent(connections),
  };

  constructor(
    private readonly store: PublicStore,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: PublicationServerConfig,
  ) {}

  /** The copies that can be read now, of these datablocks. */
  async readable(archiveIds: readonly string[]): Promise<Map<string, StoredCopy>> {
    const readable = { expiresAt: { $gt: this.clock.now() } };
    const copies = await rowsWithIds<StoredCopy>(this.store.copies, archiveIds, {}, readable);
    return new Map(copies.filter(({ url }) => this.isAllowed(url)).map((copy) => [copy._id, copy]));
  }

  /**
   * The bytes from `first` up to but without `end`. A source that breaks is asked again for the rest, at the address
   * that the copy has by then.
   *
   * @throws SourceError
   */
  async *read(
    archiveId: string,
    { first, end }: { first: number; end: number },
    signal: AbortSignal,
  ): AsyncGenerator<Buffer, void, undefined> {
    for (let [position, tries] = [first, 0]; position < end;) {
      const before = position;
      try {
        const copy = (await this.readable([archiveId])).get(archiveId);
        if (copy === undefined) throw new SourceError(`There is no copy of ${archiveId}.`, true);
        const response = await this.open(copy.url, position, end, signal);
        try {
          for await (const chunk of response as AsyncIterable<Buffer>) {
            position += chunk.length;
            yield chunk;
          }
        } finally {
          response.destroy();
        }
        if (position < end) throw new SourceError(`The copy of ${archiveId} ended at byte ${position}.`);
      } catch (error) {
        tries = position > before ? 1 : tries + 1;
        if (signal.aborted || tries >= maxTries || (error instanceof SourceError && error.gone)) throw error;
        await wait(backOff(tries, 100, 2000), signal);
      }
    }
  }

  onApplicationShutdown(): void {
    this.agents.http.destroy();
    this.agents.https.destroy();
  }

  private isAllowed(url: string): boolean {
    return URL.canParse(url) && this.config.downloads.origins.includes(new URL(url).origin);
  }

  private open(url: string, first: number, end: number, signal: AbortSignal): Promise<IncomingMessage> {
    const secure = url.startsWith('https:');
    const options = {
      agent: secure ? this.agents.https : this.agents.http,
      headers: { range: `bytes=${first}-${end - 1}`, 'accept-encoding': 'identity' },
      signal,
    };
    return new Promise((resolve, reject) => {
      const request = (secure ? httpsGet : httpGet)(url, options, (response) => {
        const problem = problemOf(response, first, end);
        if (problem === undefined) return resolve(response);
        response.destroy();
        reject(problem);
      });
      request.setTimeout(patience, () => request.destroy(new SourceError('The source says nothing.')));
      request.on('error', (error) =>
        reject(error instanceof SourceError ? error : new SourceError(messageOf(error))),
      );
    });
  }
}

/** The stretch that was asked for and nothing else is taken: no redirect, no whole file instead. */
function problemOf(response: IncomingMessage, first: number, end: number): SourceError | undefined {
  const { statusCode = 0, headers } = response;
  if ([401, 403, 404, 410].includes(statusCode))
    return new SourceError(`The source answered ${statusCode}.`, true);
  if (statusCode !== 206) return new SourceError(`The source answered ${statusCode} instead of 206.`);
  const [, from, to] = /^bytes (\d+)-(\d+)\//.exec(headers['content-range'] ?? '') ?? [];
  if (Number(from) !== first || Number(to) !== end - 1)
    return new SourceError(`The source sent ${headers['content-range']} instead of ${first}-${end - 1}.`);
  return undefined;
}
