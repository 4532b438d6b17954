import { randomBytes } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  AppProcess,
  brokerUrlOf,
  environmentOf,
  prepareBroker,
  prepareBuckets,
} from '../../../tools/start/src/index.js';
import { freePorts } from '../free-ports.js';
import { Installation } from '../installation.js';
import { troubleIn, unreadableIn } from '../log-trouble.js';
import type { ScicatClient } from '../scicat-client.js';

const project = fileURLToPath(new URL('../../../..', import.meta.url));
const bridge = 'scicat-bridge';
type Besides = typeof bridge | 'job-assembler' | 'archiver';

/** The account of the bridge in the SciCat it stands beside. */
const account = { username: 'catenaBridge', password: randomBytes(12).toString('hex') };

export interface BesideOptions {
  /** Of the SciCat-shaped server: which of its actions tell the bridge of a job. */
  readonly tells?: readonly ('rabbitmq' | 'url')[];
  /** Of the bridge. */
  readonly bridge?: Readonly<Record<string, string>>;
  readonly archiver?: Readonly<Record<string, string>>;
  /** Of all apps of the Catena beside it. */
  readonly catena?: Readonly<Record<string, string>>;
}

/**
 * A SciCat-shaped server that knows nothing of Catena (catalog-api with SciCat's own job configuration), and beside it a Catena whose
 * catalogue's side is the bridge.
 */
export class BesideScicat {
  readonly apps: Readonly<Record<Besides, AppProcess>>;

  private constructor(
    readonly directory: string,
    /** The SciCat that stays: only its catalog-api runs. */
    readonly scicat: Installation,
    /** Its job-assembler and archiver run. */
    readonly catena: Installation,
    readonly bridgePort: number,
    readonly door: { readonly username: string; readonly password: string },
    bridgeEnvironment: Readonly<Record<string, string>>,
  ) {
    this.apps = {
      [bridge]: new AppProcess({
        name: bridge,
        entry: join(project, 'dist', 'apps', bridge, 'src', 'main.js'),
        environment: { ...bridgeEnvironment, CATENA_CRASH_FILE: this.crashFile },
        logFile: join(directory, `${bridge}.log`),
        readyUrl: `http://127.0.0.1:${bridgePort}/api/v4/health`,
      }),
      'job-assembler': catena.apps['job-assembler'],
      archiver: catena.apps.archiver,
    };
  }

  static async create(options: BesideOptions = {}): Promise<BesideScicat> {
    const { tells = ['rabbitmq'] } = options;
    const directory = await mkdtemp(join(tmpdir(), 'catena-flow-'));
    const [bridgePort] = await freePorts(1);
    const door = { username: 'scicat', password: randomBytes(12).toString('hex') };
    const feed = `f${randomBytes(5).toString('hex')}`;
    const jobConfigurationFile = join(directory, 'jobs.json');
    const actions = [
      ...(tells.includes('rabbitmq')
        ? [{ actionType: 'rabbitmq', exchange: `${feed}.write`, queue: `${feed}.jobs`, key: 'jobs' }]
        : []),
      ...(tells.includes('url') ? [urlAction(bridgePort!, door)] : []),
    ];
    await writeFile(jobConfigurationFile, JSON.stringify(jobConfiguration(actions)));
    const scicat = await Installation.create({
      jobConfigurationFile,
      accounts: [
        {
          ...{ ...account, email: 'catena@example.org' },
          role: ['admin', 'archivemanager', 'catena-services'],
        },
      ],
      environmentOf: { 'catalog-api': { TRUSTED_PROXIES: '', DELETE_JOB_GROUPS: 'archivemanager' } },
    });
    const reading = { CATALOG_URL: scicat.url, CATALOG_USERNAME: account.username };
    const account2 = { ...reading, CATALOG_PASSWORD: account.password };
    const catena = await Installation.create({
      environment: options.catena ?? {},
      environmentOf: { 'job-assembler': account2, archiver: { ...account2, ...options.archiver } },
    });
    const { RABBITMQ_URL: url = '' } = catena.settings.services;
    return new BesideScicat(directory, scicat, catena, bridgePort!, door, {
      ...bridgeBasics(catena),
      PORT: String(bridgePort),
      SCICAT_URL: scicat.url,
      SCICAT_USERNAME: account.username,
      SCICAT_PASSWORD: account.password,
      SCICAT_POLL_INTERVAL: '1s',
      SCICAT_CHECK_INTERVAL: '1s',
      BRIDGE_LEASE: '9s',
      SCICAT_PATIENCE: '4s',
      BRIDGE_RETRY_PAUSE: '300ms',
      BRIDGE_RETRY_PAUSE_MOST: '2s',
      ...(tells.includes('rabbitmq')
        ? {
            SCICAT_FEED_URL: url,
            SCICAT_FEED_EXCHANGE: `${feed}.write`,
            SCICAT_FEED_QUEUE: `${feed}.jobs`,
            SCICAT_FEED_KEY: 'jobs',
          }
        : {}),
      JOB_ENDPOINT_USERNAME: door.username,
      JOB_ENDPOINT_PASSWORD: door.password,
      ...options.bridge,
    });
  }

