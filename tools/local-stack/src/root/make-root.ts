import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, statfs } from 'node:fs/promises';
import { arch, homedir } from 'node:os';
import { join } from 'node:path';
import { Apt } from './apt.js';
import { debianSource, thisMachine, unsupported } from './host.js';
import { withLock } from './lock.js';
import { RECIPES, rootFolder, type Recipe, type RootName } from './recipe.js';
import { unpackTree } from './unpack.js';

type Log = (line: string) => void;

/** Where trees are kept between runs. */
function cacheDirectory(environment: NodeJS.ProcessEnv): string {
  const base = environment['CATENA_CACHE'];
  if (base !== undefined && base !== '') return base;
  return join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'catena');
}

/**
 * The path of a Debian tree that programs run in; made on first use (about a minute), found afterwards. Anybody can make
 * it. It is made under a temporary name; what was fetched stays, so an interrupted making goes on where it was.
 */
export async function ensureRoot(
  environment: NodeJS.ProcessEnv,
  log: Log,
  name: RootName = 'services',
): Promise<string> {
  const cache = cacheDirectory(environment);
  const root = join(cache, rootFolder(name, arch()));
  if (existsSync(root)) return root;
  const source = await debianSource(thisMachine(environment));
  await mkdir(cache, { recursive: true });
  const recipe = RECIPES[name];
  return withLock(
    join(cache, 'making.lock'),
    (holder) => log(`${holder} is making a Debian tree in ${cache}; waiting for it`),
    async () => {
      if (!existsSync(root))
        await makeRoot(root, recipe, new Apt(join(cache, `apt-${recipe.suite}`), source, log), log);
      return root;
    },
  );
}

async function makeRoot(root: string, recipe: Recipe, apt: Apt, log: Log): Promise<void> {
  const began = Date.now();
  const { download, tree } = recipe.megabytes;
  log(
    `making a Debian ${recipe.suite} tree in ${root} (once; about a minute, ${download} MB to fetch, ${download + tree} MB on disk)`,
  );
  await checkSpace(join(root, '..'), download + tree);
  const choice = `${root}.packages.json`;
  const packages = await apt.fetch(recipe, choice);
  log('unpacking');
  const partial = `${root}.partial`;
  const archives = packages.map(({ file }) => join(apt.archives, file));
  await unpackTree(partial, recipe, archives, log);
  await rename(partial, root);
  await tidy(join(root, '..'), apt);
  log(`the tree is ready after ${Math.round((Date.now() - began) / 1000)} s`);
}

async function checkSpace(folder: string, megabytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = Math.floor((bavail * bsize) / 1_000_000);
  if (free >= megabytes) return;
  throw unsupported(
    `expected ${megabytes} MB of free space in ${folder}, found ${free} MB; free some, or set CATENA_CACHE to a folder on another disk`,
  );
}

/**
 * Archives of the services stay, so that the tree can be made again, and made anew by fetching only what has changed.
 * All others have done their duty.
 */
async function tidy(cache: string, apt: Apt): Promise<void> {
  const kept = `${rootFolder('services', arch())}.packages.json`;
  for (const file of await readdir(cache))
    if (file.endsWith('.packages.json') && file !== kept) await rm(join(cache, file), { force: true });
  await apt.keepOnly(join(cache, kept));
}
