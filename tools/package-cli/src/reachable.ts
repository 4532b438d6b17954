import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import ts from 'typescript';

/** What a program consists of. */
export interface Reachable {
  /** Built files, as paths in the project with `/`. */
  readonly files: readonly string[];
  /** Entries of `imports` in package.json. */
  readonly libraries: readonly string[];
  /** Packages, with those that they depend on themselves. */
  readonly packages: readonly string[];
  /** Packages that the files name. */
  readonly dependencies: readonly string[];
}

type Imports = Readonly<Record<string, { readonly default: string }>>;

/** Everything that a built file may load, now or later, found in the text of its imports. */
export function reachableFrom(entry: string, project: string, imports: Imports): Reachable {
  const files = new Set<string>();
  const libraries = new Set<string>();
  const dependencies = new Set<string>();
  const visit = (path: string): void => {
    if (files.has(path)) return;
    files.add(path);
    const { importedFiles } = ts.preProcessFile(readFileSync(join(project, path), 'utf8'), true, true);
    for (const { fileName } of importedFiles)
      if (fileName.startsWith('.'))
        visit(
          relative(project, join(project, dirname(path), fileName))
            .split(sep)
            .join('/'),
        );
      else if (fileName.startsWith('#')) {
        libraries.add(fileName);
        visit(targetOf(fileName, imports));
      } else if (!fileName.startsWith('node:')) dependencies.add(packageOf(fileName));
  };
  visit(entry);
  const packages = new Set<string>();
  for (const name of dependencies) addWithDependencies(name, project, packages);
  const sorted = (names: ReadonlySet<string>): string[] => [...names].sort();
  return {
    files: sorted(files),
    libraries: sorted(libraries),
    packages: sorted(packages),
    dependencies: sorted(dependencies),
  };
}

function targetOf(name: string, imports: Imports): string {
  const target = imports[name]?.default;
  if (target === undefined)
    throw new Error(`Expected ${name} among the imports of package.json, found nothing.`);
  return target.replace(/^\.\//, '');
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The lock file keeps one version of each of these packages, so all lie side by side. */
function addWithDependencies(name: string, project: string, found: Set<string>): void {
  if (found.has(name)) return;
  found.add(name);
  const folder = join(project, 'node_modules', name);
  if (existsSync(join(folder, 'node_modules')))
    throw new Error(
      `Expected ${name} to bring no packages of its own, found ${folder}/node_modules: packing has to learn how to nest them.`,
    );
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    dependencies?: Readonly<Record<string, string>>;
  };
  for (const one of Object.keys(dependencies)) addWithDependencies(one, project, found);
}
