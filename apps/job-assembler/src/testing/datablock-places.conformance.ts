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

    it('are not what was said before something newer, also for the first time', async () => {
      await places.keep('a.tar', 'p', ['tape-b'], 2);
      await places.keep('a.tar', 'p', ['tape-a'], 1);
      await places.keep('a.tar', 'p', ['tape-a']);
      assert.deepEqual(await places.of('a.tar', 'p'), ['tape-b']);
      await places.keep('a.tar', 'p', ['tape-b', 'disk'], 2);
      assert.deepEqual(await places.of('a.tar', 'p'), ['tape-b', 'disk']);
      await places.keep('a.tar', 'p', ['disk'], 3);
      assert.deepEqual(await places.of('a.tar', 'p'), ['disk']);
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

    it('know copies that others store for as long as these are there, whatever becomes of our own', async () => {
      const copy = { packedSize: 5, sha256: 's' };
      const found = { packedSize: 6, sha256: 't' };
      const at = new Date('2026-02-01T00:00:00Z');
      await places.keep('a.tar', 'p', ['disk'], 3);
      await places.keepOutside('a.tar', 'p', 'partner', copy);
      await places.addOutside('a.tar', 'p', 'partner', { ...copy, damagedAt: at });
      await places.addOutside('a.tar', 'p', 'other', copy);
      await places.damagedOutside('a.tar', 'other', at, found);
      await places.addOutside('b.tar', 'p', 'partner', copy);
      await places.remove('a.tar');
      const other = { ...copy, damagedAt: at, found };
      assert.deepEqual(
        [await places.of('a.tar', 'p'), await places.outside('a.tar', 'p')],
        [[], { partner: copy, other }],
      );
      assert.deepEqual(await places.outside('b.tar', 'p'), { partner: copy });
      await places.removeOutside('a.tar', 'partner');
      assert.deepEqual(await places.outside('a.tar', 'p'), { other });
      await places.removeOutside('a.tar', 'other');
      await places.removeOutside('a.tar', 'other');
      assert.deepEqual(await places.outside('a.tar', 'p'), {});
      await places.keep('a.tar', 'p', ['disk'], 1);
      assert.deepEqual(await places.of('a.tar', 'p'), ['disk'], 'nothing of before is left');
      await places.keepOutside('a.tar', 'p', 'partner', copy);
      await places.removeOutside('a.tar', 'partner');
      assert.deepEqual(await places.of('a.tar', 'p'), ['disk']);
    });

    it('are forgotten with the datablock, and one that is unknown is fine', async () => {
      await places.keep('a.tar', 'p', ['tape-a']);
      await places.remove('a.tar');
      await places.remove('a.tar');
      assert.deepEqual([await places.of('a.tar', 'p'), await places.targets()], [[], []]);
    });
  });
}
