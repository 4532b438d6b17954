import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, copyFile, link, lstat, mkdir, open, readdir, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Failure } from '#command-line';
import type { ObjectStore } from '#storage';
import type { StoredFile } from './manifest.js';

/** Unfinished writing of apps: nothing that is missed. */
const unfinished = /[.]partial$/;

/** Keeps a stream as a file of the backup. */
async function keep(
  folder: string,
  file: string,
  path: string,
  source: AsyncIterable<Uint8Array>,
): Promise<StoredFile> {
  const hash = createHash('sha256');
  let size = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  };
  await mkdir(dirname(join(folder, file)), { recursive: true });
  await pipeline(
    Readable.from(counted(), { objectMode: false }),
    createWriteStream(join(folder, file), { flush: true }),
  );
  return { path, file, size, sha256: hash.digest('hex') };
}

export async function dumpBucket(
  store: ObjectStore,
  bucket: string,
  folder: string,
  signal: AbortSignal,
): Promise<StoredFile[]> {
  const objects: StoredFile[] = [];
  for await (const { key } of store.list(bucket, '')) {
    signal.throwIfAborted();
    const file = `control/${String(objects.length).padStart(6, '0')}`;
    objects.push(await keep(folder, file, key, await store.get(bucket, key)));
  }
  return objects;
}

/** Puts back what is missing. @returns how many objects were */
export async function loadBucket(
  store: ObjectStore,
  bucket: string,
  folder: string,
  objects: readonly StoredFile[],
): Promise<number> {
  await store.ensureBucket(bucket);
  let restored = 0;
  for (const { path, file, size, sha256 } of objects) {
    if ((await store.head(bucket, path)) !== undefined) {
      if ((await digestOf(await store.get(bucket, path))) !== sha256) throw inTheWay(`${bucket}/${path}`);
      continue;
    }
    await store.put(bucket, path, createReadStream(join(folder, file)), { size });
    restored += 1;
  }
  return restored;
}

export async function dumpShare(
  root: string,
  index: number,
  folder: string,
  signal: AbortSignal,
): Promise<StoredFile[]> {
  const files: StoredFile[] = [];
  for (const path of await filesOf(root)) {
    signal.throwIfAborted();
    const file = `shares/${index}/${path}`;
    const kept = await keep(folder, file, path, createReadStream(join(root, path)));
    await copyAttributes(join(root, path), join(folder, file));
    files.push(kept);
  }
  return files;
}

/** Puts back what is missing, each file in one step that never replaces another. @returns how many files were */
export async function loadShare(
  root: string,
  folder: string,
  files: readonly StoredFile[],
  signal: AbortSignal,
): Promise<number> {
  let restored = 0;
  for (const { path, file, sha256 } of files) {
    signal.throwIfAborted();
    const place = join(root, path);
    if ((await lstat(place).catch(() => undefined)) !== undefined) {
      if ((await digestOf(createReadStream(place))) !== sha256) throw inTheWay(place);
      continue;
    }
    await mkdir(dirname(place), { recursive: true });
    const draft = `${place}.${randomUUID()}.partial`;
    try {
      await copyFile(join(folder, file), draft);
      await copyAttributes(join(folder, file), draft);
      await flush(draft);
      // Unlike a renaming, a link is refused where another writer was quicker.
      await link(draft, place);
      await flush(dirname(place));
    } finally {
      await rm(draft, { force: true });
    }
    restored += 1;
  }
  return restored;
}

async function filesOf(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !unfinished.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

async function copyAttributes(from: string, to: string): Promise<void> {
  const { mode, atime, mtime } = await stat(from);
  await utimes(to, atime, mtime);
  await chmod(to, mode & 0o777);
}

/** What is said to be restored outlives a loss of power. */
async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function digestOf(source: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of source) hash.update(chunk);
  return hash.digest('hex');
}

function inTheWay(place: string): Failure {
  return new Failure(
    'conflict',
    `Expected nothing at ${place}, or what was backed up, found other content. Nothing is replaced: move it away, or keep it, and run the same command again.`,
  );
}
