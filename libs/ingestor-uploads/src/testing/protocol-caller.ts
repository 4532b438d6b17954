import { createHash, createHmac } from 'node:crypto';
import { Agent, request, type IncomingHttpHeaders } from 'node:http';

export interface ProtocolAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Undefined when it is no JSON object. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
}

export interface ProtocolCall {
  readonly method?: string;
  readonly token?: string;
  /** Objects are sent as JSON, text as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Plain HTTP, without what libraries add. */
export class ProtocolCaller {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 32 });

  constructor(readonly baseUrl: string) {}

  close(): void {
    this.agent.destroy();
  }

  post(path: string, call: ProtocolCall = {}): Promise<ProtocolAnswer> {
    const { token, body, headers } = call;
    return this.send(call.method ?? 'POST', `${this.baseUrl}${path}`, bodyOf(body), {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    });
  }

  /** As OAuth 2 has it. */
  form(
    path: string,
    fields: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<ProtocolAnswer> {
    const body = Buffer.from(new URLSearchParams(fields).toString());
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    return this.send('POST', `${this.baseUrl}${path}`, body, { ...type, ...headers });
  }

  /** A file or part as the Ingestor sends it. @param headers instead of its own; an undefined one is left out */
  put(
    url: string,
    content: Buffer,
    headers: Readonly<Record<string, string | undefined>> = {},
  ): Promise<ProtocolAnswer> {
    return this.send('PUT', url, content, {
      'x-amz-checksum-sha256': sha256Of(content),
      'x-amz-storage-class': 'GLACIER',
      'content-type': '',
      ...headers,
    });
  }

  send(
    method: string,
    url: string,
    body: Buffer | undefined,
    headers: Readonly<Record<string, string | undefined>>,
  ): Promise<ProtocolAnswer> {
    return new Promise((resolve, reject) => {
      const given = Object.entries({ 'content-length': String(body?.length ?? 0), ...headers });
      const asked = request(url, {
        method,
        agent: this.agent,
        headers: Object.fromEntries(given.filter(([, value]) => value !== undefined)),
      });
      asked.on('error', reject);
      asked.on('response', (answer) => {
        const pieces: Buffer[] = [];
        answer.on('data', (piece: Buffer) => pieces.push(piece));
        answer.on('error', reject);
        answer.on('end', () => {
          const text = Buffer.concat(pieces).toString();
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            text,
            json: jsonOf(answer.headers, text),
          });
        });
      });
      asked.end(body);
    });
  }

  /** Begins to send a body, and goes away in its middle. */
  tear(url: string, content: Buffer): Promise<void> {
    return new Promise((resolve) => {
      const asked = request(url, {
        method: 'PUT',
        headers: {
          'content-length': String(content.length),
          'x-amz-checksum-sha256': sha256Of(content),
          'content-type': '',
        },
      });
      asked.on('error', () => resolve());
      asked.on('close', () => resolve());
      asked.write(content.subarray(0, content.length >> 1), () => asked.destroy());
    });
  }
}

/** Base64. */
export function sha256Of(content: Buffer): string {
  return createHash('sha256').update(content).digest('base64');
}

/** Base64 of the digest of the digests. */
export function compositeOf(parts: readonly Buffer[]): string {
  const digests = parts.map((part) => createHash('sha256').update(part).digest());
  return sha256Of(Buffer.concat(digests));
}

/** The same token as if it had been issued long ago. */
export function aged(token: string, secret: string): string {
  return signed(
    { ...claimsOf(token), ...{ iat: 1_500_000_000, nbf: undefined, exp: 1_500_003_600 } },
    secret,
  );
}

/** A JWT, HS256. */
export function signed(claims: object, secret: string): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const body = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
}

export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >;
}

function bodyOf(body: unknown): Buffer | undefined {
  if (body === undefined) return undefined;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

function jsonOf(headers: IncomingHttpHeaders, text: string): ProtocolAnswer['json'] {
  if (!(headers['content-type'] ?? '').includes('json')) return undefined;
  const value: unknown = JSON.parse(text);
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}
