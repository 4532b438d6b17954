import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Methods of AMQP 0-9-1 that tests care about, as `class.method`. */
export const amqpMethods = {
  connectionClose: '10.50',
  channelOpen: '20.10',
  channelClose: '20.40',
  exchangeDeclare: '40.10',
  queueDeclare: '50.10',
  queueBind: '50.20',
  consume: '60.20',
} as const;

/** `cut`: both sides lose the connection. `silence`: it stays, and nothing comes back any more. */
export type Trouble = 'cut' | 'silence';

/** Stands between a client and its broker, and does harm at a chosen moment. */
export class CuttingProxy {
  private readonly pairs = new Set<Pair>();
  /** Connections made so far. */
  connections = 0;
  /** How often the chosen moment has come. */
  struck = 0;
  private plan: { readonly method: string; readonly trouble: Trouble; left: number } | undefined;
  private away = false;
  private refusing = false;

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {
    server.on('connection', (client: Socket) => this.join(client));
  }

  /** @param url of the broker, or of any other service on TCP */
  static async before(url: string): Promise<CuttingProxy> {
    const target = new URL(url);
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new CuttingProxy(server, target);
  }

  /** The service's address through this proxy. */
  get url(): string {
    const url = new URL(this.target);
    url.hostname = '127.0.0.1';
    url.port = String((this.server.address() as AddressInfo).port);
    return url.toString();
  }

  /** Does harm as soon as a client has sent this method, so many times. */
  strike(method: string, trouble: Trouble, times = 1): void {
    this.plan = { method, trouble, left: times };
  }

  /** From now on every connection, old or new, is open and silent. */
  silence(): void {
    this.away = true;
    for (const pair of this.pairs) pair.silent = true;
  }

  /** From now on every connection, old or new, is cut. */
  refuse(): void {
    this.refusing = true;
    for (const pair of this.pairs) pair.end();
  }

  /** New connections are let through again. */
  admit(): void {
    this.refusing = false;
  }

  async close(): Promise<void> {
    for (const pair of this.pairs) pair.end();
    this.server.close();
    await once(this.server, 'close');
  }

  private join(client: Socket): void {
    this.connections += 1;
    if (this.refusing) return void client.destroy();
    const pair = new Pair(client, connect(Number(this.target.port), this.target.hostname), (method) =>
      this.meet(method),
    );
    pair.silent = this.away;
    this.pairs.add(pair);
    client.on('close', () => this.pairs.delete(pair));
  }

  private meet(method: string): Trouble | undefined {
    const { plan } = this;
    if (plan === undefined || plan.left === 0 || plan.method !== method) return undefined;
    plan.left -= 1;
    this.struck += 1;
    return plan.trouble;
  }
}

class Pair {
  silent = false;
  private unread: Buffer = Buffer.alloc(0);
  private greeted = false;

  constructor(
    private readonly client: Socket,
    private readonly service: Socket,
    private readonly meet: (method: string) => Trouble | undefined,
  ) {
    client.on('data', (data: Buffer) => this.fromClient(data));
    service.on('data', (data: Buffer) => this.silent || client.write(data));
    for (const [one, other] of [
      [client, service],
      [service, client],
    ] as const) {
      one.on('error', () => undefined);
      one.on('close', () => other.destroy());
    }
  }

  end(): void {
    this.client.destroy();
    this.service.destroy();
  }

  private fromClient(data: Buffer): void {
    if (this.silent) return;
    for (const method of this.methodsIn(data)) {
      const trouble = this.meet(method);
      if (trouble === 'cut') return this.end();
      if (trouble === 'silence') this.silent = true;
    }
    if (!this.silent) this.service.write(data);
  }

  /** Frames: type, channel (2 bytes), size (4 bytes), payload, end. The first 8 bytes name the protocol. */
  private *methodsIn(data: Buffer): Generator<string> {
    this.unread = Buffer.concat([this.unread, data]);
    if (!this.greeted && this.unread.length >= 8) {
      this.greeted = true;
      this.unread = this.unread.subarray(8);
    }
    while (this.greeted && this.unread.length >= 7) {
      const size = this.unread.readUInt32BE(3);
      if (this.unread.length < size + 8) return;
      const frame = this.unread;
      this.unread = frame.subarray(size + 8);
      if (frame[0] === 1) yield `${frame.readUInt16BE(7)}.${frame.readUInt16BE(9)}`;
    }
  }
}
