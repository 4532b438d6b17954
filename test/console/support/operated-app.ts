import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A call as an app got it. */
export interface TakenCall {
  readonly method: string;
  /** As it was written. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Given {
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An app with operations calls, on a socket of its own, that answers what a test says. */
export class OperatedApp {
  readonly taken: TakenCall[] = [];
  /** Undefined: it has no such call. */
  answer: (call: TakenCall) => Given | undefined | Promise<Given> = () => ({ body: { items: [] } });

  private constructor(
    readonly name: string,
    readonly token: string,
    private readonly server: Server,
  ) {}

  static async start(name: string): Promise<OperatedApp> {
    const server = createServer();
    const app = new OperatedApp(name, `operations token of ${name}`, server);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        const call = { method, url, headers, body: Buffer.concat(chunks).toString() };
        app.taken.push(call);
        const missing = {
          status: 404,
          body: { message: `Cannot ${method} ${url}`, error: 'Not Found', statusCode: 404 },
        };
        void Promise.resolve(app.answer(call) ?? missing).then(
          ({ status = 200, body = {}, headers: own = {} }: Given) =>
            response
              .writeHead(status, { 'content-type': 'application/json', ...own })
              .end(JSON.stringify(body)),
        );
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return app;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    const closed = once(this.server, 'close');
    this.server.close();
    await closed;
  }
}
