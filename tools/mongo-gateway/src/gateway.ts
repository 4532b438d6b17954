import { createServer, type AddressInfo, type Server } from 'node:net';
import { makeVerifier } from './auth/scram.js';
import { ClientConnection } from './client-connection.js';
import type { Services } from './commands/services.js';
import { PostgresPool } from './postgres/pool.js';
import { STATEMENTS } from './postgres/statements.js';
import { CursorRegistry } from './session/cursors.js';
import { ReplyCache } from './session/reply-cache.js';
import { TransactionRegistry } from './session/transactions.js';
import { Turns, TurnsByName } from './session/turns.js';

export interface GatewayOptions {
  /** Address to listen on; keep it on loopback unless the network is trusted, there is no TLS. */
  readonly host: string;
  /** Port to listen on; 0 lets the system choose. */
  readonly port: number;
  /** The one user; every command but the handshake needs it. */
  readonly user: string;
  readonly password: string;
  readonly postgres: {
    /** Folder of PostgreSQL's Unix socket. */
    readonly socketDirectory: string;
    readonly port: number;
    readonly user: string;
    readonly database: string;
    readonly maxConnections: number;
  };
  /** `host:port` announced to clients; by default the one listened on. */
  readonly advertisedAddress?: string;
  readonly log?: (line: string) => void;
}

export interface Gateway {
  readonly port: number;
  stop(): Promise<void>;
}

const MINUTE = 60_000;
const MAX_CLIENTS = 1000;
const CONNECT_PATIENCE_MILLISECONDS = 15_000;
const CURSOR_LIMITS = { maximum: 4000, idleMilliseconds: 10 * MINUTE };
const SESSION_LIMITS = { maximum: 10_000, idleMilliseconds: 30 * MINUTE };
const TRANSACTION_IDLE_MILLISECONDS = MINUTE;
const SWEEP_MILLISECONDS = 10_000;

/**
 * Settings of every PostgreSQL connection. Open cursors lie in files instead of holding connections; JIT costs more
 * than the engine's short statements take; lock waits end before a client gives up; writers of the
 * same unique key deadlock often (the engine uses exclusion constraints), so that is looked for early. Custom plans are a must: with a
 * generic plan the engine's updates find no document at all (seen with DocumentDB 1.0 on PostgreSQL 18).
 */
const SETTINGS = {
  application_name: 'mongo-gateway',
  'documentdb.useFileBasedPersistedCursors': 'on',
  jit: 'off',

  lock_timeout: '20s',
  deadlock_timeout: '50ms',
  client_min_messages: 'error',
  plan_cache_mode: 'force_custom_plan',
};

/** Starts serving MongoDB's wire protocol; resolves when the port is open. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const log = options.log ?? ((): void => undefined);
  const clients = new Set<ClientConnection>();
  const server = createServer();
  const services = makeServices(
    options,
    () => clients.size,
    () => address(options, server),
  );
  let connected = 0;
  server.maxConnections = MAX_CLIENTS;
  server.on('connection', (socket) => {
    connected += 1;
    const client = new ClientConnection(socket, connected, services, log);
    clients.add(client);
    socket.on('close', () => clients.delete(client));
  });
  await listen(server, options);
  const sweeper = setInterval(() => sweep(services), SWEEP_MILLISECONDS);
  sweeper.unref();
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      clearInterval(sweeper);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const client of clients) client.close();
      services.transactions.close();
      services.pool.close();
      await closed;
    },
  };
}

function makeServices(options: GatewayOptions, connections: () => number, address: () => string): Services {
  const { postgres } = options;
  const pool = new PostgresPool({
    ...postgres,
    settings: SETTINGS,
    connectPatienceMilliseconds: CONNECT_PATIENCE_MILLISECONDS,
  });
  return {
    pool,
    cursors: new CursorRegistry(CURSOR_LIMITS, (id) => void deleteCursor(pool, id)),
    transactions: new TransactionRegistry(pool, {
      maximumOpen: Math.max(1, Math.floor(postgres.maxConnections / 2)),
      idleMilliseconds: TRANSACTION_IDLE_MILLISECONDS,
    }),
    replies: new ReplyCache(SESSION_LIMITS),
    definitions: new Turns(),
    repetitions: new TurnsByName(),
    verifier: makeVerifier(options.user, options.password),
    address,
    startedAt: new Date(),
    connections,
  };
}

/** Removes the spill file of a cursor. Failure is harmless: the engine removes old ones by itself. */
async function deleteCursor(pool: PostgresPool, id: bigint): Promise<void> {
  try {
    const connection = await pool.acquire();
    await connection.execute(STATEMENTS.deleteCursors, [id]).finally(() => pool.release(connection));
  } catch {
    // PostgreSQL is away; so are its cursors' readers.
  }
}

function sweep({ cursors, transactions, replies }: Services): void {
  cursors.sweep();
  transactions.sweep();
  replies.sweep();
}

function address(options: GatewayOptions, server: Server): string {
  return options.advertisedAddress ?? `${options.host}:${(server.address() as AddressInfo).port}`;
}

function listen(server: Server, { host, port }: GatewayOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
