import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { ObjectStore } from '#storage';
import { digestOf, inTheWay, keep } from './kept-file.js';
import type { StoredFile } from './manifest-shape.js';

/** A bucket of a store. */
export interface Bucket {
  readonly store: ObjectStore;
  readonly bucket: string;
}

export async function dumpBucket(
  { store, bucket }: Bucket,
  folder: string,
  signal: AbortSignal,
): Promise<StoredFile[]> {
  const objects: StoredFile[] = [];
  for await (const { key } of store.list(bucket, '')) {
    signal.throwIfAborted();
    const file = `control/${String(objects.length).padStart(6, '0')}`;
    objects.push(await keep(folder, { file, path: key }, await store.get(bucket, key)));
  }
  return objects;
}

/** @throws Failure when another object has the name of one that was backed up */
export async function missingObjects(
  bucket: Bucket,
  objects: readonly StoredFile[],
  signal: AbortSignal,
): Promise<StoredFile[]> {
  const missing: StoredFile[] = [];
  for (const object of objects) if (await isMissing(bucket, object, signal)) missing.push(object);
  return missing;
}

async function isMissing(
  { store, bucket }: Bucket,
  { path, sha256 }: StoredFile,
  signal: AbortSignal,
): Promise<boolean> {
  signal.throwIfAborted();
  if ((await store.head(bucket, path)) === undefined) return true;
  if ((await digestOf(await store.get(bucket, path), signal)) !== sha256) throw inTheWay(`${bucket}/${path}`);
  return false;
}

/** Puts back what was found missing. @returns how many objects were */
export async function loadBucket(
  { store, bucket }: Bucket,
  folder: string,
  missing: readonly StoredFile[],
  signal: AbortSignal,
): Promise<number> {
  await store.ensureBucket(bucket);
  let restored = 0;
  for (const object of missing) {
    // Hours may have gone by since all was compared; a store has no way to put an object only where none is.
    if (!(await isMissing({ store, bucket }, object, signal))) continue;
    const { path, file, size } = object;
    await store.put(bucket, path, createReadStream(join(folder, file)), { size });
    restored += 1;
  }
  return restored;
}
