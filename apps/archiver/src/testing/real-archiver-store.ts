import { newId } from '#kernel';
import { createLogger } from '#observability';
import { MongoConnection } from '#persistence';
import { ArchiverStore } from '../persistence/archiver-store.js';

export interface OpenStore {
  readonly store: ArchiverStore;
  /** Drops the database. */
  close(): Promise<void>;
}

/** A database of its own on the server of the test run, with archiver's indexes. */
export async function realArchiverStore(): Promise<OpenStore> {
  const logger = createLogger('spec', 'silent');
  const uri = new URL(process.env['MONGODB_URI'] ?? '');
  uri.pathname = `/archiver-${newId().slice(0, 8)}`;
  const mongo = new MongoConnection({ uri: uri.toString(), appName: 'test' }, logger);
  const store = new ArchiverStore(mongo, logger);
  await store.whenReady();
  return {
    store,
    close: async () => {
      await mongo.connection.dropDatabase();
      await mongo.close();
    },
  };
}
