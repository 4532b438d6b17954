import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import ts from 'typescript';
import { isThere, textOf } from '../../../test/support/repository.js';
import { models } from './models.js';

/** What a file declares: functions, and methods as `Class.method`. */
const declared = new Map<string, ReadonlySet<string>>();

function declaredIn(path: string): ReadonlySet<string> {
  const known = declared.get(path);
  if (known !== undefined) return known;
  const names = new Set<string>();
  if (isThere(path))
    for (const statement of ts.createSourceFile(path, textOf(path), ts.ScriptTarget.ES2022).statements) {
      if (ts.isFunctionDeclaration(statement) && statement.name !== undefined) names.add(statement.name.text);
      if (!ts.isClassDeclaration(statement) || statement.name === undefined) continue;
      for (const member of statement.members)
        if (ts.isMethodDeclaration(member) && ts.isIdentifier(member.name) && member.body !== undefined)
          names.add(`${statement.name.text}.${member.name.text}`);
    }
  declared.set(path, names);
  return names;
}

const actions = Object.entries(models).flatMap(([model, { actions: all }]) =>
  all.map((action) => ({ model: model.split(':')[0]!, ...action })),
);

describe('Every action of a model', () => {
  it('stands for functions that are in the code', () => {
    const unknown = actions.flatMap(({ name, of }) =>
      of
        .filter((one) => !declaredIn(one.split('#')[0] ?? '').has(one.split('#')[1] ?? ''))
        .map((one) => `${name}: ${one}`),
    );
    assert.deepEqual(
      [...new Set(unknown)],
      [],
      'follow the code, and look whether the model still says what it does',
    );
  });

  it('is on docs/model/actions.md with its functions, and no other', () => {
    const lines = actions.map(({ model, name, of }) => {
      const functions = [...new Set(of.map((one) => `\`${one.split('#')[1]}\``))];
      return `| ${model} | ${name} | ${functions.join(', ') || 'nobody: it happens'} |`;
    });
    const expected = [...new Set(lines)];
    const found = textOf('docs/model/actions.md')
      .split('\n')
      .filter((line) => /^\| (delivery|claims|archiving|planning|trip) /.test(line))
      .map((line) => line.replace(/ +/g, ' '));
    assert.deepEqual(found, expected, `docs/model/actions.md should have:\n${expected.join('\n')}`);
  });
});
