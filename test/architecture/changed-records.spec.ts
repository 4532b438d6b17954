import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { filesBelow, textOf } from '../support/repository.js';

/** Writes that change nothing a list is filtered, counted or sorted by. */
const leftOut: Readonly<Record<string, string>> = {
  'apps/catalog-api/src/datasets/idempotency-key-sweep.ts': 'forgets keys, which no list shows',
  'apps/catalog-api/src/datasets/dataset-consequences.ts':
    'says whether metadata are valid, right after a write that says when',
};
/** Lines of one statement. */
const statement = 14;

/** ADR 0095: what is in memory is read again where `updatedAt` says so. */
describe('Writes of datasets', () => {
  const writes = filesBelow('apps/catalog-api/src', '.ts')
    .filter((file) => !/spec\.ts$|\/testing\//.test(file))
    .flatMap((file) => {
      const lines = textOf(file).split('\n');
      return lines.flatMap((line, index) =>
        /\.datasets\s*\.(update|findOneAnd|bulkWrite|replace)/.test(`${line}${lines[index + 1] ?? ''}`) &&
        line.includes('catalogue.datasets')
          ? [{ file, text: lines.slice(Math.max(0, index - statement), index + statement).join('\n') }]
          : [],
      );
    });

  it('were found', () => {
    assert.ok(writes.length >= 7, `found ${writes.length}`);
  });

  it('say when, so that whoever holds datasets in memory reads them again', () => {
    const silent = writes.filter(
      ({ file, text }) => leftOut[file] === undefined && !/updatedAt|changedNow|\bstep\b/.test(text),
    );
    assert.deepEqual(
      silent.map(({ file }) => file),
      [],
    );
  });
});
