import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import ts from 'typescript';
import { productSources, walk } from '../support/sources.js';

/** Words that meant several things, or that readers do not search for, with what stands there today. */
const refused: readonly (readonly [RegExp, string])[] = [
  [/^most[A-Z](?!pecific$)/, 'a limit is called max…'],
  [/surroundings/i, 'say what it is: a configuration, a module, an environment'],
  [/^spine/i, 'service host'],
  [/ResultFolder/, 'settle, of datasets and jobs'],
];

/** The app cannot know who typed an address into a public form. */
const unknownPeople = ['Somebody, probably you, asked for files from tape'];

const sources = productSources();

describe('The words of the product', () => {
  it('are those of docs/glossary.md', () => {
    const found = new Set<string>();
    for (const { path, tree } of sources)
      walk(tree, (node) => {
        if (!ts.isIdentifier(node)) return;
        for (const [word, instead] of refused)
          if (word.test(node.text)) found.add(`${path}: ${node.text} (${instead})`);
      });
    assert.deepEqual([...found], []);
  });

  it('name the actor', () => {
    const vague = sources.flatMap(({ path, tree }) =>
      tree.text
        .split('\n')
        .map((line, index) => ({ line, place: `${path}:${index + 1}` }))
        .filter(({ line }) => /\b(somebody|someone)\b/i.test(line))
        .filter(({ line }) => !unknownPeople.some((text) => line.includes(text)))
        .map(({ place }) => place),
    );
    assert.deepEqual(vague, [], 'write who it is: a client, a caller, an operator, another archiver …');
  });
});
