import { Failure, type CommandBasics } from '#command-line';
import type { MongoConnection } from '#persistence';
import { S3ObjectStore, s3OptionsFrom } from '#storage';
import { connectTo, outOfReach, type Database } from '../database.js';
import type { Bucket } from './bucket.js';
import { storagesFrom, type Storages } from './storages.js';

/** Where everything of an installation lies that a backup holds. */
export interface Installation extends Storages {
  readonly databases: readonly Database[];
  readonly control: Bucket | undefined;
}

/**
 * Opens what the variables name, for as long as the work takes: CATENA_DATABASES (addresses with blanks between them), S3_* and
 * CONTROL_BUCKET, ROUTES_FILE or LTS_ROOTS.
 */
export async function withInstallation<Result>(
  { environment, signal, output }: CommandBasics,
  work: (installation: Installation) => Promise<Result>,
): Promise<Result> {
  const uris = (environment['CATENA_DATABASES'] ?? '').split(/\s+/).filter((uri) => uri !== '');
  if (uris.length === 0)
    throw new Failure(
      'usage',
      'Expected in CATENA_DATABASES the MONGODB_URI of each app, with blanks between them, found none.',
    );
  const storages = storagesFrom(environment, (line) => output.warn(line));
  const store =
    environment['S3_ENDPOINT'] === undefined ? undefined : new S3ObjectStore(s3OptionsFrom(environment));
  if (store === undefined) output.warn('S3_ENDPOINT is not set: the control bucket is left out');
  const connections: MongoConnection[] = [];
  try {
    for (const uri of uris) connections.push(await connectTo(uri, signal));
    const databases = connections.map(({ connection }) => {
      if (connection.db === undefined) throw outOfReach('the connection was lost');
      return connection.db;
    });
    assertDifferent(databases);
    const bucket = environment['CONTROL_BUCKET'] ?? 'catena-control';
    return await work({
      databases,
      ...storages,
      control: store === undefined ? undefined : { store, bucket },
    });
  } finally {
    for (const connection of connections) await connection.close();
    store?.close();
  }
}

function assertDifferent(databases: readonly Database[]): void {
  const names = databases.map(({ databaseName }) => databaseName);
  if (new Set(names).size < names.length)
    throw new Failure(
      'usage',
      `Expected databases of different names in CATENA_DATABASES, found ${names.join(', ')}: in a backup they are told apart by their names.`,
    );
}
