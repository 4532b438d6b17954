import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { verifyDatablock, writeDatablock, type DatablockManifest, type DatablockMember } from '#datablock';
import { PosixShare } from '#long-term-storage';
import type { S3ObjectStore } from '#storage';
import { BareReading } from './bare-reading.js';
import { bytes, member, mebibyte, nowhere } from './contents.js';
import { contest, print, slower, timed } from './contest.js';

/** Objects that are read one after the other, which takes long. */
const aFew = 100;

export interface Zone {
  readonly what: string;
  readonly store: S3ObjectStore;
  readonly bucket: string;
  readonly folder: string;
}

/** One large object → tar → share, next to reading it alone and to writing as much to the share alone, made durable. */
export async function oneLarge(zone: Zone, key: string, mebibytes: number, rounds: number): Promise<void> {
  const { store, bucket } = zone;
  const root = await mkdtemp(join(zone.folder, 'share-'));
  const share = new PosixShare({ name: 'share', root });
  const size = mebibytes * mebibyte;
  const bare = await BareReading.of(store, bucket, [key]);
  const members = [member(key, size, () => store.get(bucket, key))];
  const { read, write, archive } = await contest(rounds, {
    read: () => bare.all(1),
    write: async () => {
      const writer = await share.create('bare', 't');
      for await (const chunk of bytes(size)) await writer.write(chunk);
      await writer.commit();
      await share.remove('bare');
    },
    archive: async () => {
      await archived(share, 'tar', members);
      await share.remove('tar');
    },
  });
  bare.close();
  const [amount, unit] = [mebibytes, 'MiB/s'] as const;
  print({ what: `${zone.what}, one object: read by Node alone`, amount, unit, ours: read });
  print({ what: `${zone.what}, one object: written to the share alone`, amount, unit, ours: write });
  const limit = { what: 'the slower of both', best: slower(read, write) };
  print({ what: `${zone.what}, one object → tar → share`, amount, unit, ours: archive, limit, target: 0.8 });
  const manifest = await archived(share, 'tar', members);
  const back = await timed(async () => verifyDatablock(await share.read('tar', { fresh: true }), manifest));
  print({ what: `${zone.what}, one object: read back and proven`, amount, unit, ours: back });
  await rm(root, { recursive: true });
}

/** Many small objects → tar, next to reading them alone: one after the other, and as many at a time as is best for the store. */
export async function manySmall(zone: Zone, keys: readonly string[], size: number, rounds: number) {
  const { store, bucket } = zone;
  const bare = await BareReading.of(store, bucket, keys);
  const members = keys.map((key) => member(key, size, () => store.get(bucket, key)));
  const lanes = { few: () => bare.all(16), many: () => bare.all(64) };
  const pack = () => writeDatablock({ identity: {}, members, sink: nowhere });
  const { few, many, ...found } = await contest(rounds, { ...lanes, pack });
  const one = await timed(() => bare.all(1, aFew));
  bare.close();
  const [amount, unit] = [keys.length, '/s'] as const;
  const best = few.seconds < many.seconds ? few : many;
  print({ what: `${zone.what}, small objects: read by Node, one by one`, amount: aFew, unit, ours: one });
  const limit = { what: `read by Node, ${best === few ? 16 : 64} at a time`, best };
  print({ what: `${zone.what}, small objects → tar`, amount, unit, ours: found.pack, limit });
}

async function archived(
  share: PosixShare,
  name: string,
  members: readonly DatablockMember[],
): Promise<DatablockManifest> {
  const writer = await share.create(name, 't');
  const { manifest } = await writeDatablock({ identity: {}, members, sink: writer });
  await writer.commit();
  return manifest;
}
