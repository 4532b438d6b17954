import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { DatablockPlaces } from '../aggregates/datablock-places.js';
import type { Assembler } from './assembler.js';

/** What is known of where copies lie, wherever that is kept. */
export function datablockPlacesConformance(name: string, open: () => Promise<Assembler>): void {
  describe(`${name} as places of datablocks`, () => {
    let places: DatablockPlaces;
    beforeEach(async () => {
      const assembler = await open();
      await assembler.store.places.deleteMany({});
      places = assembler.places;
    });

    it('say where copies lie, as was said last, to who asks for the datablock of the right dataset', async () => {
      await places.keep('a.tar', 'p', ['tape-a', 'tape-b']);
      await places.keep('a.tar', 'p', ['tape-b', 'disk']);
      await places.keep('b.tar', 'p', ['tape-c']);
      assert.deepEqual(await places.of('a.tar', 'p'), ['tape-b', 'disk']);
      assert.deepEqual([await places.of('a.tar', 'q'), await places.of('c.tar', 'p')], [[], []]);
      assert.deepEqual([...(await places.targets())].sort(), ['disk', 'tape-b', 'tape-c']);
    });

    it('know copies that others store, by target, and which of them are no good until they are good again', async () => {
      const copy = { packedSize: 5, sha256: 's' };
      await places.keep('a.tar', 'p', ['disk']);
      await places.keepOutside('a.tar', 'p', 'partner', copy);
      await places.keepOutside('a.tar', 'p', 'other-2', copy);
      await places.keep('a.tar', 'p', ['disk']);
      assert.deepEqual(await places.of('a.tar', 'p'), ['disk']);
      const at = new Date('2026-02-01T00:00:00Z');
      await places.damagedOutside('a.tar', 'partner', at);
      await places.damagedOutside('a.tar', 'unknown', at);
      assert.deepEqual(await places.outside('a.tar', 'p'), {
        partner: { ...copy, damagedAt: at },
        'other-2': copy,
      });
      await places.keepOutside('a.tar', 'p', 'partner', copy);
      assert.deepEqual((await places.outside('a.tar', 'p'))['partner'], copy);
      assert.deepEqual([await places.outside('a.tar', 'q'), await places.outside('b.tar', 'p')], [{}, {}]);
    });

    it('are forgotten with the datablock, and one that is unknown is fine', async () => {
      await places.keep('a.tar', 'p', ['tape-a']);
      await places.remove('a.tar');
      await places.remove('a.tar');
      assert.deepEqual([await places.of('a.tar', 'p'), await places.targets()], [[], []]);
    });
  });
}
