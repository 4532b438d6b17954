import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ManagedProcess } from '../process/managed-process.js';
import { UnsupportedHost } from '../root/host.js';
import { probeMongo } from './mongodb.js';
import type { ServiceDefinition, ServiceHome } from './service.js';

const PACKAGE = 'mongodb-memory-server';
const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));

/** What we use of the package, which is installed by those who want it and by nobody else. */
interface MemoryServerPackage {
  readonly MongoBinary: { getPath(): Promise<string> };
  readonly MongoMemoryServer: { create(options: object): Promise<MemoryServer> };
}

interface MemoryServer {
  readonly instanceInfo?: { readonly port: number };
  stop(options: { readonly doCleanup: boolean }): Promise<unknown>;
}

/** A server as the program below is told of it. */
interface MemoryServerPlan {
  readonly module: string;
  readonly port: number;
  readonly folder: string;
  readonly user: string;
  readonly password: string;
}

/**
 * Whether MongoDB itself is to run instead of our gateway (`CATENA_MONGODB=memory-server`).
 *
 * @throws UnsupportedHost for another value
 */
export function wantsMemoryServer({ CATENA_MONGODB: wanted = '' }: NodeJS.ProcessEnv): boolean {
  if (wanted === '' || wanted === 'memory-server') return wanted !== '';
  throw new UnsupportedHost(
    `Expected CATENA_MONGODB to be memory-server, found ${JSON.stringify(wanted)}: unset it, and the stack runs DocumentDB.`,
  );
}

/**
 * MongoDB itself, which the package mongodb-memory-server fetches for this machine the first time. Its data stay in the data
 * directory as the gateway's would, in a folder of their own.
 *
 * @param from a file beside whose packages the package is looked for
 * @throws UnsupportedHost where it is not installed
 */
export function memoryServerService(
  { settings, dataDirectory, log }: Pick<ServiceHome, 'settings' | 'dataDirectory' | 'log'>,
  from: string = import.meta.url,
): ServiceDefinition {
  const { user, password } = settings.mongodb;
  const port = settings.ports.mongodb;
  const folder = join(dataDirectory, 'mongod');
  const module = memoryServerModule(from);
  const plan: MemoryServerPlan = { module, port, folder, user, password };
  const uri = `mongodb://${user}:${password}@127.0.0.1:${port}/?authSource=admin&directConnection=true`;
  const server = new ManagedProcess({
    name: PACKAGE,
    program: process.execPath,
    parameters: [MAIN, 'memory-server'],
    environment: { ...process.env, CATENA_MEMORY_SERVER: JSON.stringify(plan) },
    workingDirectory: dataDirectory,
    logFile: join(dataDirectory, 'log/mongod.log'),
    pidFile: join(dataDirectory, 'pid/mongod.json'),
    endSignal: 'SIGTERM',
    behindUnshare: false,
  });
  return {
    name: 'mongodb',
    port,
    environment: { MONGODB_URI: uri },
    processes: [server],
    prepare: async () => {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      // Here rather than at its start, which is given up after a while: it may be a long download.
      log('mongodb: looking for MongoDB itself, which mongodb-memory-server fetches the first time');
      await load(module).MongoBinary.getPath();
    },
    probe: () => probeMongo(uri),
  };
}

/**
 * Where the package is installed.
 *
 * @param from a file beside whose packages it is looked for
 * @throws UnsupportedHost where it is not
 */
export function memoryServerModule(from: string = import.meta.url): string {
  try {
    return createRequire(from).resolve(PACKAGE);
  } catch (error) {
    throw new UnsupportedHost(
      `CATENA_MONGODB=memory-server needs the package ${PACKAGE}, which is not installed. Install it with \`npm install --no-save ${PACKAGE}\` (it fetches MongoDB the first time it starts), or unset CATENA_MONGODB.`,
      { cause: error },
    );
  }
}

function load(module: string): MemoryServerPackage {
  return createRequire(import.meta.url)(module) as MemoryServerPackage;
}

/** The program of the service: runs until it is told to end, or until nobody is there to tell it. */
export async function runMemoryServer(plan: MemoryServerPlan): Promise<number> {
  const { port, folder, user, password } = plan;
  const launcher = process.ppid;
  const server = await load(plan.module).MongoMemoryServer.create({
    instance: { port, ip: '127.0.0.1', dbPath: folder, storageEngine: 'wiredTiger', auth: true },
    auth: { enable: true, customRootName: user, customRootPwd: password },
  });
  const found = server.instanceInfo?.port;
  const isOurs = found === port;
  if (isOurs) await untilToldToEnd(launcher);
  else console.error(`expected MongoDB to listen on port ${port}, found it on ${found}: the port is taken`);
  await server.stop({ doCleanup: false });
  return isOurs ? 0 : 1;
}

function untilToldToEnd(launcher: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setInterval(() => process.ppid !== launcher && end(), 500);
    const end = (): void => {
      clearInterval(timer);
      resolve();
    };
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, end);
  });
}
