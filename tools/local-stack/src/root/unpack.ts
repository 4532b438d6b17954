import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { chooseEntrance, runInTree } from '../process/entrance.js';
import { runCommand } from '../process/run-command.js';
import type { Recipe } from './recipe.js';

type Log = (line: string) => void;

const MERGED = ['bin', 'lib', 'lib64', 'sbin'];
const EMPTY = ['dev', 'etc', 'proc', 'root', 'run', 'srv', 'sys', 'tmp', 'var/tmp'];
const SMALL_FILES: Readonly<Record<string, string>> = {
  'etc/passwd': '',
  'etc/group': '',
  'etc/hosts': '127.0.0.1 localhost\n::1 localhost\n',
  'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
};
const PROGRESS_PACKAGES = 50;

/** Ends with an error when either side of the pipe does; nothing of the archive's owners and set-user bits is kept. */
const UNPACK = `set -o pipefail; umask 022; target=$1 archive=$2; shift 2
dpkg-deb --fsys-tarfile "$archive" | tar -x -C "$target" --keep-directory-symlink --no-same-owner --no-same-permissions "$@"`;

/**
 * Makes a tree of archives without running any of their scripts, so that it needs no root: unpacks them, then adds what
 * scripts would have added and is needed.
 */
export async function unpackTree(
  tree: string,
  recipe: Recipe,
  archives: readonly string[],
  log: Log,
): Promise<void> {
  // A program of an interrupted attempt may still be ending.
  await rm(tree, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  for (const name of MERGED) {
    await mkdir(join(tree, 'usr', name), { recursive: true });
    await symlink(`usr/${name}`, join(tree, name));
  }
  const exclude = recipe.unwanted.map((pattern) => `--exclude=${pattern}`);
  const unpack = async (archive: string): Promise<void> => {
    await runCommand('bash', ['-c', UNPACK, 'bash', tree, archive, ...exclude]);
  };
  // It has the tree's first folders and links, so it goes first.
  const first = archives.filter((archive) => basename(archive).startsWith('base-files_'));
  for (const archive of first) await unpack(archive);
  const queue = archives.filter((archive) => !first.includes(archive));
  let done = first.length;
  const worker = async (): Promise<void> => {
    for (let archive = queue.shift(); archive !== undefined; archive = queue.shift()) {
      await unpack(archive);
      done += 1;
      if (done % PROGRESS_PACKAGES === 0) log(`unpacked ${done} of ${archives.length} packages`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(4, cpus().length) }, worker));
  await complete(tree, recipe);
  await compilePython(tree, recipe);
}

async function complete(tree: string, { links, files }: Recipe): Promise<void> {
  for (const folder of EMPTY) await mkdir(join(tree, folder), { recursive: true });
  for (const [file, text] of Object.entries({ ...SMALL_FILES, ...files })) {
    await mkdir(dirname(join(tree, file)), { recursive: true });
    await writeFile(join(tree, file), text);
  }
  for (const [target, link] of links) {
    const folder = join(tree, dirname(target));
    const [before = '', after = ''] = basename(target).split('*');
    for (const name of await readdir(folder)) {
      if (!name.startsWith(before) || !name.endsWith(after) || (after === '' && name !== before)) continue;
      const variable = name.slice(before.length, name.length - after.length);
      const path = join(folder, link.replace('*', variable));
      await rm(path, { force: true });
      await symlink(name, path);
    }
  }
}

/** Otherwise every start of Swift compiles its sources first: half a minute. */
async function compilePython(tree: string, { pythonFolders }: Recipe): Promise<void> {
  if (pythonFolders.length === 0) return;
  const entrance = await chooseEntrance(tree);
  await runInTree(
    { root: tree, entrance, asOwner: true },
    ['python3', '-m', 'compileall', '-q', '-j', '0', ...pythonFolders],
    { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LANG: 'C.UTF-8' },
  );
}
