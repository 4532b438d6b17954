import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { noteOf } from './field-notes.js';
import { AnswerTypes, type Schema } from './operations-answers.js';

/** One call of operators, as its route says. */
export interface OperationsCall {
  /** `GET /api/v4/operations/shares/{name}`. */
  readonly method: string;
  readonly path: string;
  /** Apps that have it. */
  readonly apps: readonly string[];
  readonly status: number;
  readonly summary: string;
  readonly query: readonly string[];
  /** Headers that its handler reads. */
  readonly headers: readonly string[];
  readonly body?: Schema;
  readonly answer: Schema;
}

/** What is written down of calls whose sources do not say it, by `METHOD path`. */
export interface CallNote {
  readonly summary?: string;
  readonly body?: readonly string[];
}

/** Apps with an operations token. */
const operated = ['catalog-api', 'job-assembler', 'archiver', 'publisher', 'scicat-bridge'] as const;
/** Libraries with controllers that apps name. */
const kits = ['libs/service-host/src', 'libs/ingestor-uploads/src'];
const methods = ['Get', 'Post', 'Put', 'Patch', 'Delete'];

interface Source {
  readonly app: string | undefined;
  readonly file: ts.SourceFile;
}

/** All calls of controllers with `@Operators()`, read from their sources, in the order of their paths. */
export function operationsCallsIn(
  root: string,
  notes: Readonly<Record<string, CallNote>>,
): { readonly calls: readonly OperationsCall[]; readonly schemas: Readonly<Record<string, Schema>> } {
  const sources = [
    ...operated.flatMap((app) => sourcesBelow(root, `apps/${app}/src`, app)),
    ...sourcesBelow(root, 'libs', undefined),
  ];
  const types = new AnswerTypes(sources);
  const calls = sources
    .filter(({ app, file }) => app !== undefined || kits.some((kit) => file.fileName.startsWith(kit)))
    .flatMap((source) => callsOf(source, sources, types, notes))
    .sort((one, other) => one.path.localeCompare(other.path) || one.method.localeCompare(other.method));
  return { calls, schemas: types.schemas() };
}

function sourcesBelow(root: string, folder: string, app: string | undefined): Source[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts') && !name.includes('testing'))
    .sort()
    .map((name) => {
      const path = join(folder, name);
      const text = readFileSync(join(root, path), 'utf8');
      return { app, file: ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true) };
    });
}

function callsOf(
  source: Source,
  sources: readonly Source[],
  types: AnswerTypes,
  notes: Readonly<Record<string, CallNote>>,
): OperationsCall[] {
  const { file } = source;
  const controllers = file.statements
    .filter(ts.isClassDeclaration)
    .filter((one) => decoratorOf(one, 'Operators') !== undefined);
  return controllers.flatMap((controller) => {
    const where = decoratorOf(controller, 'Controller')?.arguments[0]?.getText(file) ?? '';
    const [, prefix = ''] = /path: '([^']*)'/.exec(where) ?? [];
    const name = controller.name?.text ?? '';
    const apps = source.app === undefined ? appsWith(name, sources) : [source.app];
    return controller.members.filter(ts.isMethodDeclaration).flatMap((handler): OperationsCall[] => {
      const verb = methods.find((one) => decoratorOf(handler, one) !== undefined);
      if (verb === undefined) return [];
      const own = literalIn(decoratorOf(handler, verb)?.arguments[0]);
      const path = `/api/v4/${[prefix, own].filter((part) => part !== '').join('/')}`.replace(
        /:(\w+)/g,
        '{$1}',
      );
      const method = verb.toUpperCase();
      const note = notes[`${method} ${path.replace('/api/v4/operations/', '')}`];
      const body = bodyOf(handler, source, types, note);
      const code = decoratorOf(handler, 'HttpCode')?.arguments[0]?.getText(file);
      return [
        {
          ...{ method, path, apps, headers: namesOf(handler, 'Headers', file) },
          status: Number(code ?? (method === 'POST' ? 201 : 200)),
          summary: note?.summary ?? sentenceOf(handler, file),
          query: [
            ...new Set([
              ...namesOf(handler, 'Query', file),
              ...listedIn(handler, 'queryOf', file),
              ...jobIds(handler),
            ]),
          ],
          ...(body === undefined ? {} : { body }),
          answer: types.of(handler.type, source),
        },
      ];
    });
  });
}

