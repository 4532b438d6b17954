import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { beforeEach, describe, it } from 'node:test';
import type { FileLine } from '#contracts';
import { parcelFolder, parcelHead } from '#datablock';
import type { ObjectRange } from '#storage';
import { MemoryObjectStore } from '#storage/testing';
import { LandedParcels } from './landed-parcels.js';

const bucket = 'zone';
const prefix = 'p=';
const keyOf = (name: string): string => `${prefix}/${parcelFolder}/${name}`;
const lineOf = (path: string, text: string): FileLine => ({
  ...{ path, size: text.length, time: '2020-01-01T00:00:00.000Z' },
  sha256: createHash('sha256').update(text).digest('hex'),
});
const parcelOf = (files: Readonly<Record<string, string>>): Buffer => {
  const lines = Object.entries(files).map(([path, text]) => lineOf(path, text) as Required<FileLine>);
  return Buffer.concat([parcelHead(lines), ...Object.values(files).map((text) => Buffer.from(text))]);
};

describe('Parcels of the landing zone', () => {
  let store: MemoryObjectStore;
  beforeEach(async () => {
    store = new MemoryObjectStore();
    await store.ensureBucket(bucket);
  });

  const put = async (name: string, body: Buffer): Promise<void> => {
    await store.put(bucket, keyOf(name), body, { size: body.length });
  };
  const holding = (files: readonly FileLine[]): Promise<LandedParcels> =>
    LandedParcels.holding(files, { store, bucket, prefixes: [prefix] });
  /** What is opened from now on: whole, or by ranges; and the most that were open whole at a time. */
  function watched(): { whole: string[]; ranges: number; most: number } {
    const seen = { whole: [] as string[], ranges: 0, most: 0 };
    let [now, open] = [0, store.open.bind(store)];
    store.open = async (from: string, key: string, range?: ObjectRange) => {
      const opened = await open(from, key, range);
      if (range !== undefined) seen.ranges += 1;
      else {
        seen.whole.push(key);
        seen.most = Math.max(seen.most, (now += 1));
        opened.body.once('close', () => (now -= 1));
      }
      return opened;
    };
    return seen;
  }

  it('are read whole once each and few at a time, whatever the order of the files', async () => {
    const parcels = Array.from({ length: 40 }, (_, parcel) =>
      Object.fromEntries(
        Array.from({ length: 8 }, (_, file) => [`f${file}/${parcel}`, `${file} of ${parcel}`]),
      ),
    );
    for (const [index, files] of parcels.entries()) await put(`${index}`, parcelOf(files));
    const files = parcels.flatMap((inside) => Object.entries(inside)).sort(([a], [b]) => (a < b ? -1 : 1));
    const landed = await holding(files.map(([path, text]) => lineOf(path, text)));
    const seen = watched();
    for (let at = 0; at < files.length; at += 64)
      await Promise.all(
        files.slice(at, at + 64).map(async ([path, text]) => {
          const bytes = await landed.read(landed.placeOf(lineOf(path, text))!);
          assert.equal(bytes.toString(), text);
          // Small ones share a buffer of Node's, whose size differs from release to release.
          const most = Math.max(20_000, Buffer.poolSize);
          assert.ok(bytes.buffer.byteLength <= most, 'it does not keep its parcel');
        }),
      );
    assert.ok(seen.most <= 4, `${seen.most} at a time`);
    assert.equal(new Set(seen.whole).size, seen.whole.length, 'none twice');
    assert.ok(seen.ranges > 0);
  });

  it('that are others now are not read, whole or in part, however large they became', async () => {
    const files = ['a', 'b', 'c', 'd', 'e'];
    for (const name of files) await put(name, parcelOf({ [name]: 'text' }));
    const landed = await holding(files.map((name) => lineOf(name, 'text')));
    for (const name of files) await put(name, Buffer.from('x'));
    const reads = files.map((name) => landed.read(landed.placeOf(lineOf(name, 'text'))!));
    for (const read of reads)
      await assert.rejects(read, { code: 'storage.object-changed', retriable: false });
  });

  it('with nothing that is not wanted come first where several hold a file', async () => {
    const wanted = { a: 'one', b: 'two' };
    await put('0', parcelOf({ ...wanted, gone: 'x' }));
    await put('1', parcelOf(wanted));
    await put('2', parcelOf({ ...wanted, gone: 'y' }));
    const landed = await holding(Object.entries(wanted).map(([path, text]) => lineOf(path, text)));
    for (const [path, text] of Object.entries(wanted))
      assert.equal(landed.placeOf(lineOf(path, text))?.key, keyOf('1'));
  });

  it('give no file that lies in their own folder: it has an object of its own', async () => {
    const path = `${parcelFolder}/x`;
    await put('x', parcelOf({ [path]: 'one' }));
    assert.equal((await holding([lineOf(path, 'one')])).placeOf(lineOf(path, 'one')), undefined);
  });
});
