import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  forgetProcesses,
  isAlive,
  rememberedProcesses,
  rememberProcesses,
  type ProcessIdentity,
} from './process/identity.js';
import { chooseEntrance } from './process/entrance.js';
import { ensureRoot } from './root/make-root.js';
import { withLock } from './root/lock.js';
import { unsupported } from './root/host.js';
import { prepareHome } from './services/home.js';
import { ManagedService, type ServiceControl } from './services/life-cycle.js';
import { memoryServerModule, memoryServerService, wantsMemoryServer } from './services/memory-server.js';
import { mongodbService } from './services/mongodb.js';
import { rabbitmqService } from './services/rabbitmq.js';
import {
  SERVICE_NAMES,
  type ServiceDefinition,
  type ServiceHome,
  type ServiceName,
} from './services/service.js';
import { ensureReachable } from './process/reachable.js';
import { swiftService } from './services/swift.js';
import { loadSettings } from './settings.js';

export interface StackOptions {
  /** Where the services keep everything; made when absent. One stack at a time runs in it. */
  readonly dataDirectory: string;
  /** All three by default. */
  readonly services?: readonly ServiceName[];
  readonly log: (line: string) => void;
  /** Where URLs of existing services are looked for; by default nowhere. */
  readonly environment?: NodeJS.ProcessEnv;
}

export interface Stack {
  /** How to reach every service: MONGODB_URI, RABBITMQ_URL, RABBITMQ_MANAGEMENT_URL, S3_ENDPOINT, S3_ACCESS_KEY, S3_SECRET_KEY, S3_REGION. */
  readonly environment: Readonly<Record<string, string>>;
  /** The services this stack runs itself. */
  readonly services: readonly ServiceControl[];
  /** One of them; throws when it is not run by this stack (not asked for, or taken from the environment). */
  service(name: ServiceName): ServiceControl;
  stop(): Promise<void>;
}

/** Each app's own key, where the store has one. */
const ownKeys = ['CATALOG_API', 'JOB_ASSEMBLER', 'ARCHIVER'].flatMap((app) => [
  `S3_ACCESS_KEY_${app}`,
  `S3_SECRET_KEY_${app}`,
]);

/** The variables that replace a service; the first one decides. */
const REPLACEMENTS: Readonly<Record<ServiceName, readonly string[]>> = {
  mongodb: ['MONGODB_URI'],
  rabbitmq: ['RABBITMQ_URL', 'RABBITMQ_MANAGEMENT_URL'],
  s3: ['S3_ENDPOINT', 'S3_ACCESS_KEY', 'S3_SECRET_KEY', 'S3_REGION', ...ownKeys],
};

/** Starts the services, all at once, and resolves when every one of them answers. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { log } = options;
  const environment = options.environment ?? {};
  const wanted = options.services ?? SERVICE_NAMES;
  const replaced = wanted.filter((name) => isReplaced(name, environment));
  const own = wanted.filter((name) => !replaced.includes(name));
  for (const name of replaced) log(`${name}: using ${REPLACEMENTS[name][0]} from the environment`);
  await Promise.all(replaced.map((name) => isThere(name, environment)));
  const outside = Object.assign({}, ...replaced.map((name) => replacement(name, environment))) as Record<
    string,
    string
  >;
  if (own.length === 0) return makeStack([], outside, async () => undefined);

  const withMemoryServer = own.includes('mongodb') && wantsMemoryServer(environment);
  // Before the tree is made, which takes longer than to say that a package is missing.
  if (withMemoryServer) memoryServerModule();
  const inTree = own.filter((name) => name !== 'mongodb' || !withMemoryServer);
  const root = inTree.length === 0 ? undefined : await rootOf(options);
  const dataDirectory = resolve(options.dataDirectory);
  await mkdir(dataDirectory, { recursive: true });
  const pidFile = join(dataDirectory, 'launcher.json');
  await withLock(
    `${pidFile}.lock`,
    () => undefined,
    async () => takeOver(pidFile, dataDirectory),
  );
  try {
    const home = { dataDirectory, log, settings: await loadSettings(dataDirectory) };
    const inRoot = root === undefined ? [] : await servicesInRoot(inTree, { ...home, root });
    if (root === undefined) prepareHome(home);
    const mongod = withMemoryServer ? [memoryServerService(home)] : [];
    const services = [...mongod, ...inRoot].map((definition) => new ManagedService(definition, log));
    await startAll(services);
    return makeStack(services, outside, async () => forgetProcesses(pidFile));
  } catch (error) {
    forgetProcesses(pidFile);
    throw error;
  }
}

/** Claims the data directory for this process, unless another one uses it. */
function takeOver(pidFile: string, dataDirectory: string): void {
  const other = rememberedProcesses(pidFile).find((launcher: ProcessIdentity) => isAlive(launcher));
  if (other !== undefined) {
    throw new Error(
      `a stack already runs in ${dataDirectory} (process ${other.pid}); stop it or use another --data`,
    );
  }
  rememberProcesses(pidFile, [process.pid]);
}

/** The Debian tree, before anything that only a Linux with Debian's tools can do, so that all others read what they lack. */
async function rootOf({ environment, log }: StackOptions): Promise<string> {
  if (process.platform !== 'linux') throw unsupported('the local services need Linux');
  return ensureRoot(environment ?? process.env, log);
}

/** Those whose programs come from the Debian tree. */
async function servicesInRoot(
  names: readonly ServiceName[],
  rooted: Omit<ServiceHome, 'entrance'>,
): Promise<ServiceDefinition[]> {
  const home: ServiceHome = { ...rooted, entrance: await chooseEntrance(rooted.root) };
  prepareHome(home);
  const definitions: Record<ServiceName, () => ServiceDefinition> = {
    mongodb: () => mongodbService(home),
    rabbitmq: () => rabbitmqService(home),
    s3: () => swiftService(home),
  };
  return names.map((name) => definitions[name]());
}

/** When one service cannot start, none is left running. */
async function startAll(services: readonly ManagedService[]): Promise<void> {
  const outcomes = await Promise.allSettled(services.map((service) => service.start()));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed === undefined) return;
  await stopAll(services);
  throw failed.reason;
}

async function stopAll(services: readonly ManagedService[]): Promise<void> {
  await Promise.all(services.map((service) => service.stop()));
}

function makeStack(
  services: readonly ManagedService[],
  outside: Readonly<Record<string, string>>,
  forget: () => Promise<void>,
): Stack {
  const inner = Object.assign({}, ...services.map((service) => service.environment)) as Record<
    string,
    string
  >;
  return {
    environment: { ...inner, ...outside },
    services,
    service: (name) => {
      const found = services.find((service) => service.name === name);
      if (found === undefined) throw new Error(`this stack does not run ${name} itself`);
      return found;
    },
    stop: async () => {
      await stopAll(services);
      await forget();
    },
  };
}

function isReplaced(name: ServiceName, environment: NodeJS.ProcessEnv): boolean {
  return (environment[REPLACEMENTS[name][0] as string] ?? '') !== '';
}

/** @throws Error when nobody answers where the environment says that the service is */
async function isThere(name: ServiceName, environment: NodeJS.ProcessEnv): Promise<void> {
  const [variable = ''] = REPLACEMENTS[name];
  await ensureReachable(variable, environment[variable] ?? '');
}

function replacement(name: ServiceName, environment: NodeJS.ProcessEnv): Record<string, string> {
  const pairs = REPLACEMENTS[name].map((variable) => [variable, environment[variable]] as const);
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => pair[1] !== undefined));
}
