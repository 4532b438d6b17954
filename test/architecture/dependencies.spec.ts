import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { textOf } from '../support/repository.js';
import { productSources } from '../support/sources.js';

const { dependencies, devDependencies } = JSON.parse(textOf('package.json')) as Record<
  'dependencies' | 'devDependencies',
  Readonly<Record<string, string>>
>;

/** Packages that what we ship imports, or finds by name. */
const named = new Set(
  // What the browser runs is bundled: the image is installed without its packages.
  shipped().flatMap(({ tree }) =>
    [...tree.text.matchAll(/(?:from|import|import\(|resolve\()\s*'((?:@[\w.-]+\/)?[\w.-]+)[^']*'/g)].map(
      ([, name = '']) => name,
    ),
  ),
);

function shipped(): ReturnType<typeof productSources> {
  return productSources().filter(({ path }) => !path.startsWith('apps/console-web/'));
}

describe('Packages', () => {
  it('that the image carries are used by an app or a library', () => {
    assert.deepEqual(
      Object.keys(dependencies).filter((name) => !named.has(name)),
      [],
      'expected these among devDependencies: only tools, benchmarks or tests use them',
    );
  });

  it('that only tools and tests have are not named by apps and libraries', () => {
    assert.deepEqual(
      Object.keys(devDependencies).filter((name) => named.has(name)),
      [],
      'expected these among dependencies: the image is installed without the others',
    );
  });
});
