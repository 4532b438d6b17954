import assert from 'node:assert/strict';
import { dirname, join } from 'node:path/posix';
import { describe, it } from 'node:test';
import type { Command } from 'commander';
import { programFor } from '../../apps/cli/src/program.js';
import { filesBelow, isThere, textOf } from '../support/repository.js';

const pages = [
  ...['apps', 'docs', 'libs', 'test', 'tools'].flatMap((folder) => filesBelow(folder, '.md')),
  ...['README.md'].filter(isThere),
];

/** All commands below these, each as it is typed. */
function commandsBelow(above: string, commands: readonly Command[]): string[] {
  return commands.flatMap((command) => {
    const path = `${above}${command.name()}`;
    return [path, ...commandsBelow(`${path} `, command.commands)];
  });
}

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

  it('for operators has recipes for `catena ops`, and `curl` in the emergency path only', () => {
    const sections = textOf('docs/operations.md').split(/^## /m);
    const withCurl = sections
      .filter((section) => section.includes('curl'))
      .map((section) => section.split('\n')[0]);
    assert.deepEqual(withCurl, ['Without the command line: the emergency path']);
    const named = [...textOf('docs/operations.md').matchAll(/catena ops ([a-z-]+(?: [a-z-]+)?)/g)].map(
      ([, words = '']) => words,
    );
    const known = commandsBelow('', programFor(() => assert.fail('no command runs here')).commands);
    const unknown = named.filter(
      (words) => !known.includes(`ops ${words}`) && !known.includes(`ops ${words.split(' ')[0]}`),
    );
    assert.deepEqual(unknown, []);
    const groups = known.filter((one) => known.some((other) => other.startsWith(`${one} `)));
    const wrong = named.filter(
      (words) => groups.includes(`ops ${words.split(' ')[0]}`) && !known.includes(`ops ${words}`),
    );
    assert.deepEqual(
      wrong.filter((words) => words.includes(' ')),
      [],
      'there is such a command',
    );
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
