import { createHash, createHmac } from 'node:crypto';
import {
  createServer,
  request,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ColdGatewayOptions {
  /** The real store. */
  readonly upstream: string;
  readonly region: string;
  readonly secretKey: string;
}

/**
 * A cold store over a real one: passes every request on, but what is stored in a cold class is refused with 403 until its
 * restoration was asked for and so many reads were refused since; a second request for it meanwhile is a 409.
 */
export class ColdGateway {
  /** Reads that are refused after a restoration was asked for. */
  refusals = 3;
  /** Paths whose restoration was asked for, each time, and those of which it was refused. */
  readonly asked: string[] = [];
  readonly askedTwice: string[] = [];
  /** Reads that got bytes of a cold object. */
  reads = 0;
  private readonly cold = new Set<string>();
  /** Refused reads since it was asked for. */
  private readonly restoring = new Map<string, number>();
  private readonly server = createServer((incoming, response) => {
    this.answer(incoming, response).catch((error: unknown) => response.destroy(error as Error));
  });

  constructor(private readonly options: ColdGatewayOptions) {}

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const [path = '', query = ''] = (incoming.url ?? '').split('?');
    const isCold = this.cold.has(path);
    if (query === 'restore') return this.restore(path, response);
    if (isCold && incoming.method === 'GET' && query === '' && !this.isReadable(path))
      return refuse(response, 403, 'InvalidObjectState');
    if (isCold && incoming.method === 'GET') this.reads += 1;
    const storageClass = incoming.headers['x-amz-storage-class'];
    if (storageClass === 'GLACIER') this.cold.add(path);
    const headers = storageClass === undefined ? incoming.headers : this.withoutClass(incoming, path, query);
    await this.passOn(incoming, headers, Buffer.concat(chunks), response, isCold ? this.wordsOf(path) : {});
  }

  private restore(path: string, response: ServerResponse): void {
    if (this.restoring.has(path)) {
      this.askedTwice.push(path);
      return refuse(response, 409, 'RestoreAlreadyInProgress');
    }
    this.asked.push(path);
    this.restoring.set(path, 0);
    response.writeHead(202).end();
  }

  private isReadable(path: string): boolean {
    const refused = this.restoring.get(path);
    if (refused === undefined) return false;
    if (refused >= this.refusals) return true;
    this.restoring.set(path, refused + 1);
    return false;
  }

  private wordsOf(path: string): Record<string, string> {
    const refused = this.restoring.get(path);
    const isUnderWay = (refused ?? 0) < this.refusals;
    const until = new Date(Date.now() + 86_400_000).toUTCString();
    return {
      'x-amz-storage-class': 'GLACIER',
      ...(refused === undefined
        ? {}
        : {
            'x-amz-restore': `ongoing-request="${isUnderWay}"${isUnderWay ? '' : `, expiry-date="${until}"`}`,
          }),
    };
  }

  private passOn(
    { method, url }: IncomingMessage,
    headers: IncomingHttpHeaders,
    body: Buffer,
    response: ServerResponse,
    more: Record<string, string>,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const { hostname, port } = new URL(this.options.upstream);
      const sent = request({ hostname, port, method, path: url, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, { ...answer.headers, ...more });
        answer.pipe(response);
        answer.once('end', resolve);
        answer.once('error', reject);
      });
      sent.once('error', reject);
      sent.end(body);
    });
  }

  /** The store behind knows no classes: the header goes, and the request is signed anew (AWS Signature Version 4). */
  private withoutClass(
    { method, headers }: IncomingMessage,
    path: string,
    query: string,
  ): IncomingHttpHeaders {
    const { 'x-amz-storage-class': _, ...rest } = headers;
    const [, credential = '', names = ''] =
      /Credential=([^,]+),\s*SignedHeaders=([^,]+)/.exec(String(headers.authorization)) ?? [];
    const signed = names.split(';').filter((name) => name !== 'x-amz-storage-class');
    const canonical = [
      method,
      path,
      query
        .split('&')
        .map((pair) => (pair.includes('=') ? pair : `${pair}=`))
        .sort()
        .join('&'),
      ...signed.map((name) => `${name}:${String(rest[name])}`),
      '',
      signed.join(';'),
      rest['x-amz-content-sha256'],
    ].join('\n');
    const time = String(rest['x-amz-date']);
    const scope = [time.slice(0, 8), this.options.region, 's3', 'aws4_request'];
    const key = scope.reduce<Buffer>(hmac, Buffer.from(`AWS4${this.options.secretKey}`));
    const digest = createHash('sha256').update(canonical).digest('hex');
    const signature = hmac(key, ['AWS4-HMAC-SHA256', time, scope.join('/'), digest].join('\n')).toString(
      'hex',
    );
    return {
      ...rest,
      authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signed.join(';')}, Signature=${signature}`,
    };
  }
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status).end(`<Error><Code>${code}</Code><Message>cold</Message></Error>`);
}
