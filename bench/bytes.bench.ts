import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeDatablock } from '#datablock';
import { newId } from '#kernel';
import { S3ObjectStore, s3OptionsFrom, type S3ObjectStoreOptions } from '#storage';
import { startStack } from '../tools/local-stack/src/index.js';
import { bytes, mebibyte, member, nowhere } from './bytes/contents.js';
import { print, timed } from './bytes/contest.js';
import { FarStore } from './bytes/far-store.js';
import { manySmall, oneLarge, type Zone } from './bytes/landing-zone.js';
import { sourceFolder } from './bytes/source-folder.js';

/**
 * Bytes, each next to the limit measured in the same run: object store → tar → share against reading and writing alone, small objects
 * against reading them alone, source folders against `tar | sha256sum`. What is wanted is printed, nothing is asserted.
 *
 * With S3_ENDPOINT and its keys in the environment the store is that one, else a Swift is started for it. The far store is none: it
 * answers after 20 ms and sends 200 MiB a second without needing the processor, so that waits show where Swift would hide them.
 */
const sizes = {
  mebibytes: Number(process.env['BYTES_MEBIBYTES'] ?? 256),
  objects: Number(process.env['BYTES_OBJECTS'] ?? 300),
  files: Number(process.env['BYTES_FILES'] ?? 20_000),
  rounds: Number(process.env['BYTES_ROUNDS'] ?? 4),
};
const elsewhere: Omit<S3ObjectStoreOptions, 'endpoint'> = {
  accessKey: 'catena',
  secretKey: 'a-secret',
  region: 'us-east-1',
};
const small = 8 * 1024;
const folder = await mkdtemp(join(process.env['BYTES_FOLDER'] ?? tmpdir(), 'catena-bench-'));
const bucket = `catena-bench-${newId()}`.toLowerCase();

try {
  // First, as memory is at its peak once something else was measured.
  await generated(4096);
  await sourceFolder(folder, 1024, sizes.files, sizes.rounds);
  await farAway();
  await nearBy();
} finally {
  await rm(folder, { recursive: true });
}

async function generated(mebibytes: number): Promise<void> {
  const size = mebibytes * mebibyte;
  const members = [member('generated', size, () => Promise.resolve(bytes(size)))];
  const ours = await timed(() => writeDatablock({ identity: {}, members, sink: nowhere }));
  const peak = (process.resourceUsage().maxRSS / 1024).toFixed(0);
  const what = `${mebibytes} MiB from nowhere → tar (memory at its peak ${peak} MiB)`;
  print({ what, amount: mebibytes, unit: 'MiB/s', ours });
}

async function farAway(): Promise<void> {
  for (const [objects, size] of [
    [1, sizes.mebibytes * mebibyte],
    [sizes.objects * 4, small],
  ] as const) {
    const far = await FarStore.start({ delayMs: 20, mebibytesASecond: 200, size });
    const store = new S3ObjectStore({ ...elsewhere, endpoint: far.endpoint });
    const zone: Zone = { what: 'far store', store, bucket, folder };
    if (objects === 1) await oneLarge(zone, 'large', sizes.mebibytes, sizes.rounds);
    else await manySmall(zone, keys(objects), size, sizes.rounds);
    store.close();
    await far.stop();
  }
}

async function nearBy(): Promise<void> {
  const log = (line: string): void => console.error(line);
  const dataDirectory = join(folder, 'stack');
  const stack =
    process.env['S3_ENDPOINT'] === undefined
      ? await startStack({ dataDirectory, services: ['s3'], log, environment: process.env })
      : undefined;
  const store = new S3ObjectStore(s3OptionsFrom(stack?.environment ?? process.env));
  const zone: Zone = { what: 'object store', store, bucket, folder };
  const stored = ['large', ...keys(sizes.objects)];
  try {
    await store.ensureBucket(bucket);
    const size = sizes.mebibytes * mebibyte;
    await store.put(bucket, 'large', bytes(size), { size });
    for (const key of keys(sizes.objects)) await store.put(bucket, key, bytes(small), { size: small });
    await oneLarge(zone, 'large', sizes.mebibytes, sizes.rounds);
    await manySmall(zone, keys(sizes.objects), small, sizes.rounds);
  } finally {
    await store.remove(bucket, stored);
    store.close();
    await stack?.stop();
  }
}

function keys(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `small/${String(index).padStart(6, '0')}`);
}
