import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '#command-line';

export interface StoredCollection {
  readonly name: string;
  readonly documents: number;
  /** Documents one after the other, as `mongorestore` reads them; in the order of their ids. */
  readonly file: string;
  readonly sha256: string;
}

export interface StoredDatabase {
  readonly name: string;
  readonly collections: readonly StoredCollection[];
}

export interface StoredFile {
  /** In the bucket or on the share. */
  readonly path: string;
  readonly file: string;
  readonly size: number;
  readonly sha256: string;
}

export interface StoredShare {
  readonly root: string;
  readonly files: readonly StoredFile[];
}

/** What a backup holds, written last: a folder without it is none. */
export interface Manifest {
  readonly format: typeof backupFormat;
  readonly createdAt: string;
  readonly databases: readonly StoredDatabase[];
  readonly control: { readonly bucket: string; readonly objects: readonly StoredFile[] } | undefined;
  readonly shares: readonly StoredShare[];
}

export const backupFormat = 'catena-backup-1';
const manifestName = 'backup.json';

export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  await writeFile(join(folder, manifestName), `${JSON.stringify(manifest, undefined, 2)}\n`, {
    flag: 'wx',
    flush: true,
  });
}

/** @throws Failure when the folder holds no whole backup of a format that this version reads */
export async function readManifest(folder: string): Promise<Manifest> {
  const file = join(folder, manifestName);
  try {
    const manifest = JSON.parse(await readFile(file, 'utf8')) as Manifest;
    if (manifest.format === backupFormat) return manifest;
    throw new Error(`format ${JSON.stringify(manifest.format)}`);
  } catch (error) {
    throw new Failure(
      'usage',
      `Expected a backup (${backupFormat}) at ${file}, found: ${(error as Error).message}. A backup that was interrupted has none: take another one.`,
      error,
    );
  }
}

/** Everything is looked at before the first thing is written back. */
export async function assertWhole(folder: string, manifest: Manifest, signal: AbortSignal): Promise<void> {
  const parts = [
    ...manifest.databases.flatMap(({ collections }) => collections),
    ...(manifest.control?.objects ?? []),
    ...manifest.shares.flatMap(({ files }) => files),
  ];
  for (const { file, sha256 } of parts) {
    signal.throwIfAborted();
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(join(folder, file))) hash.update(chunk as Buffer);
    if (hash.digest('hex') !== sha256)
      throw new Failure(
        'failed',
        `Expected the content of ${file} as it was backed up, found another: this backup is damaged. Nothing was restored; use another one.`,
      );
  }
}
