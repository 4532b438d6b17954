import { resolve } from 'node:path';
import { countText, Failure, type CommandBasics, type CommandResult } from '#command-line';
import type { Database } from '../database.js';
import { loadBucket, missingObjects } from './bucket.js';
import { differencesOf, lackOf, loadDatabase } from './databases.js';
import { withInstallation, type Installation } from './installation.js';
import type { Manifest, StoredDatabase, StoredFile, StoredShare } from './manifest-shape.js';
import { assertWhole, readManifest } from './manifest.js';
import { loadShare, missingFiles } from './share.js';

interface Backup {
  readonly folder: string;
  readonly manifest: Manifest;
}

/**
 * Puts back what is missing, and nothing else: documents, objects and files that are not there. Whatever is there and is
 * not what was backed up stops it before anything is written.
 */
export async function restore(context: CommandBasics, given: string): Promise<CommandResult> {
  const folder = resolve(given);
  const manifest = await readManifest(folder);
  context.output.say(`backup of ${manifest.createdAt}: looking whether it is whole`);
  await assertWhole(folder, manifest, context.signal);
  return withInstallation(context, (installation) => putBack(context, installation, { folder, manifest }));
}

interface Missing {
  readonly databases: readonly { readonly database: Database; readonly stored: StoredDatabase }[];
  readonly objects: readonly StoredFile[];
  readonly shares: readonly { readonly share: StoredShare; readonly files: readonly StoredFile[] }[];
}

async function putBack(
  { output, signal }: CommandBasics,
  installation: Installation,
  backup: Backup,
): Promise<CommandResult> {
  const { control } = installation;
  const notIncluded = backup.manifest.notIncluded ?? [];
  if (notIncluded.length > 0)
    output.warn(
      `not in the backup, so what lies there is not looked at: ${notIncluded.map(({ name, kind }) => `${name} (${kind})`).join(', ')}`,
    );
  const missing = await missingIn(installation, backup, signal);

  // Lists and copies first: a database that is there again means that all it refers to is.
  const objects =
    backup.manifest.control === undefined || control === undefined
      ? 0
      : await loadBucket(control, backup.folder, missing.objects, signal);
  output.say(`control bucket: ${countText(objects, 'object')} put back`);
  let files = 0;
  for (const { share, files: those } of missing.shares) {
    const loaded = await loadShare(share, backup.folder, those, signal);
    output.say(`share ${share.root}: ${countText(loaded.files, 'file')} put back`);
    if (loaded.withOtherOwner > 0) output.warn(ownersText(share.root, loaded.withOtherOwner));
    files += loaded.files;
  }
  for (const { database, stored } of missing.databases) {
    await loadDatabase(database, backup.folder, stored, signal);
    assertSame(stored.name, await differencesOf(database, stored, signal));
    output.say(`database ${stored.name}: put back`);
  }
  const names = missing.databases.map(({ stored: { name } }) => name);
  const lines = [
    `databases  ${names.length === 0 ? 'all were there' : names.join(', ')}`,
    `objects    ${objects}`,
    `files      ${files}`,
  ];
  return { outcome: 'done', lines, document: { databases: names, objects, files } };
}

/** Compares everything, and writes nothing. @throws Failure when something else is in the place of what was backed up */
async function missingIn(
  { databases, control, shares }: Installation,
  { folder, manifest }: Backup,
  signal: AbortSignal,
): Promise<Missing> {
  const pairs = manifest.databases.map((stored) => ({
    stored,
    database: databaseOf(databases, stored.name),
  }));
  if (manifest.control !== undefined && control === undefined)
    throw new Failure(
      'usage',
      'Expected S3_ENDPOINT and its keys, because the backup holds a control bucket.',
    );
  for (const { root } of manifest.shares)
    if (!shares.includes(root))
      throw new Failure(
        'usage',
        `Expected the share ${root} of the backup among the targets of ROUTES_FILE, or in LTS_ROOTS without that file; found ${shares.join(', ') || 'none'}.`,
      );
  const missing: typeof pairs = [];
  for (const pair of pairs)
    if (await isIncomplete(pair.database, folder, pair.stored, signal)) missing.push(pair);
  const objects =
    manifest.control === undefined || control === undefined
      ? []
      : await missingObjects(control, manifest.control.objects, signal);
  const onShares: { share: StoredShare; files: StoredFile[] }[] = [];
  for (const share of manifest.shares) onShares.push({ share, files: await missingFiles(share, signal) });
  return { databases: missing, objects, shares: onShares };
}

function databaseOf(databases: readonly Database[], name: string): Database {
  const database = databases.find(({ databaseName }) => databaseName === name);
  if (database !== undefined) return database;
  throw new Failure('usage', `Expected the address of the database ${name} in CATENA_DATABASES, found none.`);
}

/** Databases belong together: one that went on since the backup would know what the restored ones do not. */
async function isIncomplete(
  database: Database,
  folder: string,
  stored: StoredDatabase,
  signal: AbortSignal,
): Promise<boolean> {
  const { missing, foreign } = await lackOf(database, folder, stored, signal);
  if (foreign.length === 0) return missing > 0;
  throw new Failure(
    'conflict',
    `Expected the database ${stored.name} to be empty, or to hold nothing but what was backed up, found other documents in ${foreign.join(', ')}. Nothing was restored. Databases belong together: stop all apps, and empty this one (after a backup of its own) if it shall go back as well.`,
  );
}

function assertSame(name: string, different: readonly string[]): void {
  if (different.length === 0) return;
  throw new Failure(
    'conflict',
    `Expected the database ${name} as it was backed up after restoring it, found other documents in ${different.join(', ')}: is an app running? Stop all apps, empty the database, and run the same command again.`,
  );
}

function ownersText(root: string, count: number): string {
  return `share ${root}: ${count} of the files and folders that were put back do not belong to whom they belonged, because only root may give files away: give them to the archivers' user (chown), or they cannot write there`;
}
