import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { datasetOf, recordOf, resourceOf } from './support/public-records.js';
import {
  isSetSpec,
  mostSpecific,
  nameOfSet,
  setsOf,
  withParents,
} from '../../apps/publication-server/src/persistence/record-sets.js';

const now = new Date('2026-06-01T00:00:00Z');
const named = (...names: string[]) =>
  setsOf(
    recordOf('10.5072/a', { datasets: [datasetOf({ instruments: names.map((name) => ({ name })) })] }),
    now,
  );

describe('setsOf', () => {
  it('tells year, type, access, instruments and techniques', () =>
    assert.deepEqual(setsOf(recordOf('10.5072/a'), now), [
      ...['openaire_data', 'year:2026', 'type:Dataset', 'access:open', 'instrument', 'instrument:TOMCAT'],
      ...['technique', 'technique:x-ray_diffraction'],
    ]));

  it('follows the clock', () => {
    const record = recordOf('10.5072/a', { embargoUntil: '2026-06-01T00:00:01.000Z' });
    assert.ok(setsOf(record, now).includes('access:embargoed'));
    assert.ok(setsOf(record, new Date('2026-06-01T00:00:01Z')).includes('access:open'));
  });

  it('writes any name so that it can be read again', () => {
    const names = ['Böse "Beam" & <Co>: 7', '断層撮影', 'a_b~c%d', '😀', 'x'.repeat(100), "it's (one)!"];
    const sets = named(...names).filter((set) => set.startsWith('instrument:'));
    assert.ok(sets.every(isSetSpec));
    assert.deepEqual(
      sets.map(nameOfSet),
      names.map((name) => `Instrument: ${name}`),
    );
  });

  it('is legal for names that are none', () => {
    for (const name of ['', ' ', '\u0000', '\uD800', ':', '\n', '%', '__proto__'])
      assert.ok(named(name).every(isSetSpec), JSON.stringify(name));
    const resource = resourceOf('10.5072/a', {
      publicationYear: Number.NaN,
      types: { resourceTypeGeneral: '' },
    });
    assert.ok(setsOf(recordOf('10.5072/a', { resource }), now).every(isSetSpec));
    assert.equal(named(...Array.from({ length: 500 }, (_, index) => `i${index}`)).length, 4 + 201 + 2);
  });
});

describe('sets', () => {
  it('know their parents', () => {
    assert.deepEqual(mostSpecific(['a', 'a:b', 'a:b:c', 'ab']), ['a:b:c', 'ab']);
    assert.deepEqual(withParents(['x:y', 'a']), ['a', 'openaire_data', 'x', 'x:y']);
  });
});
