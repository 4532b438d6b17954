import ts from 'typescript';
import { filesBelow, textOf } from './repository.js';

/** A source file as the compiler sees it. */
export interface Source {
  readonly path: string;
  readonly tree: ts.SourceFile;
}

/** What we ship: sources of apps and libraries without their tests and twins. */
export function productSources(): Source[] {
  return ['apps', 'libs']
    .flatMap(typescriptBelow)
    .filter((path) => path.includes('/src/') && !isSpec(path) && !path.includes('/testing/'))
    .map(parsed);
}

/** Everything that is written in TypeScript here. */
export function allSources(): Source[] {
  return ['apps', 'bench', 'libs', 'test', 'tools'].flatMap(typescriptBelow).map(parsed);
}

/** Also with the markup of the console's browser part. */
function typescriptBelow(folder: string): string[] {
  return filesBelow(folder).filter((path) => /[.]tsx?$/.test(path));
}

export function isSpec(path: string): boolean {
  return /[.]spec[.]tsx?$/.test(path);
}

/** Visits every node of a tree. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

function parsed(path: string): Source {
  return { path, tree: ts.createSourceFile(path, textOf(path), ts.ScriptTarget.ES2022, true) };
}
