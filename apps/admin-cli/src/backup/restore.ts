import { resolve } from 'node:path';
import { countText, Failure, type CommandBasics, type CommandResult } from '#command-line';
import type { Database } from '../database.js';
import { differencesOf, isEmpty, loadDatabase } from './databases.js';
import { withInstallation, type Installation } from './installation.js';
import { assertWhole, readManifest, type Manifest, type StoredDatabase } from './manifest.js';
import { loadBucket, loadShare } from './stored-files.js';

/**
 * Puts back what is missing, and nothing else: databases that are empty, objects and files that are not there. Whatever is
 * there and is not what was backed up stops it before anything is written.
 */
export async function restore(context: CommandBasics, given: string): Promise<CommandResult> {
  const folder = resolve(given);
  const manifest = await readManifest(folder);
  context.output.say(`backup of ${manifest.createdAt}: looking whether it is whole`);
  await assertWhole(folder, manifest, context.signal);
  return withInstallation(context, (installation) => putBack(context, installation, { folder, manifest }));
}

async function putBack(
  { output, signal }: CommandBasics,
  { databases, control, shares }: Installation,
  { folder, manifest }: { folder: string; manifest: Manifest },
): Promise<CommandResult> {
  const pairs = manifest.databases.map((stored) => ({
    stored,
    database: databaseOf(databases, stored.name),
  }));
  const missing: typeof pairs = [];
  for (const pair of pairs) if (await isMissing(pair.database, pair.stored, signal)) missing.push(pair);
  if (manifest.control !== undefined && control === undefined)
    throw new Failure(
      'usage',
      'Expected S3_ENDPOINT and its keys, because the backup holds a control bucket.',
    );
  const places = manifest.shares.map(({ root, files }) => ({ root, files }));
  for (const { root } of places)
    if (!shares.includes(root))
      throw new Failure(
        'usage',
        `Expected the share ${root} of the backup in LTS_ROOTS, found ${shares.join(', ')}.`,
      );

  // Lists and copies first: a database that is there again means that all it refers to is.
  const objects =
    manifest.control === undefined || control === undefined
      ? 0
      : await loadBucket(control.store, control.bucket, folder, manifest.control.objects);
  output.say(`control bucket: ${countText(objects, 'object')} put back`);
  let files = 0;
  for (const { root, files: stored } of places) {
    const restored = await loadShare(root, folder, stored, signal);
    output.say(`share ${root}: ${countText(restored, 'file')} put back`);
    files += restored;
  }
  for (const { database, stored } of missing) {
    await loadDatabase(database, folder, stored, signal);
    assertSame(stored.name, await differencesOf(database, stored, signal));
    output.say(`database ${stored.name}: put back`);
  }
  const names = missing.map(({ stored: { name } }) => name);
  const lines = [
    `databases  ${names.length === 0 ? 'all were there' : names.join(', ')}`,
    `objects    ${objects}`,
    `files      ${files}`,
  ];
  return { outcome: 'done', lines, document: { databases: names, objects, files } };
}

function databaseOf(databases: readonly Database[], name: string): Database {
  const database = databases.find(({ databaseName }) => databaseName === name);
  if (database !== undefined) return database;
  throw new Failure('usage', `Expected the address of the database ${name} in CATENA_DATABASES, found none.`);
}

/** Databases belong together: one that went on since the backup would know what the restored ones do not. */
async function isMissing(database: Database, stored: StoredDatabase, signal: AbortSignal): Promise<boolean> {
  const different = await differencesOf(database, stored, signal);
  if (different.length === 0) return false;
  if (await isEmpty(database)) return true;
  throw new Failure(
    'conflict',
    `Expected the database ${stored.name} to be empty, or as it was backed up, found other documents in ${different.join(', ')}. Nothing was restored. Databases belong together: stop all apps, and empty this one (after a backup of its own) if it shall go back as well.`,
  );
}

function assertSame(name: string, different: readonly string[]): void {
  if (different.length === 0) return;
  throw new Failure(
    'conflict',
    `Expected the database ${name} as it was backed up after restoring it, found other documents in ${different.join(', ')}: is an app running? Stop all apps, empty the database, and run the same command again.`,
  );
}
