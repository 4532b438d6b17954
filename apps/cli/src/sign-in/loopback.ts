import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const path = '/callback';
const page = (text: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>Catena</title><p>${text}</p></html>`;

/**
 * The address of this machine at which a browser brings a sign-in back (RFC 8252, 7.3): of the loopback interface only, at
 * a port that was free, for one answer.
 */
export class Loopback {
  private constructor(
    private readonly server: Server,
    readonly redirectUri: string,
  ) {}

  static async open(): Promise<Loopback> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return new Loopback(server, `http://127.0.0.1:${port}${path}`);
  }

  /** The address that the provider sent the browser to; whatever does not carry the state of this sign-in is nobody's answer. */
  answer(state: string, signal: AbortSignal): Promise<URL> {
    return new Promise((resolve, reject) => {
      const end = (): void => reject(signal.reason as Error);
      if (signal.aborted) return end();
      signal.addEventListener('abort', end, { once: true });
      this.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
        const url = new URL(request.url ?? '/', this.redirectUri);
        const isOurs =
          request.method === 'GET' && url.pathname === path && url.searchParams.get('state') === state;
        response.writeHead(isOurs ? 200 : 404, {
          'content-type': 'text/html; charset=utf-8',
          'cache-control': 'no-store',
          connection: 'close',
        });
        response.end(
          page(
            isOurs
              ? 'Catena has got your answer. Go on in the terminal; you can close this window.'
              : 'Nothing is here: begin again with catena login.',
          ),
        );
        if (isOurs) resolve(url);
      });
    });
  }

  close(): void {
    this.server.close();
    // The page that says where to go on may still be on its way.
    this.server.closeIdleConnections();
  }
}
