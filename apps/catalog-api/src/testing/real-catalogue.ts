import { newId } from '#kernel';
import { createLogger } from '#observability';
import { MongoConnection } from '#persistence';
import { Catalogue } from '../persistence/catalogue.js';

export interface OpenCatalogue {
  readonly catalogue: Catalogue;
  /** Drops the database. */
  close(): Promise<void>;
}

/** A catalogue of its own on a server, with all indexes. @param server URI */
export async function realCatalogue(server = ''): Promise<OpenCatalogue> {
  const logger = createLogger('spec', 'silent');
  const uri = new URL(server);
  uri.pathname = `/catalogue-${newId().slice(0, 8)}`;
  const mongo = new MongoConnection({ uri: uri.toString(), appName: 'test' }, logger);
  const catalogue = new Catalogue(mongo, logger);
  catalogue.onApplicationBootstrap();
  await catalogue.whenIndexed();
  return {
    catalogue,
    close: async () => {
      await mongo.connection.dropDatabase();
      await mongo.close();
    },
  };
}
