import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { stateAfter, type FakeState } from './doi-machine.js';
import { isAcceptableDoi, problemsOfMetadata } from './metadata-checks.js';

type Fields = Record<string, unknown>;

/** A fault to happen to the next request of its method. */
export type FakeFault =
  /** It is carried out, and the connection breaks before the answer. */
  | 'lose-answer'
  /** 500, and nothing was done. */
  | 'fail'
  /** 429 with Retry-After. */
  | 'busy'
  /** 422 on a field that only DataCite finds wrong. */
  | 'refuse'
  /** 401, as with a password that was changed. */
  | 'unauthorized';

export interface FakeRequest {
  readonly method: string;
  readonly doi: string;
  readonly event?: string;
  readonly status: number;
  readonly at: number;
}

export interface FakeDataciteOptions {
  readonly username: string;
  readonly password: string;
  /** The only prefix the account may write. */
  readonly prefix: string;
  /** Requests in five minutes; more are answered with 429. Default 3000. */
  readonly rate?: number;
  /** Keeps its DOIs there over restarts. */
  readonly file?: string;
}

interface StoredDoi {
  readonly doi: string;
  state: FakeState;
  attributes: Fields;
}

const window = 300_000;

/**
 * DataCite's REST API as far as a publisher uses it, over a real socket and as strict as the original: states and ignored
 * events, upsert by PUT, "has already been taken" for a second POST, metadata checked on leaving the draft, accounts,
 * prefixes, rate limit. For tests and for the demonstration; it registers nothing anywhere.
 */
export class FakeDatacite {
  readonly requests: FakeRequest[] = [];
  private readonly dois = new Map<string, StoredDoi>();
  private readonly faults: { readonly method: string; readonly fault: FakeFault }[] = [];
  private readonly server: Server;
  private readonly arrivals: number[] = [];
  /** Milliseconds before each answer. */
  delay = 0;
  /** Every connection is refused with a reset, as in an outage. */
  away = false;

  constructor(private readonly options: FakeDataciteOptions) {
    this.load();
    this.server = createServer((request, response) => {
      // A caller that was killed, or an address that is none.
      this.answer(request, response).catch(() => request.socket.destroy());
    });
  }

  async listen(port = 0): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  /** The next request of this method meets this fault. */
  order(method: 'GET' | 'PUT' | 'POST' | 'DELETE', fault: FakeFault): void {
    this.faults.push({ method, fault });
  }

  /** Faults that were ordered and met nobody are forgotten. */
  calm(): void {
    this.faults.length = 0;
  }

  get(doi: string): { state: FakeState; attributes: Fields } | undefined {
    return this.dois.get(doi.toLowerCase());
  }

  all(): readonly { doi: string; state: FakeState }[] {
    return [...this.dois.values()];
  }

