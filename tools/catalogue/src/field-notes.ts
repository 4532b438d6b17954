import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** What the comments of a class say: of itself, and of each of its fields. */
export interface ClassNotes {
  readonly meaning: string;
  readonly fields: ReadonlyMap<string, string>;
}

/** Doc comments are gone from the build, so the sources are read again: class name → notes. */
export function classNotesIn(folder: string): ReadonlyMap<string, ClassNotes> {
  const sources = sourcesBelow(folder);
  const decorators = new Map(sources.flatMap(decoratorNotes));
  return new Map(sources.flatMap((source) => classNotes(source, decorators)));
}

function sourcesBelow(folder: string): ts.SourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) =>
      ts.createSourceFile(name, readFileSync(join(folder, name), 'utf8'), ts.ScriptTarget.ES2022, true),
    );
}

/** Field decorators carry the meaning of their kind: `Count` is a whole number wherever it stands. */
function decoratorNotes(source: ts.SourceFile): [string, string][] {
  return source.statements.filter(ts.isVariableStatement).flatMap((statement) => {
    const note = noteOf(statement);
    return statement.declarationList.declarations.map(({ name }): [string, string] => [
      name.getText(source),
      note,
    ]);
  });
}

function classNotes(source: ts.SourceFile, decorators: ReadonlyMap<string, string>): [string, ClassNotes][] {
  return source.statements.filter(ts.isClassDeclaration).map((declaration) => {
    const fields = declaration.members.filter(ts.isPropertyDeclaration).map((member): [string, string] => {
      const inherited = (ts.getDecorators(member) ?? [])
        .map(({ expression }) =>
          ts.isCallExpression(expression) ? expression.expression.getText(source) : '',
        )
        .map((name) => decorators.get(name) ?? '')
        .find((note) => note !== '');
      return [member.name.getText(source), noteOf(member) || (inherited ?? '')];
    });
    return [declaration.name?.text ?? '', { meaning: noteOf(declaration), fields: new Map(fields) }];
  });
}

/** What the comment of a declaration says, in one line. */
export function noteOf(node: ts.Node): string {
  return ts
    .getJSDocCommentsAndTags(node)
    .filter(ts.isJSDoc)
    .map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? '')
    .join(' ')
    .replace(/\s+/g, ' ')
    .trim();
}
