import ts from 'typescript';
import { filesBelow, textOf } from './repository.js';
import { walk } from './sources.js';

/** One environment variable as the code reads it. */
export interface Variable {
  readonly name: string;
  /** The app stops without it. */
  readonly required: boolean;
  /** The value that is used when it is not set, where the code names one. */
  readonly fallback?: string;
}

/** What all apps read beside their own. */
const sharedFiles = [
  'libs/service-host/src/service-host.config.ts',
  'libs/service-host/src/observation.config.ts',
  'libs/kernel/src/crash-point.ts',
];
/** Readings that several apps share, by the function that a configuration file calls. */
const borrowed = [
  { call: 'observationFrom(', file: 'libs/service-host/src/observation.config.ts' },
  { call: 'ingestorConfigFrom(', file: 'libs/ingestor-uploads/src/ingestor.config.ts' },
  { call: 's3OptionsFrom(', file: 'libs/storage/src/s3/s3-options.ts' },
  { call: 'mailOptionsFrom(', file: 'libs/mail/src/mail-options.ts' },
  { call: 'sourceFolderRulesFrom(', file: 'libs/source-folders/src/rules-from-environment.ts' },
  { call: 'routesFrom(', file: 'libs/routes/src/routes-from-environment.ts' },
  { call: 'routesFrom(', file: 'libs/routes/src/routes-file.ts' },
  { call: 'routesFileFrom(', file: 'libs/routes/src/routes-file.ts' },
];
const variablePattern = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/;

/** Variables that every app reads. */
export function sharedVariables(): Variable[] {
  return merged(sharedFiles.flatMap(variablesIn));
}

/** Variables of one app beside the shared ones. */
export function ownVariables(app: string): Variable[] {
  const files = filesBelow(`apps/${app}/src`, '.config.ts').filter((path) => path.split('/').length === 4);
  const texts = files.map(textOf);
  const others = borrowed.filter(({ call }) => texts.some((text) => text.includes(call)));
  return merged([...files, ...others.map(({ file }) => file)].flatMap(variablesIn));
}

function merged(found: readonly Variable[]): Variable[] {
  const names = [...new Set(found.map(({ name }) => name))].sort();
  return names.map((name) => {
    const uses = found.filter((one) => one.name === name);
    const fallback = uses.find((one) => one.fallback !== undefined)?.fallback;
    const required = uses.some((one) => one.required);
    return { name, required, ...(fallback === undefined ? {} : { fallback }) };
  });
}

function variablesIn(path: string): Variable[] {
  const tree = ts.createSourceFile(path, textOf(path), ts.ScriptTarget.ES2022, true);
  const found: Variable[] = [];
  walk(tree, (node) => {
    if (ts.isStringLiteral(node) && variablePattern.test(node.text) && isReading(node.parent))
      found.push(variableAt(node));
    if (ts.isBindingElement(node) && node.propertyName !== undefined && ts.isIdentifier(node.propertyName)) {
      const { text } = node.propertyName;
      if (variablePattern.test(text)) found.push({ name: text, required: false });
    }
  });
  return found;
}

/** Functions of the configuration files that take a variable's name. */
const readers = new Set(['bytes', 'certificatesFrom', 'duration', 'groups', 'integer', 'required', 'text']);

function isReading(node: ts.Node): boolean {
  return (
    ts.isElementAccessExpression(node) ||
    (ts.isCallExpression(node) && readers.has(node.expression.getText()))
  );
}

/** `environment['X'] ?? 'd'`, `integer(environment, 'X', 7)`, `text('X', 'd')`, `required(environment, 'X', …)`. */
function variableAt(literal: ts.StringLiteral): Variable {
  const { parent, text: name } = literal;
  if (ts.isCallExpression(parent)) {
    if (parent.expression.getText() === 'required') return { name, required: true };
    return { name, required: false, ...valueOf(parent.arguments[parent.arguments.indexOf(literal) + 1]) };
  }
  const use = parent.parent;
  const isFallback =
    ts.isBinaryExpression(use) && use.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken;
  return { name, required: false, ...(isFallback ? valueOf(use.right) : {}) };
}

function valueOf(node: ts.Node | undefined): { fallback?: string } {
  return node !== undefined && (ts.isStringLiteral(node) || ts.isNumericLiteral(node)) && node.text !== ''
    ? { fallback: node.text }
    : {};
}
