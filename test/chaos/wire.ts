import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** How a connection ends: by a reset in the midst of everything, or as if the other side had hung up. */
export type Ending = 'RST' | 'FIN';

interface Cut {
  left: number;
  readonly ending: Ending;
}

/** The way from one client to one service: a TCP proxy that lets everything through until it is told to do harm. */
export class Wire {
  private readonly pairs = new Set<Pair>();
  private frozen = false;
  private closed = false;
  private plan: Cut | undefined;

  private constructor(
    readonly name: string,
    private readonly target: URL,
    private readonly server: Server,
  ) {
    server.on('connection', (client: Socket) => this.join(client));
  }

  /** @param url of a service on TCP; the service may come and go */
  static async to(name: string, url: string): Promise<Wire> {
    const server = createServer({ allowHalfOpen: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Wire(name, new URL(url), server);
  }

  /** The service's address through this wire. */
  get url(): string {
    const url = new URL(this.target);
    url.hostname = '127.0.0.1';
    url.port = String((this.server.address() as AddressInfo).port);
    // A bare address stays one: paths are put behind it.
    return this.target.pathname === '/' && url.protocol === 'http:' ? url.origin : url.toString();
  }

  /** All connections end now. */
  cut(ending: Ending): void {
    for (const pair of this.pairs) pair.end(ending);
  }

  /** The connection ends that carries this byte, counted from now on, in the midst of what it says. */
  cutAfter(bytes: number, ending: Ending): void {
    this.plan = { left: bytes, ending };
  }

  /** Connections, old and new ones, stay open, and nothing comes through. */
  freeze(): void {
    this.frozen = true;
    for (const pair of this.pairs) pair.freeze();
  }

  /** New connections are refused, as by a machine that is up with nobody listening. */
  close(): void {
    this.closed = true;
    this.cut('RST');
  }

  /** Lets everything through again. */
  heal(): void {
    this.closed = false;
    this.frozen = false;
    this.plan = undefined;
    for (const pair of this.pairs) pair.thaw();
  }

  async end(): Promise<void> {
    this.close();
    this.server.close();
    await once(this.server, 'close');
  }

  private join(client: Socket): void {
    if (this.closed) {
      client.on('error', () => undefined);
      client.resetAndDestroy();
      return;
    }
    const port = Number(this.target.port || 80);
    const service = connect({ port, host: this.target.hostname, allowHalfOpen: true });
    const pair = new Pair(client, service, (bytes) => this.meet(bytes));
    if (this.frozen) pair.freeze();
    this.pairs.add(pair);
    client.on('close', () => this.pairs.delete(pair));
  }

  /** @returns how many of these bytes still come through when the planned cut falls among them */
  private meet(bytes: number): { readonly through: number; readonly ending: Ending } | undefined {
    const { plan } = this;
    if (plan === undefined) return undefined;
    if (bytes < plan.left) {
      plan.left -= bytes;
      return undefined;
    }
    this.plan = undefined;
    return { through: plan.left, ending: plan.ending };
  }
}

type Meet = (bytes: number) => { readonly through: number; readonly ending: Ending } | undefined;

class Pair {
  private frozen = false;

  constructor(
    private readonly client: Socket,
    private readonly service: Socket,
    private readonly meet: Meet,
  ) {
    this.carry(client, service);
    this.carry(service, client);
  }

  end(ending: Ending): void {
    for (const socket of [this.client, this.service])
      if (ending === 'RST') socket.resetAndDestroy();
      else socket.destroySoon();
  }

  freeze(): void {
    this.frozen = true;
    this.client.pause();
    this.service.pause();
  }

  thaw(): void {
    if (!this.frozen) return;
    this.frozen = false;
    this.client.resume();
    this.service.resume();
  }

  private carry(from: Socket, to: Socket): void {
    from.on('data', (data: Buffer) => {
      const cut = this.meet(data.length);
      if (cut !== undefined) {
        to.write(data.subarray(0, cut.through));
        return this.end(cut.ending);
      }
      if (!to.write(data)) from.pause();
    });
    to.on('drain', () => this.frozen || from.resume());
    from.on('end', () => to.end());
    from.on('error', () => undefined);
    from.on('close', (failed) => (failed ? to.resetAndDestroy() : to.destroySoon()));
  }
}
