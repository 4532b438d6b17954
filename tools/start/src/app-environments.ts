import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Naming } from '#messaging';

export const appNames = [
  'catalog-api',
  'job-assembler',
  'archiver',
  'publisher',
  'publication-server',
  'console',
] as const;
export type AppName = (typeof appNames)[number];
/** Those with an account at the broker. */
export type ConsumerName = Exclude<AppName, 'publication-server' | 'console'>;
/** Those that reach the object store. */
export const storageApps = ['catalog-api', 'job-assembler', 'archiver'] as const;
export type StorageApp = (typeof storageApps)[number];

/** Everything that listens: the apps, the publication server's private port, and the demonstration's DataCite. */
export const portNames = [
  ...(['catalog-api', 'job-assembler', 'archiver', 'publisher', 'publication-server'] as const),
  ...(['publication-feed', 'console', 'fake-datacite'] as const),
] as const;
export type PortName = (typeof portNames)[number];

export interface AppSettings {
  /** MONGODB_URI, RABBITMQ_*, S3_*: from the local stack or from the user. */
  readonly services: Readonly<Record<string, string>>;
  /** Folder for generated files and the demo's long-term storage. */
  readonly dataDirectory: string;
  readonly secrets: Secrets;
  readonly ports: Readonly<Record<PortName, number>>;
  /** First part of database, queue and bucket names, to keep installations apart. */
  readonly prefix: string;
  readonly ltsRoots: readonly string[];
  /** Says which folders may be read for whose datasets. */
  readonly sourceFoldersFile: string;
  readonly functionalAccountsFile: string;
  readonly jobConfigurationFile: string;
  /** Names the apps that the console reaches as an operator; absent: there is no console. */
  readonly operationsAppsFile?: string;
  /** Where DOIs are registered; absent: the publisher stays in draft mode. */
  readonly dataciteUrl?: string;
  /** Anything else an app should find in its environment. */
  readonly extra?: Readonly<Partial<Record<AppName, Readonly<Record<string, string>>>>>;
}

export interface Secrets {
  readonly jwt: string;
  /** For the operator's calls of each app. */
  readonly operationsTokens: Readonly<Record<ConsumerName, string>>;
  /** Of the apps' accounts at the broker. */
  readonly broker: Readonly<Record<ConsumerName, string>>;
  /** Of the console's account at the broker, which only listens. */
  readonly listener: string;
  /** The archiver signs certificates with it: a private key of Ed25519 in PEM. */
  readonly certificateKey: string;
  /** Seals sessions of the console. */
  readonly console: string;
  /** Of the tokens that ingestors upload with. */
  readonly ingestor: string;
  /** Between publisher and publication server. */
  readonly push: string;
  /** Of the account at (the demonstration's) DataCite. */
  readonly datacite: string;
  readonly accounts: Readonly<
    Record<'demo' | 'admin' | 'archiveManager' | 'jobAssembler' | 'archiver' | 'publisher', string>
  >;
}

/** The environment each app is started with: what it needs and nothing else. */
export function environmentOf(app: AppName, settings: AppSettings): Record<string, string> {
  const { services, prefix, ports, secrets } = settings;
  const bare = {
    HOST: '127.0.0.1',
    PORT: String(ports[app]),
    NODE_ENV: 'production',
    CATENA_INSTALLATION: installationOf(settings),
  };
  // It keeps nothing, and asks the others; the broker tells it when.
  if (app === 'console')
    return {
      ...{ ...bare, RABBITMQ_URL: listenerUrlOf(settings), CATENA_PREFIX: prefix },
      ...{ ...ownVariables(app, settings), ...settings.extra?.[app] },
    };
  const basic = { ...bare, MONGODB_URI: withDatabase(services['MONGODB_URI'] ?? '', `${prefix}-${app}`) };
  // It stands outside: no broker, no object storage, no token of ours.
  if (app === 'publication-server')
    return { ...basic, ...ownVariables(app, settings), ...settings.extra?.[app] };
  const common = {
    ...basic,
    RABBITMQ_URL: brokerUrlOf(app, settings),
    BROKER_ACCOUNTS: managementUrlOf(settings) === undefined ? 'shared' : 'per-app',
    CATENA_PREFIX: prefix,
    OPERATIONS_TOKEN: secrets.operationsTokens[app],
  };
  if (app === 'publisher') return { ...common, ...ownVariables(app, settings), ...settings.extra?.[app] };
  const [keys, buckets] = [keysOf(app, settings), bucketsOf(settings)];
  const storage = {
    S3_ENDPOINT: services['S3_ENDPOINT'] ?? '',
    S3_ACCESS_KEY: keys.accessKey,
    S3_SECRET_KEY: keys.secretKey,
    S3_REGION: services['S3_REGION'] ?? 'us-east-1',
    CONTROL_BUCKET: buckets.control,
    LANDING_ZONE_BUCKET: buckets.landingZone,
    RETRIEVAL_BUCKET: buckets.retrieval,
  };
  return { ...common, ...storage, ...ownVariables(app, settings), ...settings.extra?.[app] };
}

