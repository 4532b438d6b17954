import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * What becomes of a call. Of those that are not passed on: `502` and `html` are answered as by a gateway without SciCat, `empty` with
 * a success and nothing in it. Of those that are: the answer of `slow` comes after {@link slowness}, that of `hidden` never, that of
 * `blank` without its body, that of `half` ends in the middle.
 */
export type Disturbance = 'none' | '502' | 'html' | 'empty' | 'slow' | 'hidden' | 'blank' | 'half';

/** Milliseconds: more than the bridge's patience in the tests. */
const slowness = 6000;

/** Stands before a SciCat, and disturbs those calls that a story chooses. */
export class DisturbingProxy {
  /** Where SciCat is. */
  target = '';
  /** Calls disturbed so far, by what was done to them. */
  readonly disturbed = new Map<Disturbance, number>();
  private plan: (method: string, path: string) => Disturbance = () => 'none';

  private constructor(private readonly server: Server) {
    server.on('request', (asked: IncomingMessage, answer: ServerResponse) => {
      void this.take(asked, answer).catch(() => answer.destroy());
    });
  }

  static async open(): Promise<DisturbingProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new DisturbingProxy(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** @param plan asked for each call from now on */
  disturb(plan: (method: string, path: string) => Disturbance): void {
    this.plan = plan;
  }

  calm(): void {
    this.plan = () => 'none';
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async take(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { method = '', url: path = '' } = asked;
    const disturbance = this.plan(method, path);
    if (disturbance !== 'none') this.disturbed.set(disturbance, (this.disturbed.get(disturbance) ?? 0) + 1);
    const body = await readAll(asked);
    if (disturbance === '502') return void answer.writeHead(502).end('Bad Gateway');
    if (disturbance === 'html')
      return void answer.writeHead(200, { 'content-type': 'text/html' }).end('<html>Maintenance</html>');
    if (disturbance === 'empty') return void answer.writeHead(200).end();
    const passed = request(`${this.target}${path}`, { method, headers: asked.headers });
    passed.end(body);
    const [said] = (await once(passed, 'response')) as [IncomingMessage];
    const text = await readAll(said);
    if (disturbance === 'hidden') return void answer.destroy();
    if (disturbance === 'slow') await sleep(slowness, undefined, { ref: false });
    const { 'transfer-encoding': _, ...headers } = said.headers;
    const shown = disturbance === 'blank' ? Buffer.alloc(0) : text;
    answer.writeHead(said.statusCode ?? 500, { ...headers, 'content-length': String(shown.length) });
    if (disturbance === 'half' && text.length > 1)
      return void answer.write(text.subarray(0, text.length >> 1), () => answer.destroy());
    answer.end(shown);
  }
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
}
