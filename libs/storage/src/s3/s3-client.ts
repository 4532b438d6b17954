import * as http from 'node:http';
import * as https from 'node:https';
import type { Readable } from 'node:stream';
import { Client } from 'minio';
import { backOff, isRetriable, wait, type CatenaError } from '#kernel';
import { invalid } from '../checks.js';
import { storageError, type CallSubject } from './s3-errors.js';

/** Where the store is and how to speak to it. */
export interface S3ObjectStoreOptions {
  /** `http://host:port` or `https://host`. */
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** Always given: the client would ask the store otherwise, and not every store answers. */
  readonly region: string;
  /** The store's address as browsers and clients see it, if it differs; used in presigned addresses. */
  readonly publicEndpoint?: string;
  /** A connection on which nothing moves for this long is given up. Default 60 000 ms. */
  readonly idleTimeoutMs?: number;
  /** How often a call that may be repeated is tried. Default 4. */
  readonly attempts?: number;
  /** Connections at once. Default 64. */
  readonly connections?: number;
  /** Parts that the store takes for one object. Default 10 000. */
  readonly maxParts?: number;
  /** Entries of one page of a listing, and keys of one bulk removal. Default 1000, the most stores allow. */
  readonly pageSize?: number;
}

/** The `minio` client, tamed: explicit time-outs, no retries and no console output of its own. */
export class S3Client extends Client {
  readonly pageSize: number;
  readonly maxParts: number;
  private readonly attempts: number;
  private readonly agent: http.Agent;

  constructor(options: S3ObjectStoreOptions, endpoint = options.endpoint) {
    const url = parsedEndpoint(endpoint);
    const useSSL = url.protocol === 'https:';
    const { request, Agent } = useSSL ? https : http;
    const agent = new Agent({ keepAlive: true, maxSockets: options.connections ?? 64 });
    const idle = options.idleTimeoutMs ?? 60_000;
    super({
      endPoint: url.hostname,
      port: url.port === '' ? (useSSL ? 443 : 80) : Number(url.port),
      useSSL,
      accessKey: options.accessKey,
      secretKey: options.secretKey,
      region: options.region,
      pathStyle: true,
      transportAgent: agent,
      transport: withTimeout(request, idle),
      // Its own retry prints to the console and forgets the status; `call` below knows better.
      retryOptions: { disableRetry: true },
    });
    this.agent = agent;
    this.pageSize = options.pageSize ?? 1000;
    this.maxParts = options.maxParts ?? 10_000;
    this.attempts = options.attempts ?? 4;
  }

  /** Runs an action that may be repeated without harm; errors come out as Catena's. */
  async call<T>(subject: CallSubject, action: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await action();
      } catch (raw) {
        const error = storageError(subject, raw);
        if (!isRetriable(error) || takesHours(error) || attempt >= this.attempts) throw error;
        await wait(backOff(attempt, 100, 5_000));
      }
    }
  }

  /** How often a broken download is taken up again without a byte arriving. */
  get patience(): number {
    return this.attempts;
  }

  /** The parts of an upload; the client keeps this one to its subclasses. */
  partsOf(bucket: string, key: string, uploadId: string): ReturnType<Client['listParts']> {
    return this.listParts(bucket, key, uploadId);
  }

  /** Sends a body that is not held in memory. @param sha256 of all of it: signed where nothing else protects it on the way */
  async putStream(
    request: Readonly<Record<'method' | 'bucketName' | 'objectName' | 'query', string>> & {
      readonly headers: Record<string, string>;
    },
    body: Readable,
    sha256: string,
  ): Promise<http.IncomingMessage> {
    const signed = this.enableSHA256 ? sha256 : '';
    const response = await this.makeRequestStreamAsync(request, body, signed, [200], '');
    response.resume();
    return response;
  }

  /** Closes idle connections. */
  close(): void {
    this.agent.destroy();
  }
}

/** A cold object is readable hours later: another try in the next second is in vain. */
function takesHours({ code }: CatenaError): boolean {
  return code === 'storage.cold';
}

function parsedEndpoint(endpoint: string): URL {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.pathname !== '/') {
    throw invalid('an S3 endpoint as http(s)://host:port without a path', endpoint);
  }
  return url;
}

/**
 * Node waits for ever on a silent socket; the time-out covers connecting, waiting for the answer and its body. Answers
 * the client is going to throw away unread are read here, as their connections would be lost to the pool.
 */
function withTimeout(request: typeof http.request, idle: number): { request: typeof http.request } {
  const timed = (options: http.RequestOptions, onResponse: (response: http.IncomingMessage) => void) => {
    const sent = request(options, (response) => {
      if (thrownAwayUnread.has(response.statusCode ?? 0)) response.resume();
      onResponse(response);
    });
    sent.setTimeout(idle, () =>
      sent.destroy(Object.assign(new Error(`nothing moved for ${idle} ms`), { code: 'ETIMEDOUT' })),
    );
    return sent;
  };
  return { request: timed as typeof http.request };
}

const thrownAwayUnread = new Set([408, 429, 499, 500, 502, 503, 504, 520]);
