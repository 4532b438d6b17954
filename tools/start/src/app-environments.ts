import { join } from 'node:path';

export const appNames = ['catalog-api', 'job-assembler', 'archiver'] as const;
export type AppName = (typeof appNames)[number];

export interface AppSettings {
  /** MONGODB_URI, RABBITMQ_URL, S3_*: from the local stack or from the user. */
  readonly services: Readonly<Record<string, string>>;
  /** Folder for generated files and the demo's long-term storage. */
  readonly dataDirectory: string;
  readonly secrets: Secrets;
  readonly ports: Readonly<Record<AppName, number>>;
  /** First part of database, queue and bucket names, to keep installations apart. */
  readonly prefix: string;
  readonly ltsRoots: readonly string[];
  readonly sourceFolderRoots: readonly string[];
  readonly functionalAccountsFile: string;
  readonly jobConfigurationFile: string;
  /** Anything else an app should find in its environment. */
  readonly extra?: Readonly<Partial<Record<AppName, Readonly<Record<string, string>>>>>;
}

export interface Secrets {
  readonly jwt: string;
  readonly operationsToken: string;
  readonly accounts: Readonly<Record<'demo' | 'admin' | 'archiveManager' | 'jobAssembler', string>>;
}

/** The environment each app is started with: what it needs and nothing else. */
export function environmentOf(app: AppName, settings: AppSettings): Record<string, string> {
  const { services, prefix, ports, secrets } = settings;
  const common = {
    HOST: '127.0.0.1',
    PORT: String(ports[app]),
    MONGODB_URI: withDatabase(services['MONGODB_URI'] ?? '', `${prefix}-${app}`),
    RABBITMQ_URL: services['RABBITMQ_URL'] ?? '',
    S3_ENDPOINT: services['S3_ENDPOINT'] ?? '',
    S3_ACCESS_KEY: services['S3_ACCESS_KEY'] ?? '',
    S3_SECRET_KEY: services['S3_SECRET_KEY'] ?? '',
    S3_REGION: services['S3_REGION'] ?? 'us-east-1',
    CATENA_PREFIX: prefix,
    CONTROL_BUCKET: `${prefix}-control`,
    LANDING_ZONE_BUCKET: `${prefix}-landing-zone`,
    RETRIEVAL_BUCKET: `${prefix}-retrieval`,
    OPERATIONS_TOKEN: secrets.operationsToken,
    NODE_ENV: 'production',
  };
  return { ...common, ...ownVariables(app, settings), ...settings.extra?.[app] };
}

function ownVariables(app: AppName, settings: AppSettings): Record<string, string> {
  const { secrets, ports, ltsRoots, sourceFolderRoots } = settings;
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
        UPDATE_DATASET_LIFECYCLE_GROUPS: 'archivemanager,catena-services',
        UPDATE_JOB_PRIVILEGED_GROUPS: 'archivemanager,catena-services',
      };
    case 'job-assembler':
      return {
        CATALOG_URL: `http://127.0.0.1:${ports['catalog-api']}`,
        CATALOG_USERNAME: 'jobAssembler',
        CATALOG_PASSWORD: secrets.accounts.jobAssembler,
        SOURCE_FOLDER_ROOTS: sourceFolderRoots.join(','),
      };
    case 'archiver':
      return { LTS_ROOTS: ltsRoots.join(','), SOURCE_FOLDER_ROOTS: sourceFolderRoots.join(',') };
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
  ];
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