  /** Somebody changes a DOI by hand, at DataCite's own page. */
  tamper(doi: string, attributes: Fields): void {
    const found = this.dois.get(doi.toLowerCase());
    if (found !== undefined) Object.assign(found.attributes, attributes);
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.away) return void request.socket.destroy();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (this.delay > 0) await new Promise((resolve) => setTimeout(resolve, this.delay));
    const method = request.method ?? '';
    const doi = decodeURIComponent((request.url ?? '').replace(/^\/dois\/?/, '').replace(/\?.*$/, ''));
    const ordered = this.faults.findIndex((one) => one.method === method);
    const fault = ordered < 0 ? undefined : this.faults.splice(ordered, 1)[0]?.fault;
    const body = Buffer.concat(chunks).toString('utf8');
    const { status, value, headers = {} } = this.handle(method, doi, body, request, fault);
    const event = eventIn(body);
    this.requests.push({ method, doi, ...(event === undefined ? {} : { event }), status, at: Date.now() });
    if (fault === 'lose-answer') return void request.socket.destroy();
    response.writeHead(status, { 'content-type': 'application/vnd.api+json; charset=utf-8', ...headers });
    response.end(value === undefined ? undefined : JSON.stringify(value));
  }

  private handle(
    method: string,
    doi: string,
    body: string,
    request: IncomingMessage,
    fault: FakeFault | undefined,
  ): { status: number; value?: unknown; headers?: Record<string, string> } {
    if (request.url === '/heartbeat') return { status: 200, value: 'OK' };
    if (!(request.url ?? '').startsWith('/dois'))
      return failure(404, 'The resource you are looking for does not exist.');
    if (fault === 'fail') return failure(500, 'Something went wrong.');
    if (fault === 'busy' || this.isTooMuch())
      return { ...failure(429, 'Too many requests.'), headers: { 'retry-after': '1' } };
    const { username, password, prefix } = this.options;
    const wanted = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    const authorized = request.headers.authorization === wanted && fault !== 'unauthorized';
    const stored = this.dois.get(doi.toLowerCase());
    if (method === 'GET') {
      const visible = stored !== undefined && (authorized || stored.state === 'findable');
      return visible ? { status: 200, value: viewOf(stored) } : failure(404, 'The resource does not exist.');
    }
    if (!authorized) return failure(401, 'Bad credentials.');
    if (method === 'DELETE') {
      if (stored === undefined) return failure(404, 'The resource does not exist.');
      if (stored.state !== 'draft')
        return {
          ...failure(405, 'Method not allowed'),
          headers: { allow: 'HEAD, GET, POST, PATCH, PUT, OPTIONS' },
        };
      this.dois.delete(doi.toLowerCase());
      this.save();
      return { status: 204 };
    }
    if (method !== 'PUT' && method !== 'POST') return failure(405, 'Method not allowed');
    if (!/json/.test(request.headers['content-type'] ?? '')) return failure(415, 'Unsupported media type');
    if (fault === 'refuse') return refusal([{ source: 'titles', title: 'is not a title we like' }]);
    const attributes = attributesIn(body);
    if (attributes === undefined)
      return failure(400, 'You need to provide a payload following the JSONAPI spec');
    // The DOI in the path wins.
    const name = doi === '' ? String(attributes['doi'] ?? '') : doi;
    if (!name.toLowerCase().startsWith(`${prefix.toLowerCase()}/`))
      return failure(403, 'You are not authorized to access this resource.');
    if (!isAcceptableDoi(name)) return refusal([{ source: 'doi', title: 'is invalid' }]);
    if (method === 'POST' && this.dois.has(name.toLowerCase()))
      return refusal([{ source: 'doi', title: 'This DOI has already been taken' }]);
    return this.write(name, attributes);
  }

  private write(name: string, given: Fields): { status: number; value?: unknown } {
    const stored = this.dois.get(name.toLowerCase());
    const { event, doi: _d, state: _s, ...attributes } = given;
    const merged: Fields = { ...stored?.attributes, ...attributes };
    const state = stateAfter(stored?.state ?? 'draft', event);
    if (state !== 'draft') {
      const problems = problemsOfMetadata(merged);
      if (problems.length > 0) return refusal(problems);
    }
    const next: StoredDoi = { doi: name.toLowerCase(), state, attributes: merged };
    this.dois.set(next.doi, next);
    this.save();
    return { status: stored === undefined ? 201 : 200, value: viewOf(next) };
  }

  private isTooMuch(): boolean {
    const now = Date.now();
    while (this.arrivals.length > 0 && this.arrivals[0]! <= now - window) this.arrivals.shift();
    this.arrivals.push(now);
    return this.arrivals.length > (this.options.rate ?? 3000);
  }

  private load(): void {
    if (this.options.file === undefined) return;
    try {
      const stored = JSON.parse(readFileSync(this.options.file, 'utf8')) as StoredDoi[];
      for (const one of stored) this.dois.set(one.doi, one);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }

  private save(): void {
    const { file } = this.options;
    if (file === undefined) return;
    writeFileSync(`${file}.new`, JSON.stringify([...this.dois.values()]));
    renameSync(`${file}.new`, file);
  }
}

function viewOf({ doi, state, attributes }: StoredDoi): object {
  const [prefix, ...suffix] = doi.split('/');
  return {
    data: {
      id: doi,
      type: 'dois',
      attributes: {
        url: null,
        ...attributes,
        ...{ doi, prefix, suffix: suffix.join('/'), state, isActive: state === 'findable' },
      },
    },
  };
}

function attributesIn(body: string): Fields | undefined {
  try {
    const { data } = JSON.parse(body) as { data?: { type?: string; attributes?: Fields } };
    return data?.type === 'dois' && typeof data.attributes === 'object' && data.attributes !== null
      ? data.attributes
      : undefined;
  } catch {
    return undefined;
  }
}

function eventIn(body: string): string | undefined {
  const event = attributesIn(body)?.['event'];
  return typeof event === 'string' ? event : undefined;
}

function failure(status: number, title: string): { status: number; value: unknown } {
  return { status, value: { errors: [{ status: String(status), title }] } };
}

function refusal(errors: readonly object[]): { status: number; value: unknown } {
  return { status: 422, value: { errors } };
}
