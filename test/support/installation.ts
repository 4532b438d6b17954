import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testKeyPem } from '#certificates/testing';
import { fileURLToPath } from 'node:url';
import { createHash, randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import mongoose from 'mongoose';
import {
  AppProcess,
  appNames,
  prepareBroker,
  prepareBuckets,
  entryOf,
  environmentOf,
  functionalAccounts,
  operatedApps,
  portNames,
  publicUrlOf,
  readyUrlOf,
  sourceFolderRules,
  type AppName,
  type AppSettings,
  type ConsumerName,
  type PortName,
} from '../../tools/start/src/index.js';
import { pidAsName } from '#kernel';
import { S3ObjectStore } from '#storage';
import { freePorts } from './free-ports.js';
import { troubleIn, unreadableIn } from './log-trouble.js';
import { ScicatClient } from './scicat-client.js';

const project = fileURLToPath(new URL('../../..', import.meta.url));

/** Seconds shrink to fractions, so that what a crash leaves is taken over while a test waits. */
const quick: Record<string, string> = {
  CATENA_RETRY_TIERS: '200ms,500ms,1s,2s,5s',
  CATENA_ACCEPT_TIMEOUT: '4s',
  CATENA_OUTBOX_LEASE: '2s',
  ASSEMBLER_LEASE: '4s',
  ARCHIVER_LEASE: '3s',
  ARCHIVER_RETRY_PAUSE: '300ms',
  ARCHIVER_RETRY_PAUSE_MOST: '1s',
  PUBLISHER_LEASE: '3s',
  PUBLISHER_RETRY_PAUSE: '300ms',
  PUBLISHER_RETRY_PAUSE_MOST: '1s',
  RECALL_INTERVAL: '300ms',
  ORPHAN_CLAIM_AGE: '15s',
  LTS_RESERVE: '0B',
  RELEASE_GRACE: '0s',
  INGESTOR_LEASE: '4s',
  INGESTOR_SWEEP_INTERVAL: '500ms',
};

export interface InstallationOptions {
  /** MONGODB_URI, RABBITMQ_URL, S3_*; default: this process's environment, where `npm test` puts them. */
  readonly services?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  /** Of single apps. */
  readonly environmentOf?: Partial<Record<AppName, Readonly<Record<string, string>>>>;
  readonly jobConfigurationFile?: string;
  /** Folders of long-term storage, one for each copy. Default one. */
  readonly shares?: number;
  /** The first of them is a simulated tape library with these settings (see `storageAt`). */
  readonly tapeLibrary?: string;
  /** What stands in ROUTES_FILE, with the folders of long-term storage as its places. */
  readonly routes?: (shares: readonly string[]) => string;
  /** All apps have one account at the broker, as in an installation that was not told otherwise. */
  readonly sharedAccounts?: boolean;
  /** Further functional accounts, in SciCat's format. */
  readonly accounts?: readonly object[];
  /** The console runs as well. */
  readonly console?: boolean;
  /** Publisher and publication server run as well, and register DOIs at this address. */
  readonly datacite?: { readonly url: string; readonly password: string };
}

/** A whole Catena of its own: its processes, databases, queues, buckets and folders nobody else uses. */
export class Installation {
  readonly apps: Readonly<Record<AppName, AppProcess>>;

  private constructor(
    readonly directory: string,
    readonly settings: AppSettings,
  ) {
    this.apps = Object.fromEntries(appNames.map((name) => [name, this.processOf(name)])) as Record<
      AppName,
      AppProcess
    >;
  }

  static async create(options: InstallationOptions = {}): Promise<Installation> {
    const directory = await mkdtemp(join(tmpdir(), 'catena-flow-'));
    const shares = Array.from({ length: options.shares ?? 1 }, (_, index) => join(directory, `tape${index}`));
    for (const folder of [...shares, join(directory, 'source', 'demo-group')])
      await mkdir(folder, { recursive: true });
    const sourceFoldersFile = join(directory, 'source-folders.yaml');
    await writeFile(sourceFoldersFile, sourceFolderRules(join(directory, 'source')));
    const secret = (): string => randomBytes(12).toString('hex');
    const secrets = {
      jwt: secret(),
      operationsTokens: perApp(secret),
      broker: perApp(secret),
      listener: secret(),
      push: secret() + secret(),
      console: secret() + secret(),
      ingestor: secret() + secret(),
      certificateKey: testKeyPem(),
      datacite: options.datacite?.password ?? secret(),
      accounts: {
        ...{ demo: secret(), admin: secret(), archiveManager: secret(), jobAssembler: secret() },
        ...{ publisher: secret(), archiver: secret() },
      },
    };
    const functionalAccountsFile = join(directory, 'accounts.json');
    await writeFile(
      functionalAccountsFile,
      JSON.stringify([
        ...functionalAccounts(secrets),
        { username: 'stranger', email: 's@example.org', password: 'stranger', role: 'strangers' },
        ...(options.accounts ?? []),
      ]),
    );
    const { tapeLibrary, routes } = options;
    const routesFile = join(directory, 'routes.yaml');
    if (routes !== undefined) await writeFile(routesFile, routes(shares));
    const environment = {
      ...quick,
      ...(routes === undefined ? {} : { ROUTES_FILE: routesFile, LTS_ROOTS: '' }),
      ...(tapeLibrary === undefined
        ? {}
        : { LTS_ROOTS: [`tape-simulation:${shares[0]}?${tapeLibrary}`, ...shares.slice(1)].join(',') }),
      ...options.environment,
    };
    const free = await freePorts(portNames.length);
    const ports = Object.fromEntries(portNames.map((name, index) => [name, free[index]!])) as Record<
      PortName,
      number
    >;
    const operationsAppsFile = join(directory, 'operations-apps.json');
    if (options.console === true)
      await writeFile(operationsAppsFile, JSON.stringify(operatedApps(secrets, ports)));
    const services = options.services ?? servicesFromEnvironment();
    return new Installation(directory, {
      services: options.sharedAccounts === true ? withoutManagement(services) : services,
      dataDirectory: directory,
      secrets,
      ports,
      ...(options.console === true ? { operationsAppsFile } : {}),
      ...(options.datacite === undefined ? {} : { dataciteUrl: options.datacite.url }),
      prefix: `t${randomBytes(5).toString('hex')}`,
      // Where tars are found: the library keeps other things beside them.
      ltsRoots: tapeLibrary === undefined ? shares : [join(shares[0]!, 'files'), ...shares.slice(1)],
      sourceFoldersFile,
      functionalAccountsFile,
      jobConfigurationFile:
        options.jobConfigurationFile ?? join(project, 'examples', 'job-configuration.yaml'),
      extra: Object.fromEntries(
        appNames.map((name) => [name, { ...environment, ...options.environmentOf?.[name] }]),
      ),
    });
  }

  get sourceFolder(): string {
    return join(this.directory, 'source', 'demo-group');
  }

  get shares(): readonly string[] {
    return this.settings.ltsRoots;
  }

  /** The apps this installation is made of: without a registry nothing is published; a console comes where it was asked for. */
  get members(): readonly AppName[] {
    const { dataciteUrl, operationsAppsFile } = this.settings;
    return appNames.filter((name) =>
      name === 'console'
        ? operationsAppsFile !== undefined
        : dataciteUrl !== undefined || !name.startsWith('publi'),
    );
  }

  /** The address of the landing pages. */
  get publicUrl(): string {
    return publicUrlOf(this.settings);
  }

  get url(): string {
    return `http://127.0.0.1:${this.settings.ports['catalog-api']}`;
  }

  /**
   * @param processes run instead of one process of each app
   * @param limit milliseconds until they must be ready
   */
  async start(
    processes: readonly AppProcess[] = this.members.map((name) => this.apps[name]),
    limit = 300_000,
  ): Promise<void> {
    await Promise.all([prepareBroker(this.settings), prepareBuckets(this.settings)]);
    for (const app of processes) app.start();
    await Promise.all(processes.map((app) => app.whenReady(limit)));
    await this.accountsAreSeeded();
  }

  /** A further process of an app on the same databases and queues. */
  async another(name: AppName, environment: Record<string, string> = {}): Promise<AppProcess> {
    const [port] = await freePorts(1);
    const app = new AppProcess({
      ...this.apps[name].options,
      logFile: join(this.directory, `${name}-${port}.log`),
      readyUrl: this.apps[name].options.readyUrl.replace(/:\d+\//, `:${port}/`),
    });
    app.start({ PORT: String(port), ...environment });
    await app.whenReady();
    return app;
  }

  /** From now on the app kills itself when it passes the crash point. */
  async arm(name: AppName, point: string): Promise<void> {
    const file = this.crashFileOf(name);
    await writeFile(`${file}.new`, point);
    await rename(`${file}.new`, file);
  }

  async disarm(name: AppName): Promise<void> {
    await rm(this.crashFileOf(name), { force: true });
  }

  /** @param url of another process of catalog-api */
  client(username: 'demo' | 'admin' | 'archiveManager' | 'stranger', url = this.url): Promise<ScicatClient> {
    const password = username === 'stranger' ? 'stranger' : this.settings.secrets.accounts[username];
    return new ScicatClient(url, username, password).login();
  }

  /** Files of a dataset in the landing zone: asks the object store itself, with the installation's own keys. */
  async originalsLeft(pid: string): Promise<number> {
    return this.inLandingZone(pid, (_, keys) => Promise.resolve(keys.length));
  }

  /** The checksums of these files, by path; nothing may release them meanwhile. */
  async originals(pid: string): Promise<ReadonlyMap<string, string>> {
    const folder = `${pidAsName(pid)}/`;
    return this.inLandingZone(pid, async (store, keys, bucket) => {
      const found = new Map<string, string>();
      for (const key of keys)
        found.set(key.slice(folder.length), await checksumOf(await store.get(bucket, key)));
      return found;
    });
  }

  private inLandingZone<Result>(
    pid: string,
    use: (store: S3ObjectStore, keys: readonly string[], bucket: string) => Promise<Result>,
  ): Promise<Result> {
    return this.withObjectStore(async (store) => {
      const bucket = `${this.settings.prefix}-landing-zone`;
      const keys: string[] = [];
      for await (const { key } of store.list(bucket, `${pidAsName(pid)}/`)) keys.push(key);
      return use(store, keys, bucket);
    });
  }

  /** The object store, with the installation's own keys. */
  async withObjectStore<Result>(use: (store: S3ObjectStore) => Promise<Result>): Promise<Result> {
    const { services } = this.settings;
    const value = (name: string): string => services[name] ?? '';
    const store = new S3ObjectStore({
      endpoint: value('S3_ENDPOINT'),
      accessKey: value('S3_ACCESS_KEY'),
      secretKey: value('S3_SECRET_KEY'),
      region: value('S3_REGION'),
    });
    try {
      return await use(store);
    } finally {
      store.close();
    }
  }

  /** An app's database, for what no client can do. */
  async withDatabase<Result>(
    app: AppName,
    use: (database: mongoose.Connection) => Promise<Result>,
  ): Promise<Result> {
    const url = new URL(this.settings.services['MONGODB_URI'] ?? '');
    url.pathname = `/${this.settings.prefix}-${app}`;
    const connection = await mongoose.createConnection(url.toString()).asPromise();
    try {
      return await use(connection);
    } finally {
      await connection.close();
    }
  }

  /**
   * Stops everything. When a test failed, the folder with the logs stays, and what went wrong in them is printed. Where the tests
   * send no messages by themselves, one that an app could not read is a fault of another app.
   */
  async stop(failed = false, sendsRubbish = false): Promise<void> {
    await Promise.all(appNames.map((name) => this.apps[name].stop()));
    const logs = appNames.map((name) => this.apps[name].options.logFile);
    const [unreadable] = sendsRubbish ? [] : (await Promise.all(logs.map(unreadableIn))).flat();
    if (!failed && unreadable === undefined) return rm(this.directory, { recursive: true, force: true });
    for (const name of appNames) {
      const lines = await troubleIn(this.apps[name].options.logFile);
      if (lines.length > 0) console.error(`${name}:\n  ${lines.join('\n  ')}`);
    }
    console.error(`the logs are kept in ${this.directory}`);
    if (unreadable !== undefined)
      throw new Error(`Expected messages that their consumers can read, found: ${unreadable}`);
  }

  private async accountsAreSeeded(): Promise<void> {
    for (const until = Date.now() + 120_000; ;) {
      const seeded = await this.client('stranger').then(
        () => true,
        () => false,
      );
      if (seeded) return;
      if (Date.now() > until)
        throw new Error(`the functional accounts were not seeded: see ${this.directory}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  private crashFileOf(name: AppName): string {
    return join(this.directory, `${name}.crash`);
  }

  private processOf(name: AppName): AppProcess {
    return new AppProcess({
      name,
      entry: entryOf(project, name),
      environment: { ...environmentOf(name, this.settings), CATENA_CRASH_FILE: this.crashFileOf(name) },
      logFile: join(this.directory, `${name}.log`),
      readyUrl: readyUrlOf(name, this.settings),
    });
  }
}

function servicesFromEnvironment(): Record<string, string> {
  const names = ['MONGODB_URI', 'RABBITMQ_URL', 'S3_ENDPOINT', 'S3_ACCESS_KEY', 'S3_SECRET_KEY', 'S3_REGION'];
  const missing = names.filter((name) => !process.env[name]);
  if (missing.length > 0)
    throw new Error(
      `Expected ${missing.join(', ')} in the environment: run \`npm test\`, or start services with \`npm run stack -- up\`.`,
    );
  const optional = Object.keys(process.env).filter((name) =>
    /^(RABBITMQ_MANAGEMENT_URL|S3_(ACCESS|SECRET)_KEY_\w+)$/.test(name),
  );
  return Object.fromEntries([...names, ...optional].map((name) => [name, process.env[name] ?? '']));
}

function withoutManagement(services: Readonly<Record<string, string>>): Record<string, string> {
  const { RABBITMQ_MANAGEMENT_URL: _, ...rest } = services;
  return rest;
}

function perApp(secret: () => string): Record<ConsumerName, string> {
  return {
    ...{ 'catalog-api': secret(), 'job-assembler': secret() },
    ...{ archiver: secret(), publisher: secret() },
  };
}

async function checksumOf(body: Readable): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of body as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('hex');
}
