import { Failure, interruption } from '#command-line';
import { createLogger } from '#observability';
import { MongoConnection } from '#persistence';

export type Database = NonNullable<MongoConnection['connection']['db']>;

/** Milliseconds until a server that does not answer counts as out of reach. */
const patience = 10_000;

/** @throws Failure unless the address names a database of a server that answers */
export async function connectTo(uri: string | undefined, signal: AbortSignal): Promise<MongoConnection> {
  if (uri === undefined || !/^mongodb(\+srv)?:\/\/[^/]+\/[^/?]+/.test(uri))
    throw new Failure(
      'usage',
      'Expected the address of a database, mongodb://host/database, as argument or in MONGODB_URI; found none with the name of a database.',
    );
  const mongo = new MongoConnection(
    { uri, appName: 'catena-admin', serverSelectionTimeout: patience },
    createLogger('cli', 'silent'),
  );
  const away = mongo.connection.asPromise().then(
    () => undefined,
    (error: unknown) => outOfReach(error instanceof Error ? error.message : String(error)),
  );
  const failure = await Promise.race([
    mongo.whenReady().then(() => undefined),
    away,
    new Promise<Failure>((resolve) =>
      signal.addEventListener('abort', () => resolve(interruption()), { once: true }),
    ),
  ]);
  if (failure === undefined) return mongo;
  await mongo.close();
  throw failure;
}

export function outOfReach(reason: string): Failure {
  return new Failure(
    'usage',
    `Expected a database that answers within ${patience / 1000} s, found: ${reason}. Check the address, its user and its password.`,
  );
}