function ownVariables(app: AppName, settings: AppSettings): Record<string, string> {
  const { secrets, ports, ltsRoots, sourceFoldersFile } = settings;
  switch (app) {
    case 'catalog-api':
      return {
        JWT_SECRET: secrets.jwt,
        JWT_EXPIRES_IN: '86400',
        FUNCTIONAL_ACCOUNTS_FILE: settings.functionalAccountsFile,
        JOB_CONFIGURATION_FILE: settings.jobConfigurationFile,
        PID_PREFIX: '20.500.12345',
        ADMIN_GROUPS: 'admin',
        DELETE_GROUPS: 'archivemanager',
        CREATE_DATASET_GROUPS: '#all',
        UPDATE_DATASET_LIFECYCLE_GROUPS: 'archivemanager,catena-services,catena-publisher',
        UPDATE_JOB_PRIVILEGED_GROUPS: 'archivemanager,catena-services',
        OPERATIONS_GROUPS: 'archivemanager',
        INGESTOR_TOKEN_SECRET: secrets.ingestor,
        INGESTOR_GROUPS: '#all',
        // The console says for whom it asks.
        TRUSTED_PROXIES: '127.0.0.1',
        DOI_PREFIX: doiPrefix,
        DOI_REGISTRATION: 'confirmed',
        PUBLICATION_PUBLISHER: 'Catena demonstration',
        PUBLICATION_RIGHTS: 'CC-BY-4.0',
        PUBLICATION_LANGUAGE: 'en',
      };
    case 'job-assembler':
      return {
        CATALOG_URL: `http://127.0.0.1:${ports['catalog-api']}`,
        CATALOG_USERNAME: 'jobAssembler',
        CATALOG_PASSWORD: secrets.accounts.jobAssembler,
        SOURCE_FOLDERS_FILE: sourceFoldersFile,
      };
    case 'archiver':
      return {
        CATALOG_URL: `http://127.0.0.1:${ports['catalog-api']}`,
        CATALOG_USERNAME: 'archiver',
        CATALOG_PASSWORD: secrets.accounts.archiver,
        LTS_ROOTS: ltsRoots.join(','),
        SOURCE_FOLDERS_FILE: sourceFoldersFile,
        CERTIFICATE_KEY: secrets.certificateKey,
        CERTIFICATE_ISSUER: 'Catena demonstration',
      };
    case 'publisher':
      return {
        CATALOG_URL: `http://127.0.0.1:${ports['catalog-api']}`,
        CATALOG_USERNAME: 'publisher',
        CATALOG_PASSWORD: secrets.accounts.publisher,
        PUBLICATION_SERVER_URL: `http://127.0.0.1:${ports['publication-feed']}`,
        PUSH_SECRET: secrets.push,
        PUBLIC_URL: publicUrlOf(settings),
        ...(settings.dataciteUrl === undefined
          ? {}
          : {
              DATACITE_URL: settings.dataciteUrl,
              DOI_USERNAME: dataciteAccount,
              DOI_PASSWORD: secrets.datacite,
            }),
      };
    case 'publication-server':
      return {
        PRIVATE_HOST: '127.0.0.1',
        PRIVATE_PORT: String(ports['publication-feed']),
        PUSH_SECRET: secrets.push,
        PUBLIC_URL: publicUrlOf(settings),
        DOWNLOAD_ORIGINS: new URL(settings.services['S3_ENDPOINT'] ?? 'http://127.0.0.1').origin,
        OAI_REPOSITORY_NAME: 'Catena demonstration',
      };
    case 'console':
      return {
        CATALOG_URL: `http://127.0.0.1:${ports['catalog-api']}`,
        CONSOLE_URL: consoleUrlOf(settings),
        CONSOLE_SECRET: secrets.console,
        OPERATIONS_APPS_FILE: settings.operationsAppsFile ?? '',
      };
  }
}

/** The accounts of the demonstration, in SciCat's format. */
export function functionalAccounts({ accounts }: Secrets): object[] {
  const account = (username: keyof Secrets['accounts'], role: string): object => ({
    username,
    email: `${username}@example.org`,
    password: accounts[username],
    role,
    global: false,
  });
  return [
    account('demo', 'demo-group'),
    account('admin', 'admin'),
    account('archiveManager', 'archivemanager'),
    account('jobAssembler', 'catena-services'),
    account('archiver', 'catena-services'),
    account('publisher', 'catena-publisher'),
  ];
}

