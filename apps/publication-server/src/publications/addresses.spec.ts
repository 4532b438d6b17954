import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pathOf, readingsOf } from './addresses.js';

const reading = (encoded: string): string[] =>
  readingsOf(encoded).map(({ key, part }) => `${key} ${Object.values(part).join(' ')}`);

describe('readingsOf', () => {
  for (const [encoded, expected] of [
    ['10.5072/abc', ['10.5072/abc page']],
    ['10.5072/ABC', ['10.5072/abc page']],
    ['10.5072%2Fabc%2Fd', ['10.5072/abc/d page']],
    ['10.5072/a/b/c/', ['10.5072/a/b/c page']],
    ['doi:10.5072/abc', ['10.5072/abc page']],
    ['https://doi.org/10.5072/abc', ['10.5072/abc page']],
    ['10.5072/abc/files', ['10.5072/abc/files page', '10.5072/abc files']],
    ['10.5072/a/export/bibtex', ['10.5072/a/export/bibtex page', '10.5072/a export bibtex']],
    ['10.5072/a/linkset.json', ['10.5072/a/linkset.json page', '10.5072/a linkset json']],
    ['10.5072/a/pictures/b.png', ['10.5072/a/pictures/b.png page', '10.5072/a picture b.png']],
    ['10.5072/a/pictures/ü.png', ['10.5072/a picture ü.png']],
    ['10.5072/%C3%BC', []],
    ['10.5072/a%00', []],
    ['10.5072', []],
    ['%zz', []],
    ['', []],
  ] as const)
    it(`${encoded} → ${expected.join(', ') || 'nothing'}`, () =>
      assert.deepEqual(reading(encoded), expected));

  it('refuses what is too long to be an address', () =>
    assert.deepEqual(readingsOf(`10.5072/${'a/'.repeat(100_000)}`), []));
});

describe('pathOf', () => {
  it('is what readingsOf reads', () => {
    for (const part of [
      { kind: 'page' },
      { kind: 'files' },
      { kind: 'request' },
      { kind: 'linkset', form: 'txt' },
      { kind: 'export', format: 'ris' },
      { kind: 'picture', name: 'a b.png' },
    ] as const) {
      const path = pathOf('10.5072/a(b);c/d', part);
      assert.deepEqual(readingsOf(path.slice('/doi/'.length)).at(-1), { key: '10.5072/a(b);c/d', part });
    }
  });
});
