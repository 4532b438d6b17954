import assert from 'node:assert/strict';
import { dirname, join } from 'node:path/posix';
import { describe, it } from 'node:test';
import { filesBelow, isThere, textOf } from '../support/repository.js';

const pages = [
  ...['apps', 'docs', 'libs', 'test', 'tools'].flatMap((folder) => filesBelow(folder, '.md')),
  ...['README.md'].filter(isThere),
];

describe('Every page', () => {
  it('links to what is there', () => {
    const broken = pages.flatMap((page) =>
      [...textOf(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !/^[a-z]+:/.test(target) && !isThere(join(dirname(page), target)))
        .map((target) => `${page} → ${target}`),
    );
    assert.deepEqual(broken, []);
  });

  it('of a decision has its number once, and all parts', () => {
    const decisions = pages.filter((page) => page.startsWith('docs/decisions/'));
    const numbers = decisions.map((page) =>
      page.slice('docs/decisions/'.length, 'docs/decisions/0000'.length),
    );
    assert.equal(new Set(numbers).size, numbers.length);
    for (const page of decisions)
      for (const part of ['Status: ', '## Context', '## Options', '## Decision', '## Consequences'])
        assert.ok(textOf(page).includes(part), `expected "${part}" in ${page}`);
  });
});
