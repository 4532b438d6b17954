import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { newId } from '#kernel';
import { createLogger } from '#observability';
import { MongoConnection } from '#persistence';
import { catalogApiConfigFrom } from '../../../apps/catalog-api/src/catalog-api.config.js';
import { createCatalogApi } from '../../../apps/catalog-api/src/create-catalog-api.js';
import { Catalogue } from '../../../apps/catalog-api/src/persistence/catalogue.js';
import { forgetOddRecords, meetOddRecords } from './described-answers.js';
import { ScicatUser } from './scicat-user.js';

/** Apps of this process. */
let running = 0;
const password = 'a password of the test';

/** One account for each role of the contract, and the groups it is in. */
const accounts = {
  admin: ['admin'],
  /** DELETE_GROUPS and UPDATE_DATASET_LIFECYCLE_GROUPS. */
  archiveManager: ['archivemanager'],
  /** CREATE_DATASET_PRIVILEGED_GROUPS. */
  ingestor: ['ingestor'],
  /** CREATE_DATASET_WITH_PID_GROUPS. */
  pidmaker: ['pidmaker'],
  user1: ['group1'],
  user2: ['group2'],
  proposalIngestor: ['proposalingestor'],
  /** SAMPLE_PRIVILEGED_GROUPS. */
  sampleIngestor: ['sampleingestor'],
  policyKeeper: ['policykeeper'],
} as const satisfies Record<string, readonly string[]>;

export type AccountName = keyof typeof accounts;

const groupVariables = {
  ADMIN_GROUPS: 'admin',
  DELETE_GROUPS: 'archivemanager',
  UPDATE_DATASET_LIFECYCLE_GROUPS: 'archivemanager',
  CREATE_DATASET_GROUPS: '#all',
  CREATE_DATASET_PRIVILEGED_GROUPS: 'ingestor',
  CREATE_DATASET_WITH_PID_GROUPS: 'pidmaker',
  PROPOSAL_GROUPS: 'proposalingestor',
  SAMPLE_PRIVILEGED_GROUPS: 'sampleingestor',
  POLICY_GROUPS: 'policykeeper',
};

/** The app on a database of its own, with an account of every role: what the conformance suite talks to. */
export class ScicatApp {
  private constructor(
    private readonly app: NestFastifyApplication,
    private readonly folder: string,
    /** Address without a path, as clients are configured with it. */
    readonly base: string,
    private readonly users: ReadonlyMap<AccountName, ScicatUser>,
  ) {}

  /**
   * @param environment variables beside, or instead of, those of the suite
   * @param fill puts documents into the database before the app sees it
   * @param guests further accounts, with the groups they are in
   */
  static async start(
    environment: Readonly<Record<string, string>> = {},
    fill?: (database: MongoConnection) => Promise<void>,
    guests: Readonly<Record<string, readonly string[]>> = {},
  ): Promise<ScicatApp> {
    const name = `scicat-${newId().slice(0, 8)}`;
    if (fill !== undefined) {
      meetOddRecords();
      await withDatabase(databaseNamed(name), fill);
    }
    const folder = await mkdtemp(join(tmpdir(), `${name}-`));
    const accountsFile = join(folder, 'accounts.json');
    await writeFile(accountsFile, JSON.stringify(functionalAccounts({ ...accounts, ...guests })));
    const app = await createCatalogApi(
      catalogApiConfigFrom({
        ...process.env,
        MONGODB_URI: databaseNamed(name),
        CATENA_PREFIX: name,
        JWT_SECRET: 'a secret of the test',
        FUNCTIONAL_ACCOUNTS_FILE: accountsFile,
        PID_PREFIX: '20.500.12345/',
        // Suites ask faster than people; request-limits.int.spec.ts sets its own.
        ...{ REQUEST_LIMIT_PER_CALLER: '0', REQUEST_LIMIT_PER_ADDRESS: '0' },
        LOG_LEVEL: process.env['SCICAT_LOG_LEVEL'] ?? 'silent',
        ...groupVariables,
        ...environment,
      }),
    );
    await app.listen(0, '127.0.0.1');
    running += 1;
    await app.get(Catalogue).whenIndexed();
    const base = await app.getUrl();
    const users = new Map<AccountName, ScicatUser>();
    for (const account of Object.keys(accounts) as AccountName[])
      users.set(account, new ScicatUser(base, await signIn(base, account)));
    return new ScicatApp(app, folder, base, users);
  }

  as(account: AccountName): ScicatUser {
    return this.users.get(account)!;
  }

  /** A sign-in of an account, guests included. @returns the token */
  signIn(username: string): Promise<string> {
    return signIn(this.base, username);
  }

  /** A client without a token. */
  get anonymous(): ScicatUser {
    return new ScicatUser(this.base);
  }

  /** E-mail address of an account. */
  emailOf(account: AccountName): string {
    return emailOf(account);
  }

  /** The database behind the app: for states that no client can make, and to look at what is stored. */
  collection(name: string) {
    const collection = this.app
      .get(MongoConnection)
      .connection.collection<{ _id: string; [field: string]: unknown }>(name);
    return new Proxy(collection, {
      get: (target, method) => {
        if (/^(insert|update|replace|bulkWrite|findOneAnd)/.test(String(method))) meetOddRecords();
        const member: unknown = Reflect.get(target, method);
        return typeof member === 'function' ? (member.bind(target) as unknown) : member;
      },
    });
  }

  /** Services of the app, by class. */
  get<Service>(type: abstract new (...parameters: never[]) => Service): Service {
    return this.app.get<Service>(type);
  }

  async stop(): Promise<void> {
    await this.app.get(MongoConnection).connection.dropDatabase();
    await this.leave();
    // Other suites of this process have databases of their own.
    if (running === 0) forgetOddRecords();
  }

  /** Ends the process alone: another one goes on with the database. */
  async leave(): Promise<void> {
    await this.app.close();
    running -= 1;
    await rm(this.folder, { recursive: true });
  }
}

function functionalAccounts(all: Readonly<Record<string, readonly string[]>>): object[] {
  return Object.entries(all).map(([username, role]) => ({
    username,
    email: emailOf(username),
    password,
    role,
    global: false,
  }));
}

function emailOf(username: string): string {
  return `${username.toLowerCase()}@example.org`;
}

async function withDatabase(uri: string, use: (database: MongoConnection) => Promise<void>): Promise<void> {
  const database = new MongoConnection({ uri, appName: 'test' }, createLogger('test', 'silent'));
  await database.whenReady();
  try {
    await use(database);
  } finally {
    await database.close();
  }
}

function databaseNamed(name: string): string {
  const uri = new URL(
    process.env['MONGODB_URI'] ?? assert.fail('MONGODB_URI must name a database server: run `npm test`.'),
  );
  uri.pathname = `/${name}`;
  return uri.toString();
}

/** Accounts are seeded after the start: the first sign-ins may come too early. */
async function signIn(base: string, username: string): Promise<string> {
  const user = new ScicatUser(base);
  for (let attempt = 0; attempt < 2400; attempt += 1) {
    const { body, status } = await user.post('/api/v3/auth/login', { username, password });
    if (status === 201) return String(body['access_token']);
    await sleep(50);
  }
  return assert.fail(`${username} could not sign in: the functional accounts were not seeded`);
}
