import { createRequire } from 'node:module';
import type { Socket } from 'node:net';

/** The parts of the driver's own connection class that the repair leans on; not public, so checked when loaded. */
interface DriverConnection {
  closed: boolean;
  error: Error | null;
  readonly socket: Socket;
  cleanup(error: Error): void;
}

/** Of its connection pool. */
interface DriverPool {
  readonly options: { readonly minPoolSize: number };
  minPoolSizeTimer?: NodeJS.Timeout;
  ensureMinPoolSize(): void;
}

/** Milliseconds between two looks of a pool for connections that were given up; who takes one looks himself. */
const poolPause = 5000;

const requireFromMongoose = createRequire(createRequire(import.meta.url).resolve('mongoose'));
let repaired = false;

/**
 * Lets commands fail that were about to be sent while their connection closed.
 *
 * The driver (mongodb 7.8) serialises a command, then writes it; when the socket was destroyed in between, the write
 * returns false and the driver waits for a `drain` that never comes. An operation then hangs for ever, and a monitor that
 * hangs so keeps the whole client from finding a server that is long back. After this repair a closed connection
 * throws on writing and wakes those that wait for it.
 *
 * @throws Error when the driver has changed: then look whether the repair is still needed.
 */
export function repairDriver(): void {
  if (repaired) return;
  const { Connection } = requireFromMongoose('mongodb/lib/cmap/connection.js') as {
    Connection?: { prototype: DriverConnection };
  };
  const cleanup = Connection?.prototype.cleanup;
  if (Connection === undefined || cleanup === undefined) {
    throw new Error('expected mongodb/lib/cmap/connection.js to export Connection with a cleanup method');
  }
  Connection.prototype.cleanup = function (error) {
    if (this.closed) return;
    cleanup.call(this, error);
    const { socket } = this;
    socket.write = () => {
      throw error;
    };
    socket.emit('error', error);
  };
  calmPools();
  repaired = true;
}

/** A pool looks ten times a second, for as long as it lives, whether it has the connections it must have; ours must have none. */
function calmPools(): void {
  const { ConnectionPool } = requireFromMongoose('mongodb/lib/cmap/connection_pool.js') as {
    ConnectionPool?: { prototype: DriverPool };
  };
  const look = ConnectionPool?.prototype.ensureMinPoolSize;
  if (ConnectionPool === undefined || look === undefined)
    throw new Error(
      'expected mongodb/lib/cmap/connection_pool.js to export ConnectionPool with an ensureMinPoolSize method',
    );
  ConnectionPool.prototype.ensureMinPoolSize = function () {
    look.call(this);
    if (this.options.minPoolSize > 0 || this.minPoolSizeTimer === undefined) return;
    clearTimeout(this.minPoolSizeTimer);
    this.minPoolSizeTimer = setTimeout(() => this.ensureMinPoolSize(), poolPause);
  };
}
