import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** A way to a server that a test can shut: whoever is behind it is away then. */
export class Gate {
  private readonly sockets = new Set<Socket>();
  private server: Server;
  private port = 0;
  /** Connections that were opened so far. */
  count = 0;

  private constructor(private readonly target: number) {
    this.server = this.serverTo();
  }

  static async before(target: number): Promise<Gate> {
    const gate = new Gate(target);
    await gate.listen();
    return gate;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async shut(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.cut();
    await closed;
  }

  /** Ends all connections, as a proxy does with those that take too long; new ones are let through. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async open(): Promise<void> {
    this.server = this.serverTo();
    await this.listen();
  }

  private async listen(): Promise<void> {
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  private serverTo(): Server {
    return createServer((incoming) => {
      this.count += 1;
      const outgoing = connect(this.target, '127.0.0.1');
      for (const socket of [incoming, outgoing]) {
        this.sockets.add(socket);
        socket.on('error', () => undefined);
        socket.once('close', () => {
          this.sockets.delete(socket);
          incoming.destroy();
          outgoing.destroy();
        });
      }
      incoming.pipe(outgoing).pipe(incoming);
    });
  }
}
