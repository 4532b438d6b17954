import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Milliseconds between two bundles of events. */
const beat = 50;

/** The console as it is, but its event stream: that one is made here, with as many events a second as a measurement asks for. */
export class FireHose {
  /** Events a second. */
  rate = 0;
  sent = 0;
  private readonly streams = new Set<ServerResponse>();
  private owed = 0;
  private readonly timer = setInterval(() => this.pour(), beat);

  private constructor(
    private readonly server: Server,
    private readonly event: (number: number) => object,
  ) {}

  /** @param target the console; @param event what the browser is told, by its number */
  static async before(target: URL, event: (number: number) => object): Promise<FireHose> {
    const server = createServer();
    const hose = new FireHose(server, event);
    server.on('request', (incoming, response) => hose.answer(target, incoming, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return hose;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    clearInterval(this.timer);
    this.server.closeAllConnections();
    this.server.close();
  }

  private answer(target: URL, incoming: IncomingMessage, response: ServerResponse): void {
    if (incoming.url?.startsWith('/console/api/events') === true) {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      this.streams.add(response);
      response.once('close', () => this.streams.delete(response));
      return;
    }
    const { hostname, port } = target;
    const { method, url, headers } = incoming;
    const passed = request({ hostname, port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    passed.once('error', () => response.destroy());
    incoming.pipe(passed);
  }

  private pour(): void {
    this.owed += (this.rate * beat) / 1000;
    let text = '';
    for (; this.owed >= 1; this.owed -= 1) {
      this.sent += 1;
      text += `id: ${this.sent}\nevent: job\ndata: ${JSON.stringify(this.event(this.sent))}\n\n`;
    }
    if (text !== '') for (const stream of this.streams) stream.write(text);
  }
}
