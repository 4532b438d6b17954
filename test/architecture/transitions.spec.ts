import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import ts from 'typescript';
import { isThere } from '../support/repository.js';
import { productSources, walk } from '../support/sources.js';

/** Apps whose records have a table of states: they change by named transitions only (docs/decisions/0043, 0047 and 0048). */
const apps = [...new Set(productSources().map(({ path }) => path.split('/src/')[0] ?? ''))].filter((folder) =>
  isThere(`${folder}/src/domain/states.ts`),
);

/** Of catalog-api only jobs and claims: its other records are SciCat's, which clients write through the record store. */
const partly = 'apps/catalog-api';

/** What changes a document. Operators that only ask are searches, as the catalogue's filters have them too. */
const changing = /^[$](set|unset|setOnInsert|push|pull|addToSet|inc|min|max|mul|rename)$/;
/** What only a collection of a database has. */
const ofCollections =
  /^(findOne|findOneAnd.*|update(One|Many)|insert(One|Many)|replaceOne|delete(One|Many)|countDocuments|bulkWrite)$/;

const reading = /^(findOne|countDocuments)$/;
/** The record store's own ways of changing a record. */
const throughRecords = /^(insert|complete|change|remove|removeMany)$/;

/** Which of catalog-api's two collections this is: by its getter, or by its name. */
function collectionIn(node: ts.Node, tree: ts.SourceFile): 'jobs' | 'claims' | undefined {
  if (ts.isPropertyAccessExpression(node) && /catalogue$/.test(node.expression.getText(tree)))
    return node.name.text === 'jobs' || node.name.text === 'claims' ? node.name.text : undefined;
  if (!ts.isCallExpression(node) || !/[.](records|collection)$/.test(node.expression.getText(tree)))
    return undefined;
  const name = node.arguments[0]?.getText(tree);
  if (name === "'catena_dataset_claims'") return 'claims';
  return name === "'Job'" ? 'jobs' : undefined;
}

const sourcesOf = (app: string): ReturnType<typeof productSources> =>
  productSources().filter(
    ({ path }) => path.startsWith(`${app}/src/`) && !path.includes('/testing/') && !path.endsWith('spec.ts'),
  );

describe('The states of records', () => {
  for (const app of apps.filter((one) => one !== partly)) {
    const sources = sourcesOf(app);

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

  it('of jobs and claims are changed by catalog-api in its persistence folder only: others read jobs, and see no claims', () => {
    const found = new Set<string>();
    for (const { path, tree } of sourcesOf(partly).filter((one) => !one.path.includes('/persistence/')))
      walk(tree, (node) => {
        const name = collectionIn(node, tree);
        const use =
          name !== undefined && ts.isPropertyAccessExpression(node.parent) ? node.parent.name.text : '';
        if (name === 'claims' || (name === 'jobs' && ofCollections.test(use) && !reading.test(use)))
          found.add(`${path}: ${name} ${use}`);
        if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression))
          if (throughRecords.test(node.expression.name.text) && node.arguments[0]?.getText(tree) === "'Job'")
            found.add(`${path}: ${node.expression.name.text} 'Job'`);
      });
    assert.deepEqual(
      [...found],
      [],
      'give JobRecords, or DatasetClaimRecords, a method that says what happens',
    );
  });

  it('have tables in the apps that keep work', () =>
    assert.deepEqual(apps.sort(), ['apps/archiver', partly, 'apps/job-assembler']));
});
