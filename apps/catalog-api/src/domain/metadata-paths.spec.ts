import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chosenPaths, dottedPaths, hiddenOfSamples, type PathsWanted } from './metadata-paths.js';

function metadataPaths(metadata: readonly unknown[], wanted: PathsWanted): Promise<string[]> {
  async function* lists(): AsyncGenerator<string[]> {
    for (const one of metadata) yield await Promise.resolve(dottedPaths(one));
  }
  return chosenPaths(lists(), wanted);
}

const all = { limit: 100 };

describe('Paths of metadata', () => {
  it('lead down to values, values with a unit and lists, each once', async () => {
    const metadata = [
      { outer: { inner: { value: 1, unit: 'm' }, short: { v: 1, u: 'm' } }, plain: 5, list: [{ x: 1 }] },
      { plain: 6, none: null, empty: {}, bare: { value: 1 } },
    ];
    assert.deepEqual(await metadataPaths(metadata, all), [
      'outer.inner',
      'outer.short',
      'plain',
      'list',
      'none',
      'bare.value',
    ]);
  });

  it('are decoded, filtered in any case and cut at the limit', async () => {
    assert.deepEqual(await metadataPaths([{ 'a%2Eb': 1 }], all), ['a.b']);
    assert.deepEqual(await metadataPaths([{ Temperature: 1, pressure: 1 }], { ...all, containing: 'TEMP' }), [
      'Temperature',
    ]);
    assert.deepEqual(await metadataPaths([{ a: 1, b: 1, c: 1 }], { limit: 2 }), ['a', 'b']);
  });

  it('leave out the bookkeeping of beamlines', async () => {
    assert.deepEqual(
      await metadataPaths(
        [
          {
            start_date: 1,
            runNumber: 1,
            Entrych1: 1,
            'FMC-PICO-1': 1,
            BW_measurement1: 1,
            a: { runNumber2: 1 },
            kept: 1,
          },
        ],
        all,
      ),
      ['kept'],
    );
    const sample = { start_date_utc: 1, runNumber: 1, kept: 1 };
    assert.deepEqual(await metadataPaths([sample], { ...all, hidden: hiddenOfSamples }), [
      'runNumber',
      'kept',
    ]);
  });

  it('are none where there is no metadata', async () => {
    assert.deepEqual(await metadataPaths([null, undefined, 'text', [1]], all), []);
  });
});
