import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parcelFolder } from '#datablock';
import { cutParcels } from './send-parcels.js';
import type { FoundFile } from './walk.js';

function files(count: number, size: number, name = (index: number): string => `f${index}`): FoundFile[] {
  return Array.from({ length: count }, (_, index) => ({
    ...{ path: name(index), size, modified: '0', modifiedAt: new Date(0), permissions: 0o644 },
  }));
}

describe('cutParcels', () => {
  const lengths = (list: readonly FoundFile[]): number[] =>
    cutParcels(list, []).map(({ files: inside }) => inside.length);

  it('keeps the order, and makes about a hundred parcels of ten thousand files', () => {
    const parcels = cutParcels(files(10_000, 100), []);
    assert.equal(parcels.length, 100);
    assert.deepEqual(
      parcels.flatMap(({ files: inside }) => inside.map(({ path }) => path)),
      files(10_000, 100).map(({ path }) => path),
    );
  });
  it('makes small parcels of few files, and none above a thousand', () => {
    assert.deepEqual(lengths(files(130, 1)), [64, 64, 2]);
    assert.ok(lengths(files(200_000, 1)).every((length) => length <= 1000));
  });
  it('bounds the bytes of a parcel, names included', () => {
    for (const list of [
      files(1000, 64 * 1024),
      files(100_000, 0, (index) => `${'\u0001'.repeat(880)}${index}`),
    ])
      for (const { size } of cutParcels(list, [])) assert.ok(size <= 4 * 2 ** 20 + 100, String(size));
  });
  it('writes over what an earlier run left before it makes new names', () => {
    const [first, second] = cutParcels(files(100, 1), [`${parcelFolder}/left`]);
    assert.equal(first?.path, `${parcelFolder}/left`);
    assert.match(second?.path ?? '', /^\.catena-parcels\/[0-9a-f-]{36}$/);
  });
  it('writes over each of them, with nothing where there are fewer files than before', () => {
    const names = ['x', 'y', 'z'].map((name) => `${parcelFolder}/${name}`);
    const parcels = cutParcels(files(70, 1), [...names]);
    assert.deepEqual(
      parcels.map(({ path, files: inside }) => [path, inside.length]),
      [
        [names[0], 64],
        [names[1], 6],
        [names[2], 0],
      ],
    );
    assert.deepEqual(
      cutParcels([], ['x']).map(({ path, files: inside }) => [path, inside]),
      [['x', []]],
    );
  });
  it('makes nothing of nothing', () => assert.deepEqual(cutParcels([], []), []));
});
