import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mongo } from 'mongoose';
import { ManagedProcess } from '../process/managed-process.js';
import { inside, runInside, sandboxedProcess, serviceFile, serviceFolder } from './home.js';
import type { ServiceDefinition, ServiceHome } from './service.js';

const PROGRAMS = '/usr/lib/postgresql/18/bin';
const GATEWAY = fileURLToPath(new URL('../../../mongo-gateway/src/main.js', import.meta.url));
const PROBE_MILLISECONDS = 2_000;
const POSTGRES_PATIENCE_MILLISECONDS = 60_000;
const CURSOR_SECONDS = 900;

/** fsync stays on: tests kill it. The rest fits a database of tests beside other services on a small machine. */
const CONFIGURATION = `
listen_addresses = ''
unix_socket_directories = '${inside('postgres/run')}'
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = 128MB
max_wal_size = 512MB
wal_level = minimal
max_wal_senders = 0
max_parallel_workers_per_gather = 0
log_min_messages = log
log_checkpoints = off
shared_preload_libraries = 'pg_cron, pg_documentdb_core, pg_documentdb'
cron.database_name = 'postgres'
cron.host = '${inside('postgres/run')}'
cron.use_background_workers = on
cron.log_run = off
cron.log_statement = off
documentdb.localhost_connection_string = 'host=${inside('postgres/run')}'
documentdb.defaultCursorExpiryTimeLimitSeconds = ${CURSOR_SECONDS}
`;

/** Index builds happen inside createIndexes (see the gateway), so the two jobs that would build them may rest. */
const INITIAL_SQL = `
CREATE EXTENSION IF NOT EXISTS documentdb CASCADE;
SELECT cron.unschedule(jobid) FROM cron.job WHERE command LIKE '%build_index_concurrently%';
`;

/** PostgreSQL with the DocumentDB extension, and the gateway that speaks MongoDB's protocol for it. */
export function mongodbService(home: ServiceHome): ServiceDefinition {
  const { settings, dataDirectory } = home;
  const { user, password } = settings.mongodb;
  const port = settings.ports.mongodb;
  const uri = `mongodb://${user}:${password}@127.0.0.1:${port}/?authSource=admin&directConnection=true`;
  const postgres = sandboxedProcess(home, 'postgres', 'SIGINT', [
    ...[`${PROGRAMS}/postgres`, '-D', inside('postgres/data')],
    ...['-c', `config_file=${inside('postgres/postgresql.conf')}`],
    ...['-c', `hba_file=${inside('postgres/pg_hba.conf')}`],
  ]);
  return {
    name: 'mongodb',
    port,
    environment: { MONGODB_URI: uri },
    processes: [postgres, gatewayProcess(home)],
    prepare: () => prepare(home),
    initialise: () => initialise(home, postgres, join(dataDirectory, 'postgres/initialised')),
    probe: () => probeMongo(uri),
  };
}

function gatewayProcess({ settings, dataDirectory }: ServiceHome): ManagedProcess {
  return new ManagedProcess({
    name: 'mongo-gateway',
    program: 'setpriv',
    parameters: ['--pdeathsig', 'TERM', '--', process.execPath, GATEWAY],
    environment: {
      PATH: process.env['PATH'],
      MONGO_GATEWAY_PORT: String(settings.ports.mongodb),
      MONGO_GATEWAY_USER: settings.mongodb.user,
      MONGO_GATEWAY_PASSWORD: settings.mongodb.password,
      // The path of a Unix socket has room for 107 bytes only; relative to the working directory it always fits.
      MONGO_GATEWAY_PG_SOCKET_DIRECTORY: '.',
    },
    workingDirectory: join(dataDirectory, 'postgres/run'),
    logFile: join(dataDirectory, 'log/mongo-gateway.log'),
    pidFile: join(dataDirectory, 'pid/mongo-gateway.json'),
    endSignal: 'SIGTERM',
    behindUnshare: false,
  });
}

async function prepare(home: ServiceHome): Promise<void> {
  serviceFolder(home, 'postgres');
  serviceFolder(home, 'postgres/run');
  serviceFile(home, 'postgres/postgresql.conf', CONFIGURATION);
  // The folder of the socket lets in its owner only; behind it nobody has to prove anything.
  serviceFile(home, 'postgres/pg_hba.conf', 'local all all trust\n');
  if (existsSync(join(home.dataDirectory, 'postgres/data/PG_VERSION'))) return;
  home.log('mongodb: creating the database');
  await runInside(home, [
    ...['sh', '-ec', 'rm -rf "$2" && "$0" "$@" && sync', `${PROGRAMS}/initdb`],
    ...[
      '-D',
      inside('postgres/data'),
      '-U',
      'catena',
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--locale=C.UTF-8',
      '--no-sync',
    ],
  ]);
}

async function initialise(home: ServiceHome, postgres: ManagedProcess, marker: string): Promise<void> {
  if (existsSync(marker)) return;
  const connection = ['-h', inside('postgres/run'), '-U', 'catena', '-d', 'postgres'];
  const deadline = Date.now() + POSTGRES_PATIENCE_MILLISECONDS;
  for (;;) {
    try {
      await runInside(home, [`${PROGRAMS}/psql`, ...connection, '-v', 'ON_ERROR_STOP=1', '-qc', INITIAL_SQL]);
      return serviceFile(home, 'postgres/initialised', '');
    } catch (error) {
      if (!postgres.running || Date.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Asks for the names of the databases. */
export async function probeMongo(uri: string): Promise<void> {
  const client = new mongo.MongoClient(uri, { serverSelectionTimeoutMS: PROBE_MILLISECONDS });
  try {
    await client.db('admin').command({ listDatabases: 1, nameOnly: true });
  } finally {
    await client.close();
  }
}
