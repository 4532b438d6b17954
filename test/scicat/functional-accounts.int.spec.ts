import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { mongo as driver } from 'mongoose';
import { newId, SystemClock } from '#kernel';
import { createLogger } from '#observability';
import { MongoConnection } from '#persistence';
import { catalogApiConfigFrom } from '../../apps/catalog-api/src/catalog-api.config.js';
import { PasswordHashes } from '../../apps/catalog-api/src/accounts/password-hashes.js';
import { Catalogue } from '../../apps/catalog-api/src/persistence/catalogue.js';
import { FunctionalAccounts } from '../../apps/catalog-api/src/accounts/functional-accounts.js';
import { interruptOnce } from '../support/interrupt.js';

const names = ['ada', 'charles', 'grace'];

describe('Functional accounts', () => {
  let folder: string;
  let accountsFile: string;
  const opened: MongoConnection[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'catena-accounts-'));
    accountsFile = join(folder, 'accounts.json');
    const accounts = names.map((username) => ({
      ...{ username, email: `${username}@example.org`, password: 'a password', role: 'engineers' },
    }));
    await writeFile(accountsFile, JSON.stringify(accounts));
  });
  after(async () => {
    for (const mongo of opened) await mongo.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** A process of catalog-api that starts on this database. */
  function starting(database: string): {
    complaints: unknown[];
    mongo: MongoConnection;
    catalogue: Catalogue;
    start: () => Promise<void>;
  } {
    const complaints: unknown[] = [];
    const logger = createLogger('test', 'silent');
    logger.error = (facts: unknown) => complaints.push(facts);
    const uri = new URL(process.env['MONGODB_URI'] ?? '');
    uri.pathname = `/${database}`;
    const environment = {
      ...process.env,
      ...{ MONGODB_URI: uri.toString(), CATENA_PREFIX: database, JWT_SECRET: 'a secret of the test' },
      FUNCTIONAL_ACCOUNTS_FILE: accountsFile,
    };
    const mongo = new MongoConnection({ uri: uri.toString(), appName: 'test' }, logger);
    opened.push(mongo);
    const catalogue = new Catalogue(mongo, logger);
    const accounts = new FunctionalAccounts(
      catalogue,
      new PasswordHashes(),
      new SystemClock(),
      catalogApiConfigFrom(environment),
      logger,
    );
    const start = async (): Promise<void> => {
      await mongo.whenReady();
      await accounts.onApplicationBootstrap();
      await accounts.seeded();
    };
    return { complaints, mongo, catalogue, start };
  }

  async function counts(catalogue: Catalogue): Promise<object> {
    const count = (name: 'UserIdentity' | 'Role' | 'UserRole'): Promise<number> =>
      catalogue.other(name).countDocuments({});
    return {
      users: await catalogue.users.countDocuments({}),
      identities: await count('UserIdentity'),
      roles: await count('Role'),
      grants: await count('UserRole'),
    };
  }
  const once = { users: names.length, identities: names.length, roles: 1, grants: names.length };

  it('are made once when another process starts in the midst of it, and nobody complains', async () => {
    const database = `accounts-${newId().slice(0, 8)}`;
    const [slow, quick] = [starting(database), starting(database)];
    await slow.mongo.whenReady();
    await slow.catalogue.users.createIndex({ username: 1 }, { unique: true });
    const overtaken = interruptOnce(slow.mongo, 'User', 'insertOne', () => quick.start());
    await slow.start();
    assert.ok(overtaken.happened());
    assert.deepEqual(await counts(slow.catalogue), once);
    assert.deepEqual(slow.complaints, []);
  });

  it('are made although the database goes away in the midst of it', async () => {
    const { mongo, catalogue, start } = starting(`accounts-${newId().slice(0, 8)}`);
    await mongo.whenReady();
    const cut = interruptOnce(mongo, 'UserIdentity', 'updateOne', () =>
      Promise.reject(new driver.MongoNetworkError('connection closed')),
    );
    await start();
    assert.ok(cut.happened());
    assert.deepEqual(await counts(catalogue), once);
  });
});