/** Those whose sources name a controller of the kit; all, where it comes with the kit itself. */
function appsWith(name: string, sources: readonly Source[]): string[] {
  const named = operated.filter((app) =>
    sources.some((source) => source.app === app && new RegExp(`\\b${name}\\b`).test(source.file.text)),
  );
  return named.length === 0 ? [...operated] : named;
}

/** The first sentence of its comment, else the summary that it has in the other document. */
function sentenceOf(handler: ts.MethodDeclaration, file: ts.SourceFile): string {
  const described = decoratorOf(handler, 'Operation')?.arguments[1]?.getText(file) ?? '';
  const [, summary = ''] = /summary:\s*'([^']*)'/.exec(described) ?? [];
  return noteOf(handler) || summary;
}

function bodyOf(
  handler: ts.MethodDeclaration,
  source: Source,
  types: AnswerTypes,
  note: CallNote | undefined,
): Schema | undefined {
  const parameter = handler.parameters.find((one) => decoratorOf(one, 'Body') !== undefined);
  if (parameter === undefined) return undefined;
  const listed = note?.body ?? listedIn(handler, 'bodyOf', source.file);
  if (listed.length > 0)
    return { type: 'object', properties: Object.fromEntries(listed.map((name) => [name, {}])) };
  return types.of(parameter.type, source);
}

/** Names in the list that a handler gives to a checker of queries or bodies; lists of the same file are looked up. */
function listedIn(handler: ts.MethodDeclaration, checker: string, file: ts.SourceFile): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && node.expression.getText(file) === checker) {
      const list = node.arguments[1];
      if (list !== undefined) found.push(...textsIn(list, file));
    }
    ts.forEachChild(node, visit);
  };
  visit(handler);
  return found;
}

function textsIn(node: ts.Node, file: ts.SourceFile): string[] {
  if (ts.isStringLiteral(node)) return [node.text];
  if (ts.isArrayLiteralExpression(node)) return node.elements.flatMap((one) => textsIn(one, file));
  if (ts.isSpreadElement(node) || ts.isAsExpression(node) || ts.isParenthesizedExpression(node))
    return textsIn(node.expression, file);
  if (!ts.isIdentifier(node)) return [];
  const value = file.statements
    .filter(ts.isVariableStatement)
    .flatMap(({ declarationList }) => [...declarationList.declarations])
    .find(({ name }) => name.getText(file) === node.text)?.initializer;
  return value === undefined ? [] : textsIn(value, file);
}

/** Of calls that look at many jobs at once. */
function jobIds(handler: ts.MethodDeclaration): string[] {
  return handler.getText().includes('jobIdsIn(') ? ['jobId'] : [];
}

/** What a handler takes one by one: `@Query('state')`, `@Headers('if-match')`. */
function namesOf(handler: ts.MethodDeclaration, decorator: string, file: ts.SourceFile): string[] {
  return handler.parameters
    .map((one) => literalIn(decoratorOf(one, decorator)?.arguments[0]))
    .filter((name) => name !== '' && file !== undefined);
}

function literalIn(node: ts.Expression | undefined): string {
  return node !== undefined && ts.isStringLiteral(node) ? node.text : '';
}

function decoratorOf(node: ts.HasDecorators, name: string): ts.CallExpression | undefined {
  return (ts.getDecorators(node) ?? [])
    .map(({ expression }) => expression)
    .filter(ts.isCallExpression)
    .find(({ expression }) => expression.getText() === name);
}
