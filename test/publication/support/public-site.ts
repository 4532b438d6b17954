import { createHash } from 'node:crypto';
import { newId } from '#kernel';
import { MongoConnection } from '#persistence';
import type { FileLine, PublicRecord } from '#publication-feed';
import {
  createPublicationServer,
  type PublicationServer,
} from '../../../apps/publication-server/src/create-publication-server.js';
import { PublicStore } from '../../../apps/publication-server/src/persistence/public-store.js';
import { storedRecord } from '../../../apps/publication-server/src/persistence/stored-record.js';
import { publicationServerConfigFrom } from '../../../apps/publication-server/src/publication-server.config.js';

export const pushSecret = 'a push secret of the tests, long enough';

/** A publication server in this process, on a database of its own. */
export class PublicSite {
  private constructor(
    private readonly server: PublicationServer,
    /** Where the public port is; pages call themselves by `publicUrl`. */
    readonly url: string,
    readonly privateUrl: string,
    readonly database: string,
  ) {}

  static readonly publicUrl = 'https://data.example.org';

  static async start(
    environment: Readonly<Record<string, string>> = {},
    database = `public-${newId().slice(0, 8)}`,
  ): Promise<PublicSite> {
    const server = await createPublicationServer(
      publicationServerConfigFrom({
        ...process.env,
        MONGODB_URI: databaseNamed(database),
        PUBLIC_URL: PublicSite.publicUrl,
        PUSH_SECRET: pushSecret,
        // Suites ask faster than people; request-limits.int.spec.ts sets its own.
        REQUEST_LIMIT_PER_ADDRESS: '0',
        LOG_LEVEL: process.env['PUBLIC_LOG_LEVEL'] ?? 'silent',
        ...environment,
      }),
    );
    await server.privateApp.listen(0, '127.0.0.1');
    await server.publicApp.listen(0, '127.0.0.1');
    const site = new PublicSite(
      server,
      await server.publicApp.getUrl(),
      await server.privateApp.getUrl(),
      database,
    );
    await site.store.whenReady();
    await site.store.whenIndexed();
    return site;
  }

  get store(): PublicStore {
    return this.server.publicApp.get(PublicStore);
  }

  /** Services of the public listener, by class. */
  get<Service>(type: abstract new (...parameters: never[]) => Service): Service {
    return this.server.publicApp.get<Service>(type);
  }

  /** Services of the listener that only the publisher may reach. */
  getPrivate<Service>(type: abstract new (...parameters: never[]) => Service): Service {
    return this.server.privateApp.get<Service>(type);
  }

  /** Puts a record into the store as the ingest would, with a datestamp of the test's choice. */
  async put(record: PublicRecord, datestamp = new Date(), files: readonly FileLine[] = []): Promise<void> {
    const text = files.map((line) => `${JSON.stringify(line)}\n`).join('');
    const list = createHash('sha256').update(text).digest('hex');
    const bytes = files.reduce((sum, { size }) => sum + size, 0);
    const full =
      files.length === 0
        ? record
        : { ...record, files: { sha256: list, count: files.length, bytes, parts: 1 } };
    const stored = storedRecord(full, new Date());
    const whole = new Date(Math.floor(datestamp.getTime() / 1000) * 1000);
    await this.store.records.replaceOne(
      { _id: stored._id },
      { ...stored, datestamp: whole, settled: true, arrivedAt: whole },
      { upsert: true },
    );
    for (const picture of record.pictures)
      await this.store.pictures.replaceOne(
        { _id: `${stored._id}\n${picture.name}` },
        { doi: stored._id, mediaType: picture.mediaType, content: Buffer.from(picture.base64, 'base64') },
        { upsert: true },
      );
    for (let first = 0; first < files.length; first += 1000)
      await this.store.files.bulkWrite(
        files.slice(first, first + 1000).map((line, index) => {
          const n = first + index;
          const _id = `${list}/${String(n).padStart(7, '0')}`;
          return { replaceOne: { filter: { _id }, replacement: { ...line, list, n }, upsert: true } };
        }),
      );
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.url}${path}`, { redirect: 'manual', ...init });
  }

  /** @param keep leaves the database, for a later start on it */
  async stop(keep = false): Promise<void> {
    if (!keep) await this.server.publicApp.get(MongoConnection).connection.dropDatabase();
    await this.server.stop();
  }
}

function databaseNamed(name: string): string {
  const uri = process.env['MONGODB_URI'];
  if (uri === undefined)
    throw new Error('Expected MONGODB_URI in the environment: run `npm test`, or `npm run stack -- up`.');
  const url = new URL(uri);
  url.pathname = `/${name}`;
  return url.toString();
}
