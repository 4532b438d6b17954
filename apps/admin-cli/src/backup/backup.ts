import { chmod, mkdir, readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { countText, Failure, type CommandBasics, type CommandResult } from '#command-line';
import { dumpBucket } from './bucket.js';
import { differencesOf, dumpDatabase } from './databases.js';
import { withInstallation, type Installation } from './installation.js';
import { backupFormat, type Manifest, type StoredDatabase, type StoredShare } from './manifest-shape.js';
import { writeManifest } from './manifest.js';
import { privateFolder } from './private.js';
import { dumpShare } from './share.js';

/** Copies databases, control bucket and shares of an installation whose apps are stopped into a new folder. */
export async function backup(context: CommandBasics, given: string): Promise<CommandResult> {
  const folder = resolve(given);
  await makeEmpty(folder);
  const manifest = await withInstallation(context, (installation) => copy(context, installation, folder));
  await writeManifest(folder, manifest);
  const { databases, control, shares } = manifest;
  const document = {
    folder,
    databases: databases.map(({ name, collections }) => ({
      name,
      documents: collections.reduce((sum, { documents }) => sum + documents, 0),
    })),
    objects: control?.objects.length,
    shares: shares.map(({ root, files }) => ({ root, files: files.length })),
    notIncluded: manifest.notIncluded,
  };
  return { outcome: 'done', lines: [folder], document };
}

async function copy(
  { output, signal }: CommandBasics,
  { databases, control, shares, notIncluded }: Installation,
  folder: string,
): Promise<Manifest> {
  const createdAt = new Date().toISOString();
  const stored: StoredDatabase[] = [];
  for (const database of databases) {
    output.say(`database ${database.databaseName}`);
    stored.push(await dumpDatabase(database, folder, signal));
  }
  if (control !== undefined) output.say(`control bucket ${control.bucket}`);
  const objects = control && (await dumpBucket(control, folder, signal));
  const storedShares: StoredShare[] = [];
  for (const [index, root] of shares.entries()) {
    output.say(`share ${root}`);
    storedShares.push(await dumpShare(root, index, folder, signal));
  }
  // At the end, so that whatever an app wrote since the beginning is seen.
  for (const [index, database] of databases.entries())
    assertUnchanged(database.databaseName, await differencesOf(database, stored[index]!, signal));
  return {
    format: backupFormat,
    createdAt,
    databases: stored,
    control: control && { bucket: control.bucket, objects: objects ?? [] },
    shares: storedShares,
    notIncluded,
  };
}

/** Databases, bucket and shares belong together only if nobody writes while they are copied. */
function assertUnchanged(database: string, different: readonly string[]): void {
  if (different.length === 0) return;
  throw new Failure(
    'conflict',
    `Expected the database ${database} to rest while it was copied, found changes in ${countText(different.length, 'collection')}: ${different.join(', ')}. Stop all apps, remove the folder, and run the same command again.`,
  );
}

async function makeEmpty(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: privateFolder });
  await assertEmpty(folder);
  // One that was there may have been open to others, and they may have been quick.
  await chmod(folder, privateFolder);
  await assertEmpty(folder);
}

async function assertEmpty(folder: string): Promise<void> {
  if ((await readdir(folder)).length > 0)
    throw new Failure('usage', `Expected a new or an empty folder for the backup, found files in ${folder}.`);
}
