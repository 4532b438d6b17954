import { createReadStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '#command-line';
import { digestOf } from './kept-file.js';
import { backupFormat, manifestFrom, type Manifest } from './manifest-shape.js';
import { privateFile } from './private.js';

const manifestName = 'backup.json';

export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  await writeFile(join(folder, manifestName), `${JSON.stringify(manifest, undefined, 2)}\n`, {
    flag: 'wx',
    mode: privateFile,
    flush: true,
  });
}

/** @throws Failure when the folder holds no whole backup of a format that this version reads */
export async function readManifest(folder: string): Promise<Manifest> {
  const file = join(folder, manifestName);
  try {
    return manifestFrom(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    throw new Failure(
      'usage',
      `Expected a backup (${backupFormat}) at ${file}, found: ${(error as Error).message}. A backup that was interrupted has no such file: use another one.`,
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
    if ((await digestOf(createReadStream(join(folder, file)), signal)) !== sha256)
      throw new Failure(
        'failed',
        `Expected the content of ${file} as it was backed up, found another: this backup is damaged. Nothing was restored; use another one.`,
      );
  }
}
