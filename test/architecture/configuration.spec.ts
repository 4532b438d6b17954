import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { secretVariables } from '#kernel';
import { ownVariables, sharedVariables, type Variable } from '../support/environment.js';
import { foldersIn, isThere, textOf } from '../support/repository.js';

const page = 'docs/configuration.md';
const apps = foldersIn('apps').filter((app) => isThere(`apps/${app}/src/${app}.config.ts`));

interface Row {
  readonly name: string;
  readonly fallback: string;
  readonly unit: string;
  readonly meaning: string;
}

/** The tables of the page, by the heading above them. */
function tablesOf(text: string): ReadonlyMap<string, Row[]> {
  const tables = new Map<string, Row[]>();
  let heading = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('## ')) heading = line.slice(3);
    const cells = line.split('|').map((cell) => cell.trim());
    const [, name = '', fallback = '', unit = '', meaning = ''] = cells;
    if (!/^`[A-Z0-9_]+`$/.test(name)) continue;
    const row = { name: name.replaceAll('`', ''), fallback, unit, meaning };
    tables.set(heading, [...(tables.get(heading) ?? []), row]);
  }
  return tables;
}

const tables = tablesOf(textOf(page));
const expected: readonly (readonly [string, Variable[]])[] = [
  ['every app', sharedVariables()],
  ...apps.map((app) => [app, ownVariables(app)] as const),
];

describe('Environment variables', () => {
  for (const [heading, variables] of expected) {
    describe(`of ${heading}`, () => {
      const rows = tables.get(heading) ?? [];

      it('are all explained, and no other', () => {
        const names = rows.map(({ name }) => name).sort();
        assert.deepEqual(
          names,
          variables.map(({ name }) => name),
          `compare ${page} with the *.config.ts of ${heading}`,
        );
      });

      for (const { name, required, fallback } of variables) {
        it(`${name} is explained as it is read`, () => {
          const row = rows.find((candidate) => candidate.name === name);
          assert.ok(row, `expected ${name} in ${page}`);
          assert.ok(row.meaning.length > 5 && row.unit.length > 1, `expected unit and meaning of ${name}`);
          if (fallback !== undefined) assert.equal(row.fallback, `\`${fallback}\``);
          assert.equal(
            /required/.test(row.fallback),
            required,
            `${name} is ${required ? '' : 'not '}required`,
          );
        });
      }
    });
  }

  it('with a secret take a file instead, and no other', () => {
    const rows = [...tables.values()].flat();
    const marked = rows.filter(({ unit }) => /\bsecret\b/.test(unit)).map(({ name }) => name);
    assert.deepEqual([...new Set(marked)].sort(), [...secretVariables].sort());
    const named = rows.filter(({ name }) => /(SECRET|PASSWORD|TOKEN|CREDENTIALS|SECRET_KEY)$/.test(name));
    assert.deepEqual(
      named.map(({ name }) => name).filter((name) => !secretVariables.includes(name)),
      [],
    );
  });

  it('are read by configurations that take files and tell all problems at once', () => {
    for (const app of apps)
      assert.match(
        textOf(`apps/${app}/src/${app}.config.ts`),
        /ConfigFrom\(environment: Environment\)[^{]+\{[^}]*return configurationFrom\(environment, read/,
        app,
      );
  });

  it('are explained for apps that exist', () => {
    assert.deepEqual([...tables.keys()].sort(), expected.map(([heading]) => heading).sort());
  });
});
