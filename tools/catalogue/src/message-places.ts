import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { appNames, type AppName } from '#contracts';

/** Files of one app that have to do with one message. */
export interface MessagePlaces {
  readonly emits: readonly string[];
  readonly handles: readonly string[];
}

type Found = Map<string, Map<AppName, { emits: Set<string>; handles: Set<string> }>>;

/**
 * Where each app says and where it hears a message, by the name of its contract in the code (`archiveDatablockV1`): a
 * `@Handles` of it hears it, every other use that is no type and no import says it.
 */
export function messagePlacesIn(root: string): (value: string, app: AppName) => MessagePlaces {
  const found: Found = new Map();
  for (const app of appNames)
    for (const path of sourcesBelow(root, `apps/${app}/src`)) {
      const tree = ts.createSourceFile(
        path,
        readFileSync(join(root, path), 'utf8'),
        ts.ScriptTarget.ES2022,
        true,
      );
      const visit = (node: ts.Node): void => {
        if (ts.isIdentifier(node) && isContract(node.text)) note(found, app, path, node);
        ts.forEachChild(node, visit);
      };
      visit(tree);
    }
  return (value, app) => {
    const { emits = [], handles = [] } = found.get(value)?.get(app) ?? {};
    return { emits: [...emits].sort(), handles: [...handles].sort() };
  };
}

/** `archival.archive-datablock.v1` → `archiveDatablockV1` */
export function contractNameOf(type: string): string {
  const [, name = '', version = ''] = type.split('.');
  const camel = name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return `${camel}${version.toUpperCase()}`;
}

function note(found: Found, app: AppName, path: string, node: ts.Identifier): void {
  const { parent } = node;
  if (ts.isImportSpecifier(parent) || ts.isTypeQueryNode(parent)) return;
  const isHandler = ts.isCallExpression(parent) && parent.expression.getText() === 'Handles';
  const ofMessage = found.get(node.text) ?? new Map<AppName, { emits: Set<string>; handles: Set<string> }>();
  const ofApp = ofMessage.get(app) ?? { emits: new Set<string>(), handles: new Set<string>() };
  (isHandler ? ofApp.handles : ofApp.emits).add(path);
  found.set(node.text, ofMessage.set(app, ofApp));
}

function isContract(name: string): boolean {
  return /^[a-z][A-Za-z]*V[1-9][0-9]*$/.test(name);
}

function sourcesBelow(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(
      (name) =>
        name.endsWith('.ts') && !name.endsWith('.spec.ts') && !name.split(/[\\/]/).includes('testing'),
    )
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .sort();
}
