import { connect, type Socket } from 'node:net';
import { FrameReader } from '../frame-reader.js';
import {
  executeMessages,
  parseMessage,
  PostgresConnectionLost,
  readError,
  readRow,
  simpleQueryMessage,
  startupMessage,
  type Parameter,
  type PostgresError,
  type Row,
  type Statement,
} from './messages.js';

export interface PostgresOptions {
  /** Folder of the Unix socket. */
  readonly socketDirectory: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** Settings given to each connection when it starts. */
  readonly settings: Readonly<Record<string, string>>;
}

/** One exchange that ends with ReadyForQuery. Answers come in the order the exchanges were sent. */
interface Exchange {
  readonly rows: Row[];
  readonly prepares: string | undefined;
  parsed: boolean;
  error: PostgresError | undefined;
  readonly resolve: (rows: Row[]) => void;
  readonly reject: (error: Error) => void;
}

const AUTHENTICATION_OK = 0;

/**
 * A connection to PostgreSQL over a Unix socket: prepared statements, binary values, and as many exchanges on the
 * way at once as the caller likes. Written for one purpose (pass BSON through without copying it); general clients
 * turn every value into a JavaScript one.
 */
export class PostgresConnection {
  private readonly reader = new FrameReader({
    headerLength: 5,
    lengthOf: (header) => header.readInt32BE(1) + 1,
  });
  private readonly exchanges: Exchange[] = [];
  private readonly prepared = new Set<string>();
  private failure: Error | undefined;
  private ready: { resolve: () => void; reject: (error: Error) => void } | undefined;
  /** Called once when the connection ends, for whatever reason. */
  onClose: (() => void) | undefined;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (chunk) => this.receive(chunk));
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => this.fail(new Error('PostgreSQL closed the connection')));
  }

  static open(options: PostgresOptions): Promise<PostgresConnection> {
    const socket = connect(`${options.socketDirectory}/.s.PGSQL.${options.port}`);
    const connection = new PostgresConnection(socket);
    const { user, database, settings } = options;
    socket.write(startupMessage({ user, database, client_encoding: 'UTF8', ...settings }));
    return new Promise((resolve, reject) => {
      connection.ready = { resolve: () => resolve(connection), reject };
    });
  }

  get closed(): boolean {
    return this.failure !== undefined;
  }

  /** Runs a prepared statement; sends its text first where this connection does not know it yet. */
  execute(statement: Statement, parameters: readonly Parameter[]): Promise<Row[]> {
    const known = this.prepared.has(statement.name);
    const messages = executeMessages(statement.name, parameters);
    if (!known) {
      this.prepared.add(statement.name);
      messages.unshift(parseMessage(statement));
    }
    return this.send(messages, known ? undefined : statement.name);
  }

  /** Runs plain SQL without parameters. */
  run(sql: string): Promise<Row[]> {
    return this.send([simpleQueryMessage(sql)], undefined);
  }

  close(): void {
    this.socket.destroy();
  }

  private send(messages: Buffer[], prepares: string | undefined): Promise<Row[]> {
    return new Promise((resolve, reject) => {
      if (this.failure !== undefined) return reject(new PostgresConnectionLost(this.failure.message));
      this.exchanges.push({ rows: [], prepares, parsed: false, error: undefined, resolve, reject });
      if (messages.length === 1) {
        this.socket.write(messages[0] as Buffer);
        return;
      }
      this.socket.cork();
      for (const message of messages) this.socket.write(message);
      this.socket.uncork();
    });
  }

  private receive(chunk: Buffer): void {
    this.reader.push(chunk);
    for (let message = this.reader.next(); message !== undefined; message = this.reader.next()) {
      this.dispatch(message);
    }
  }

  private dispatch(message: Buffer): void {
    const exchange = this.exchanges[0];
    switch (String.fromCharCode(message[0] as number)) {
      case 'D':
        exchange?.rows.push(readRow(message));
        return;
      case '1':
        if (exchange !== undefined) exchange.parsed = true;
        return;
      case 'E':
        this.receiveError(readError(message), exchange);
        return;
      case 'Z':
        this.endExchange();
        return;
      case 'R':
        if (message.readInt32BE(5) !== AUTHENTICATION_OK) {
          this.fail(
            new Error('PostgreSQL asks for a password; the gateway needs trust or peer on its socket'),
          );
        }
        return;
      default:
    }
  }

  private receiveError(error: PostgresError, exchange: Exchange | undefined): void {
    if (exchange === undefined) this.fail(error);
    else exchange.error = error;
  }

  private endExchange(): void {
    if (this.ready !== undefined) {
      this.ready.resolve();
      this.ready = undefined;
      return;
    }
    const exchange = this.exchanges.shift();
    if (exchange === undefined) return;
    if (exchange.error === undefined) return exchange.resolve(exchange.rows);
    if (exchange.prepares !== undefined && !exchange.parsed) this.prepared.delete(exchange.prepares);
    exchange.reject(exchange.error);
  }

  private fail(error: Error): void {
    if (this.failure !== undefined) return;
    this.failure = error;
    this.socket.destroy();
    this.ready?.reject(new PostgresConnectionLost(error.message));
    for (const exchange of this.exchanges.splice(0)) {
      exchange.reject(new PostgresConnectionLost(exchange.error?.message ?? error.message));
    }
    this.onClose?.();
  }
}