/** What OPERATIONS_APPS_FILE names: JSON is YAML, too. */
export function operatedApps(
  { operationsTokens }: Pick<Secrets, 'operationsTokens'>,
  ports: AppSettings['ports'],
): { readonly apps: readonly { readonly name: string; readonly url: string; readonly token: string }[] } {
  const apps = Object.entries(operationsTokens).map(([name, token]) => ({
    ...{ name, token },
    url: `http://127.0.0.1:${ports[name as ConsumerName]}`,
  }));
  return { apps };
}

/** Rules for the archiver and job-assembler: below the root each owner group has a folder of its name. */
export function sourceFolderRules(root: string): string {
  return `# Who may have which folder archived: see docs/security.md.\n- root: ${JSON.stringify(root)}\n  pattern: '{ownerGroup}'\n`;
}

/** DataCite's prefix for tests: DOIs below it never resolve. */
export const doiPrefix = '10.5072';
export const dataciteAccount = 'DEMO.CATENA';

export function publicUrlOf({ ports }: Pick<AppSettings, 'ports'>): string {
  return `http://127.0.0.1:${ports['publication-server']}`;
}

export function consoleUrlOf({ ports }: Pick<AppSettings, 'ports'>): string {
  return `http://127.0.0.1:${ports.console}/console`;
}

/** Tells the apps of this data directory from those of another one that listen on the same port; no secret. */
function installationOf({ secrets }: AppSettings): string {
  return createHash('sha256').update(`installation\n${secrets.jwt}`).digest('hex').slice(0, 16);
}

/** Where an app says that it is ready. */
export function readyUrlOf(app: AppName, { ports }: Pick<AppSettings, 'ports'>): string {
  const path = { 'publication-server': '/health', console: '/health', 'catalog-api': '/api/v3/health' }[
    app as string
  ];
  return `http://127.0.0.1:${ports[app]}${path ?? '/api/v4/health'}`;
}

/** The buckets of an installation. */
export function bucketsOf({
  prefix,
}: Pick<AppSettings, 'prefix'>): Record<'control' | 'landingZone' | 'retrieval', string> {
  return {
    control: `${prefix}-control`,
    landingZone: `${prefix}-landing-zone`,
    retrieval: `${prefix}-retrieval`,
  };
}

/** An app's key at the object store, as the local stack gives one to each; `shared` where there is but one for all. */
export function keysOf(
  app: StorageApp,
  { services }: Pick<AppSettings, 'services'>,
): { accessKey: string; secretKey: string; shared: boolean } {
  const suffix = `_${app.replaceAll('-', '_').toUpperCase()}`;
  const own = services[`S3_ACCESS_KEY${suffix}`];
  const secret = services[`S3_SECRET_KEY${suffix}`];
  return own === undefined || secret === undefined
    ? { accessKey: services['S3_ACCESS_KEY'] ?? '', secretKey: services['S3_SECRET_KEY'] ?? '', shared: true }
    : { accessKey: own, secretKey: secret, shared: false };
}

/** Where accounts are made at the broker; undefined when all apps share the one they were given. */
export function managementUrlOf({ services }: Pick<AppSettings, 'services'>): URL | undefined {
  const url = services['RABBITMQ_MANAGEMENT_URL'] ?? '';
  return url === '' ? undefined : new URL(url);
}

/** The broker as an app sees it. */
export function brokerUrlOf(
  app: ConsumerName,
  settings: Pick<AppSettings, 'services' | 'prefix' | 'secrets'>,
): string {
  const url = settings.services['RABBITMQ_URL'] ?? '';
  if (managementUrlOf(settings) === undefined) return url;
  const own = new URL(url);
  own.username = new Naming(settings.prefix).accountOf(app);
  own.password = settings.secrets.broker[app];
  return own.toString();
}

/** The broker as the console sees it. */
function listenerUrlOf(settings: AppSettings): string {
  const url = settings.services['RABBITMQ_URL'] ?? '';
  if (managementUrlOf(settings) === undefined) return url;
  const own = new URL(url);
  own.username = new Naming(settings.prefix).listenerAccount;
  own.password = settings.secrets.listener;
  return own.toString();
}

/** The built entry of an app. */
export function entryOf(root: string, app: AppName): string {
  return join(root, 'dist', 'apps', app, 'src', 'main.js');
}

function withDatabase(uri: string, database: string): string {
  const url = new URL(uri);
  url.pathname = `/${database}`;
  return url.toString();
}