  get bridgeUrl(): string {
    return `http://127.0.0.1:${this.bridgePort}`;
  }

  /** A scientist's client of the SciCat. */
  client(username: 'demo' | 'admin' | 'archiveManager' = 'demo'): Promise<ScicatClient> {
    return this.scicat.client(username);
  }

  async start(): Promise<void> {
    await this.scicat.start([this.scicat.apps['catalog-api']]);
    await Promise.all([prepareBroker(this.catena.settings), prepareBuckets(this.catena.settings)]);
    const all = Object.values(this.apps);
    for (const app of all) app.start();
    await Promise.all(all.map((app) => app.whenReady(300_000)));
  }

  /** What operators read of a job. */
  async shown(jobId: string): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.bridgeUrl}/api/v4/operations/bridge/jobs/${jobId}`, {
      headers: { authorization: `Bearer ${this.catena.settings.secrets.operationsTokens['catalog-api']}` },
    });
    return (await response.json()) as Record<string, unknown>;
  }

  /** From now on the bridge, or another app, kills itself when it passes the crash point. */
  async arm(name: Besides, point: string): Promise<void> {
    if (name !== bridge) return this.catena.arm(name, point);
    await writeFile(`${this.crashFile}.new`, point);
    await rename(`${this.crashFile}.new`, this.crashFile);
  }

  async disarm(name: Besides): Promise<void> {
    if (name !== bridge) return this.catena.disarm(name);
    await rm(this.crashFile, { force: true });
  }

  async stop(failed = false, sendsRubbish = false): Promise<void> {
    const { [bridge]: process } = this.apps;
    await process.stop();
    const { logFile } = process.options;
    const [unreadable] = sendsRubbish ? [] : await unreadableIn(logFile);
    if (failed)
      console.error(`${bridge}:\n  ${(await troubleIn(logFile)).join('\n  ')}\nkept: ${this.directory}`);
    await this.catena.stop(failed, sendsRubbish);
    await this.scicat.stop(failed, sendsRubbish);
    if (!failed) await rm(this.directory, { recursive: true, force: true });
    if (unreadable !== undefined)
      throw new Error(`Expected messages that the bridge can read, found: ${unreadable}`);
  }

  private get crashFile(): string {
    return join(this.directory, `${bridge}.crash`);
  }
}

/** What the bridge shares with every app of the catalogue's side: broker, database server, control bucket. */
function bridgeBasics({ settings }: Installation): Record<string, string> {
  const { JWT_SECRET: _, FUNCTIONAL_ACCOUNTS_FILE: __, ...common } = environmentOf('catalog-api', settings);
  const database = new URL(common['MONGODB_URI'] ?? '');
  database.pathname = `/${settings.prefix}-${bridge}`;
  return { ...common, MONGODB_URI: database.toString(), RABBITMQ_URL: brokerUrlOf('catalog-api', settings) };
}

/** SciCat's own file: no action of Catena in it. */
function jobConfiguration(actions: readonly object[]): object {
  const jobType = (name: string, auth: string) => ({
    jobType: name,
    create: { auth, actions },
    update: { auth: '#jobOwnerGroup', actions: [] },
  });
  return {
    configVersion: 'scicat-1.0',
    jobs: [
      jobType('archive', '#datasetOwner'),
      jobType('retrieve', '#datasetAccess'),
      jobType('reset', '#datasetOwner'),
      jobType('somethingElse', '#datasetOwner'),
    ],
  };
}

function urlAction(port: number, { username, password }: { username: string; password: string }): object {
  return {
    actionType: 'url',
    url: `http://127.0.0.1:${port}/archiver/api/v1/archiver/jobs`,
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
    },
    body: { id: '{{ job.id }}', type: '{{ job.type }}' },
    ignoreErrors: true,
  };
}
