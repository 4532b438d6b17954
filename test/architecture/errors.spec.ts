import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import ts from 'typescript';
import { actions } from '#console-api';
import { waitCodes } from '#contracts';
import { textOf } from '../support/repository.js';
import { productSources, walk } from '../support/sources.js';

const page = 'docs/errors.md';
/** First parts of codes: an app's context or name, or a library. */
const contexts = [
  ...[
    'archiver',
    'assembly',
    'bridge',
    'catalog',
    'certificates',
    'cli',
    'console',
    'contracts',
    'datablock',
    'ingestor',
    'kernel',
    'long-term-storage',
  ],
  ...[
    'messaging',
    'observability',
    'operations',
    'outbox',
    'persistence',
    'publication',
    'routes',
    'scicat',
    'service-host',
    'storage',
  ],
];
const codePattern = new RegExp(`^(${contexts.join('|')})[.]([a-z0-9-]+|[a-z0-9-]*<[a-z]+>)$`);

/** Reasons of waiting, and names of actions, are no errors: docs/operations.md explains them. */
const waits = new Set<string>([
  ...[...waitCodes, ...actions],
  ...['operations.read', 'operations.act', 'operations.audit'],
]);

type Use = 'given' | 'compared' | 'other';

/** `given`: an error or outcome gets this code. `compared`: somebody looks for it. */
function useOf(literal: ts.Node): Use {
  const { parent } = literal;
  if (ts.isCallExpression(parent) && parent.expression.getText() === 'crashPoint') return 'other';
  if (ts.isBinaryExpression(parent) && isEquality(parent.operatorToken.kind)) return 'compared';
  if (ts.isCaseClause(parent) || ts.isArrayLiteralExpression(parent)) return 'compared';
  return 'given';
}

/** The text of a literal; a part that is filled in later stands in angle brackets. */
function codeIn(node: ts.Node): string {
  if (ts.isStringLiteral(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return '';
  return (
    node.head.text +
    node.templateSpans.map((span) => `<${span.expression.getText()}>${span.literal.text}`).join('')
  );
}

function isEquality(kind: ts.SyntaxKind): boolean {
  return (
    kind === ts.SyntaxKind.EqualsEqualsEqualsToken || kind === ts.SyntaxKind.ExclamationEqualsEqualsToken
  );
}

const found = new Map<string, { readonly path: string; readonly use: Use }[]>();
for (const { path, tree } of productSources())
  walk(tree, (node) => {
    const code = codeIn(node);
    if (codePattern.test(code) && !waits.has(code))
      found.set(code, [...(found.get(code) ?? []), { path, use: useOf(node) }]);
  });

const codesOf = (use: Use): string[] =>
  [...found].filter(([, uses]) => uses.some((one) => one.use === use)).map(([code]) => code);
const given = codesOf('given').sort();
const rows = textOf(page)
  .split('\n')
  .map((line) => /^\| `([a-z0-9.<>-]+)` +\| ([^|]*)\| ([^|]*)\| ([^|]*)\|$/.exec(line))
  .filter((match) => match !== null);
const listed = rows.map(([, code = '']) => code);

describe('Error codes', () => {
  it('were found at all', () => assert.ok(given.length > 50, `found ${given.length}`));

  it('are explained, every one', () => {
    const missing = given.filter((code) => !listed.includes(code));
    const places = missing.map((code) => `${code} (${found.get(code)?.[0]?.path ?? ''})`);
    assert.deepEqual(places, [], `add them to ${page}`);
  });

  it('are explained only while they exist', () => {
    const surplus = listed.filter((code) => !given.includes(code));
    assert.deepEqual(surplus, [], `remove them from ${page}`);
  });

  it('are explained once, with what they mean and what to do', () => {
    assert.equal(new Set(listed).size, listed.length);
    for (const [, code, kind, meaning, remedy] of rows) {
      assert.match(kind ?? '', /^(waits|retried|final|parked|start|inner)\s*$/, `kind of ${code}`);
      assert.ok((meaning ?? '').trim().length > 10, `meaning of ${code}`);
      assert.ok((remedy ?? '').trim().length > 3, `remedy for ${code}`);
    }
  });

  it('that somebody looks for are given by somebody', () => {
    assert.deepEqual(
      codesOf('compared').filter((code) => !given.includes(code)),
      [],
    );
  });
});

describe('Reasons of waiting', () => {
  it('are explained in docs/operations.md, every one and no other, in the order of the list', () => {
    const [, section = ''] = textOf('docs/operations.md').split('### Why work waits');
    const explained = [...(section.split('\n## ')[0] ?? '').matchAll(/^\| `([a-z.-]+)` /gm)].map(
      ([, code]) => code,
    );
    assert.deepEqual(explained, [...waitCodes]);
  });
});
