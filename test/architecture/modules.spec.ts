import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import ts from 'typescript';
import { allSources, walk } from '../support/sources.js';

const sources = allSources().filter(({ path }) => path.startsWith('apps/'));
/** Of features, and what all features of an app share. */
const modules = sources.filter(({ path }) =>
  /^apps\/[^/]+\/src\/([^/]+\/[^/]+|shared)[.]module[.]ts$/.test(path),
);

describe('The modules of features', () => {
  it('export nothing that no other folder of their app asks for', () => {
    const unused = modules.flatMap(({ path, tree }) => {
      const folder = path.endsWith('/shared.module.ts') ? path : path.slice(0, path.lastIndexOf('/') + 1);
      const app = path.slice(0, path.indexOf('/src/') + 1);
      const others = sources.filter((one) => one.path.startsWith(app) && !one.path.startsWith(folder));
      return namesIn(tree, 'exports')
        .filter((name) => !others.some((one) => importsOf(one.tree).has(name)))
        .map((name) => `${path}: ${name}`);
    });
    assert.deepEqual(unused, [], 'take it out of `exports`: what is exported is a promise');
  });

  it('provide each class once: two instances would be two states', () => {
    const places = new Map<string, string[]>();
    for (const { path, tree } of modules)
      for (const name of namesIn(tree, 'providers')) {
        const key = `${path.split('/')[1]}: ${name}`;
        places.set(key, [...(places.get(key) ?? []), path]);
      }
    assert.ok(places.size > 50, `expected the providers of all features, found ${places.size}`);
    const twice = [...places].filter(([, paths]) => paths.length > 1);
    assert.deepEqual(twice, [], 'export it from one module, and import that module in the other');
  });
});

/** What a list of `@Module` names: classes, and tokens that are provided otherwise. */
function namesIn(tree: ts.SourceFile, list: string): string[] {
  const names: string[] = [];
  walk(tree, (node) => {
    const isNamed = ts.isPropertyAssignment(node) || ts.isShorthandPropertyAssignment(node);
    if (!isNamed || node.name.getText(tree) !== list) return;
    const given = ts.isPropertyAssignment(node) ? node.initializer : node.name;
    const elements = ts.isIdentifier(given) ? elementsOf(tree, given.text) : elementsIn(given);
    names.push(...elements.map((element) => nameOf(tree, element)).filter((name) => name !== undefined));
  });
  return names;
}

/** Of a list that stands under a name of its own. */
function elementsOf(tree: ts.SourceFile, name: string): readonly ts.Expression[] {
  const found: ts.Expression[] = [];
  walk(tree, (node) => {
    if (ts.isVariableDeclaration(node) && node.name.getText(tree) === name && node.initializer !== undefined)
      found.push(...elementsIn(node.initializer));
  });
  return found;
}

function elementsIn(expression: ts.Expression): readonly ts.Expression[] {
  return ts.isArrayLiteralExpression(expression) ? expression.elements : [];
}

function nameOf(tree: ts.SourceFile, element: ts.Expression): string | undefined {
  if (ts.isIdentifier(element)) return element.text;
  if (!ts.isObjectLiteralExpression(element)) return undefined;
  const provide = element.properties.find((property) => property.name?.getText(tree) === 'provide');
  return provide !== undefined && ts.isPropertyAssignment(provide)
    ? provide.initializer.getText(tree)
    : undefined;
}

function importsOf(tree: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  walk(tree, (node) => {
    if (ts.isImportSpecifier(node)) names.add(node.name.text);
  });
  return names;
}
