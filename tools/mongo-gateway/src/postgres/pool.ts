import { PostgresConnection, type PostgresOptions } from './connection.js';
import { PostgresUnreachable } from './messages.js';

interface Waiter {
  readonly resolve: (connection: PostgresConnection) => void;
  readonly reject: (error: Error) => void;
}

/** Lends PostgreSQL connections, one borrower each; the one used last first, so that few stay warm. */
export class PostgresPool {
  private readonly idle: PostgresConnection[] = [];
  private readonly waiters: Waiter[] = [];
  private readonly all = new Set<PostgresConnection>();
  private opening = 0;
  private closed = false;

  constructor(
    private readonly options: PostgresOptions & {
      readonly maxConnections: number;
      /** How long a borrower waits for a PostgreSQL that does not accept connections (it may be restarting). */
      readonly connectPatienceMilliseconds: number;
    },
  ) {}

  async acquire(): Promise<PostgresConnection> {
    for (let connection = this.idle.pop(); connection !== undefined; connection = this.idle.pop()) {
      if (!connection.closed) return connection;
    }
    if (this.closed) throw new PostgresUnreachable('the gateway is stopping');
    if (this.all.size + this.opening < this.options.maxConnections) return this.open();
    return new Promise((resolve, reject) => this.waiters.push({ resolve, reject }));
  }

  release(connection: PostgresConnection): void {
    if (connection.closed) return;
    const waiter = this.waiters.shift();
    if (waiter !== undefined) waiter.resolve(connection);
    else this.idle.push(connection);
  }

  /** Ends a connection whose state is unknown instead of lending it again. */
  discard(connection: PostgresConnection): void {
    connection.close();
  }

  close(): void {
    this.closed = true;
    for (const waiter of this.waiters.splice(0)) {
      waiter.reject(new PostgresUnreachable('the gateway is stopping'));
    }
    for (const connection of this.all) connection.close();
  }

  private async open(): Promise<PostgresConnection> {
    this.opening += 1;
    try {
      const connection = await this.openPatiently();
      if (connection.closed) throw new PostgresUnreachable('PostgreSQL closed the connection at once');
      this.all.add(connection);
      connection.onClose = () => this.forget(connection);
      return connection;
    } catch (error) {
      // The place is free again: the next in line tries, and learns for itself that nothing answers.
      queueMicrotask(() => this.openForWaiter());
      throw error;
    } finally {
      this.opening -= 1;
    }
  }

  private async openPatiently(): Promise<PostgresConnection> {
    const deadline = Date.now() + this.options.connectPatienceMilliseconds;
    for (;;) {
      try {
        return await PostgresConnection.open(this.options);
      } catch (error) {
        if (this.closed || Date.now() > deadline) {
          throw new PostgresUnreachable(error instanceof Error ? error.message : String(error));
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  /** A place became free: whoever waits gets a new connection. */
  private forget(connection: PostgresConnection): void {
    this.all.delete(connection);
    this.openForWaiter();
  }

  private openForWaiter(): void {
    const waiter = this.waiters.shift();
    if (waiter !== undefined) this.open().then(waiter.resolve, waiter.reject);
  }
}
