import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { reachableFrom, type Reachable } from './reachable.js';

const entry = 'dist/apps/cli/src/main.js';
const starter = 'tools/catena.mjs';

interface Manifest {
  readonly version: string;
  readonly license: string;
  readonly type: string;
  readonly engines: object;
  readonly imports: Readonly<Record<string, { readonly default: string }>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

/**
 * Packs the built command line, and nothing else of the project, as npm installs it: with its dependencies inside, so
 * that it can be carried to a machine that reaches no registry.
 *
 * @returns the path of the tarball
 */
export async function packCommandLine(project: string, target: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(project, 'package.json'), 'utf8')) as Manifest;
  const reachable = reachableFrom(entry, project, manifest.imports);
  const folder = await mkdtemp(join(tmpdir(), 'catena-package-'));
  try {
    await copy(project, folder, [starter, 'LICENSE', ...reachable.files]);
    for (const name of reachable.packages)
      await cp(join(project, 'node_modules', name), join(folder, 'node_modules', name), { recursive: true });
    await writeFile(
      join(folder, 'package.json'),
      `${JSON.stringify(manifestOf(manifest, reachable), null, 2)}\n`,
    );
    const page = await readFile(join(project, 'docs/command-line.md'), 'utf8');
    await writeFile(join(folder, 'README.md'), withoutRelativeLinks(page));
    await mkdir(target, { recursive: true });
    return join(target, await npmPack(folder, target));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function manifestOf(
  { version, license, type, engines, imports, dependencies }: Manifest,
  reachable: Reachable,
): object {
  const exact = (name: string): [string, string] => {
    const found = dependencies[name];
    if (found !== undefined) return [name, found];
    throw new Error(`Expected ${name} among the dependencies of package.json, found nothing: add it there.`);
  };
  return {
    name: 'catena-cli',
    version,
    description: 'Send data to the archive of a facility, get it back, publish it',
    license,
    type,
    engines,
    bin: { catena: starter },
    imports: Object.fromEntries(reachable.libraries.map((name) => [name, imports[name]?.default])),
    dependencies: Object.fromEntries(reachable.dependencies.map(exact)),
    bundleDependencies: reachable.dependencies,
  };
}

async function copy(project: string, folder: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await cp(join(project, path), join(folder, path));
  }
}

/** Links to other pages of the project lead nowhere from a package. */
function withoutRelativeLinks(page: string): string {
  return page.replace(/\[([^\]]+)\]\((?!https?:|#)[^)]*\)/g, '$1');
}

async function npmPack(folder: string, target: string): Promise<string> {
  // A shell, because npm is a script on Windows; every word of this line is ours.
  const child = spawn('npm pack --json --ignore-scripts --offline --pack-destination .', {
    cwd: folder,
    shell: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const name = /"filename": "([^"]+)"/.exec(output)?.[1];
  if (name === undefined) throw new Error(`Expected npm pack to name its tarball, found: ${output}${errors}`);
  await cp(join(folder, name), join(target, name));
  return name;
}
