import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import ts from 'typescript';
import { allSources, walk } from '../support/sources.js';

const sources = allSources().filter(({ path }) => path.startsWith('apps/'));
const features = sources.filter(({ path }) => /^apps\/[^/]+\/src\/[^/]+\/[^/]+[.]module[.]ts$/.test(path));

describe('The modules of features', () => {
  it('export nothing that no other folder of their app asks for', () => {
    const unused = features.flatMap(({ path, tree }) => {
      const folder = path.slice(0, path.lastIndexOf('/') + 1);
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
    for (const { path, tree } of features)
      for (const name of namesIn(tree, 'providers')) {
        const key = `${path.split('/')[1]}: ${name}`;
        places.set(key, [...(places.get(key) ?? []), path]);
      }
    assert.ok(places.size > 50, `expected the providers of all features, found ${places.size}`);
    const twice = [...places].filter(([, paths]) => paths.length > 1);
    assert.deepEqual(twice, [], 'export it from one module, and import that module in the other');
  });
});

/** Plain names in a list of `@Module`. */
function namesIn(tree: ts.SourceFile, list: string): string[] {
  const names: string[] = [];
  walk(tree, (node) => {
    if (!ts.isPropertyAssignment(node) || node.name.getText(tree) !== list) return;
    if (ts.isArrayLiteralExpression(node.initializer))
      names.push(...node.initializer.elements.filter(ts.isIdentifier).map(({ text }) => text));
  });
  return names;
}

function importsOf(tree: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  walk(tree, (node) => {
    if (ts.isImportSpecifier(node)) names.add(node.name.text);
  });
  return names;
}
