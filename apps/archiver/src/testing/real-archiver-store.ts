import { newId } from '#kernel';
import { createLogger } from '#observability';
import { MongoConnection } from '#persistence';
import { ArchiverStore } from '../persistence/archiver-store.js';

export interface OpenStore {
  readonly store: ArchiverStore;
  /** Drops the database. */
  close(): Promise<void>;
}

/** A database of its own on a server, with archiver's indexes. @param server URI */
export async function realArchiverStore(server = ''): Promise<OpenStore> {
  const logger = createLogger('spec', 'silent');
  const uri = new URL(server);
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
