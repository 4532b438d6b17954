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
import { Catalogue } from '../../apps/catalog-api/src/persistence/catalogue.js';
import { RuntimeConfigs } from '../../apps/catalog-api/src/runtime-config/runtime-config.service.js';
import { interruptOnce } from '../support/interrupt.js';

describe('A second catalog-api that starts at the same time', () => {
  let folder: string;
  let file: string;
  const opened: MongoConnection[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'catena-second-start-'));
    file = join(folder, 'frontend.json');
    await writeFile(file, '{"title": "a facility"}');
  });
  after(async () => {
    for (const mongo of opened) {
      await mongo.connection.dropDatabase();
      await mongo.close();
    }
    await rm(folder, { recursive: true });
  });

  it('shares the settings of the frontend with the first, and nobody complains', async () => {
    const uri = new URL(process.env['MONGODB_URI'] ?? '');
    uri.pathname = `/second-${newId().slice(0, 8)}`;
    const complaints: unknown[] = [];
    const logger = createLogger('test', 'silent');
    logger.error = (facts: unknown) => complaints.push(facts);
    const environment = {
      ...process.env,
      ...{ MONGODB_URI: uri.toString(), JWT_SECRET: 'a secret of the test', FRONTEND_CONFIG_FILE: file },
    };
    const mongo = new MongoConnection({ uri: uri.toString(), appName: 'test' }, logger);
    opened.push(mongo);
    await mongo.whenReady();
    const catalogue = new Catalogue(mongo, logger);
    const starting = (): RuntimeConfigs =>
      new RuntimeConfigs(catalogue, new SystemClock(), catalogApiConfigFrom(environment), logger);
    const stored = () => mongo.connection.collection('RuntimeConfig').find({}).toArray();
    const isStored = async (): Promise<void> => {
      while ((await stored()).length === 0) await new Promise((resolve) => setImmediate(resolve));
    };
    const quick = starting();
    // What a database answers to the slower one of two that insert.
    const overtaken = interruptOnce(mongo, 'RuntimeConfig', 'updateOne', async () => {
      await quick.onApplicationBootstrap();
      await isStored();
      throw new driver.MongoServerError({ message: 'E11000 duplicate key error', code: 11000 });
    });
    const slow = starting();
    await slow.onApplicationBootstrap();
    await isStored();
    while ((await slow.get('frontendConfig')).data['title'] !== 'a facility')
      await new Promise((resolve) => setImmediate(resolve));
    assert.ok(overtaken.happened());
    assert.equal((await stored()).length, 1);
    assert.deepEqual(complaints, []);
  });
});
