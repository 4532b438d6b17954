import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import ts from 'typescript';
import { isThere } from '../support/repository.js';
import { productSources, walk } from '../support/sources.js';

/** Apps whose records have a table of states: they change by named transitions only (docs/decisions/0043 and 0047). */
const apps = [...new Set(productSources().map(({ path }) => path.split('/src/')[0] ?? ''))].filter((folder) =>
  isThere(`${folder}/src/domain/states.ts`),
);

/** What changes a document. Operators that only ask are searches, as the catalogue's filters have them too. */
const changing = /^[$](set|unset|setOnInsert|push|pull|addToSet|inc|min|max|mul|rename)$/;
/** What only a collection of a database has. */
const ofCollections =
  /^(findOne|findOneAnd.*|update(One|Many)|insert(One|Many)|replaceOne|delete(One|Many)|countDocuments|bulkWrite)$/;

describe('The states of records', () => {
  for (const app of apps) {
    const sources = productSources().filter(
      ({ path }) =>
        path.startsWith(`${app}/src/`) && !path.includes('/testing/') && !path.endsWith('spec.ts'),
    );

    it(`are changed by ${app} in its persistence folder only: use cases name no operator that changes documents`, () => {
      const found = new Set<string>();
      for (const { path, tree } of sources.filter((one) => !one.path.includes('/persistence/')))
        walk(tree, (node) => {
          if (ts.isPropertyAssignment(node) && changing.test(node.name.getText(tree)))
            found.add(`${path}: ${node.name.getText(tree)}`);
        });
      assert.deepEqual([...found], [], 'give the aggregate a method that says what happens');
    });

    it(`are kept by ${app} behind its persistence folder: use cases call no collection`, () => {
      const found = new Set<string>();
      for (const { path, tree } of sources.filter((one) => !one.path.includes('/persistence/')))
        walk(tree, (node) => {
          if (ts.isPropertyAccessExpression(node) && ofCollections.test(node.name.text))
            found.add(`${path}: ${node.name.text}`);
        });
      assert.deepEqual([...found], [], 'give the aggregate a method that says what is asked or what happens');
    });

    it(`are written by ${app} as steps of its table: no adapter sets a state by its name`, () => {
      const found = new Set<string>();
      for (const { path, tree } of sources.filter((one) => one.path.includes('/persistence/')))
        walk(tree, (node) => {
          if (!ts.isPropertyAssignment(node) || node.name.getText(tree) !== '$set') return;
          walk(node.initializer, (inner) => {
            if (ts.isPropertyAssignment(inner) && inner.name.getText(tree) === 'state') found.add(path);
          });
        });
      assert.deepEqual([...found], [], 'take the step from domain/states.ts with stepOf');
    });
  }

  it('have tables in the two apps that keep work', () =>
    assert.deepEqual(apps.sort(), ['apps/archiver', 'apps/job-assembler']));
});
