import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Ids in paths: of datasets, jobs and datablocks. */
const ids = /\/(?=[^/]*[%\d])[^/]{8,}(?=\/|$)/g;

/** Stands before a server, and counts what it is asked by method and path. */
export class CountingProxy {
  readonly calls = new Map<string, number>();
  /** Address of the server; to be set before the first call. */
  target = '';

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<CountingProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const proxy = new CountingProxy(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', (asked: IncomingMessage, answer: ServerResponse) => proxy.pass(asked, answer));
    return proxy;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private pass(asked: IncomingMessage, answer: ServerResponse): void {
    const { method, headers, url = '/' } = asked;
    const call = `${method} ${url.replace(/\?.*$/, '').replace(ids, '/:id')}`;
    this.calls.set(call, (this.calls.get(call) ?? 0) + 1);
    const onward = request(new URL(url, this.target), { method, headers }, (answered) => {
      answer.writeHead(answered.statusCode ?? 502, answered.headers);
      answered.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    asked.pipe(onward);
  }
}
