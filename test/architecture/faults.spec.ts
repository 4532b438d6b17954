import assert from 'node:assert/strict';
import { dirname, join } from 'node:path/posix';
import { describe, it } from 'node:test';
import { isThere, textOf } from '../support/repository.js';

const page = 'docs/faults.md';

interface Row {
  readonly name: string;
  readonly shownBy: string;
  /** Each linked file, with the titles that are quoted behind it. */
  readonly proofs: readonly { readonly file: string; readonly titles: readonly string[] }[];
}

/** Rows of all tables; their last cell says what shows them. */
const rows: readonly Row[] = [
  ...textOf(page).matchAll(/^\| (?!-|case |what |invariant |row )(.+?) *\| .*$/gm),
].map(([line, name = '']) => {
  const shownBy = line.split(/(?<!\\)\|/).at(-2) ?? '';
  const proofs = [...shownBy.matchAll(/\]\(([^)]+)\)([^[]*)/g)].map(([, link = '', behind = '']) => ({
    file: join(dirname(page), link),
    titles: [...behind.matchAll(/“([^”]+)”/g)].map(([, title = '']) => title),
  }));
  return { name, shownBy, proofs };
});

/** A test is called so, word for word; where it has many cases, as its source says it. */
function isTitleIn(source: string, title: string): boolean {
  return ["'", '"', '`'].some((quote) => source.includes(`${quote}${title}${quote},`));
}

describe('The page of faults', () => {
  for (const [what, letter, last] of [
    ['fault', 'F', 56],
    ['invariant', 'I', 12],
    ['feature of archiving', 'A', 11],
    ['feature of retrieving', 'R', 5],
    ['feature of operation', 'O', 5],
  ] as const)
    it(`has each ${what} once, ${letter}1 to ${letter}${last} in their order`, () =>
      assert.deepEqual(
        rows.map(({ name }) => name).filter((name) => new RegExp(`^${letter}\\d+$`).test(name)),
        Array.from({ length: last }, (_, index) => `${letter}${index + 1}`),
      ));

  it('shows every row by a test, or says that there is none, and why', () => {
    const silent = rows.filter(
      ({ shownBy, proofs }) =>
        proofs.every(({ titles }) => titles.length === 0) && !/\*\*No test\*\*[^|]{20}/.test(shownBy),
    );
    assert.deepEqual(
      silent.map(({ name }) => name),
      [],
    );
    assert.ok(rows.length > 90, `found ${rows.length} rows`);
  });

  for (const { name, proofs } of rows)
    it(`names tests that are there: ${name}`, () => {
      const wrong = proofs.flatMap(({ file, titles }) => {
        if (!isThere(file)) return [`${file} is not there`];
        if (titles.length === 0) return [`${file} is linked, and no test of it is named`];
        const source = textOf(file);
        return titles
          .filter((title) => !isTitleIn(source, title))
          .map((title) => `${file} has no “${title}”`);
      });
      assert.deepEqual(wrong, []);
    });
});
