import { existsSync } from 'node:fs';
import { appendFile, cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { arch, homedir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../process/run-command.js';
import { checkHost, debianMirror, type Host } from './host.js';
import { withLock } from './lock.js';
import { RECIPE, rootName } from './recipe.js';

type Log = (line: string) => void;

/** Where roots are kept between runs. */
function cacheDirectory(environment: NodeJS.ProcessEnv): string {
  const base = environment['CATENA_CACHE'];
  if (base !== undefined && base !== '') return base;
  return join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'catena');
}

/** Mounts and processes of the making end with it, also when it is interrupted. */
const NAMESPACES = ['--mount', '--pid', '--fork', '--kill-child=KILL', '--propagation', 'private'];

/**
 * The path of the Debian root all services run in; made on first use (some two minutes), found afterwards. It is
 * made under a temporary name in steps that are remembered, so an interrupted making goes on where it was.
 */
export async function ensureRoot(environment: NodeJS.ProcessEnv, log: Log): Promise<string> {
  const cache = cacheDirectory(environment);
  const root = join(cache, rootName(arch()));
  if (existsSync(root)) return root;
  const host = checkHost();
  await mkdir(cache, { recursive: true });
  return withLock(
    `${root}.lock`,
    (holder) => log(`process ${holder} is making the Debian root; waiting for it`),
    async () => {
      if (!existsSync(root)) await makeRoot(root, host, log);
      return root;
    },
  );
}

async function makeRoot(root: string, host: Host, log: Log): Promise<void> {
  const began = Date.now();
  const partial = `${root}.partial`;
  log(
    `making a Debian ${RECIPE.suite} root for the services in ${root} (once; three to five minutes, 1.8 GB)`,
  );
  await step(partial, 'base', log, () => unpackBase(partial, host, log));
  await step(partial, 'configured', log, () => configure(partial));
  await step(partial, 'installed', log, () => installPackages(partial, log));
  await rename(partial, root);
  await rm(`${partial}.steps`, { force: true, recursive: true });
  log(`the root is ready after ${Math.round((Date.now() - began) / 1000)} s`);
}

/** Does a step unless an earlier, interrupted attempt has finished it. */
async function step(partial: string, name: string, log: Log, work: () => Promise<void>): Promise<void> {
  const marker = join(`${partial}.steps`, name);
  if (existsSync(marker)) return log(`step "${name}" was finished before`);
  await work();
  await mkdir(`${partial}.steps`, { recursive: true });
  await writeFile(marker, '');
}

async function unpackBase(partial: string, host: Host, log: Log): Promise<void> {
  await rm(partial, { recursive: true, force: true });
  const mirror = await debianMirror();
  await host.installBootstrapper(log);
  log('unpacking the base system');
  const progress = counter(log, 'base system: %n packages unpacked', /^I: Extracting /);
  const parameters = host.bootstrapParameters(RECIPE.suite, partial, mirror);
  await runCommand('unshare', [...NAMESPACES, '--', host.bootstrapper, ...parameters], { onLine: progress });
}

async function configure(partial: string): Promise<void> {
  const inside = (path: string): string => join(partial, path);
  await cp('/etc/apt/apt.conf.d', inside('etc/apt/apt.conf.d'), { recursive: true });
  if (existsSync('/etc/resolv.conf')) {
    await cp('/etc/resolv.conf', inside('etc/resolv.conf'), { dereference: true });
  }
  // No package may start a service of its own.
  await writeFile(inside('usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  await appendFile(inside('etc/hosts'), '127.0.0.1 localhost\n::1 localhost\n');
  // PostgreSQL's package would make a cluster at once; nobody would use it.
  await mkdir(inside('etc/postgresql-common'), { recursive: true });
  await writeFile(inside('etc/postgresql-common/createcluster.conf'), 'create_main_cluster = false\n');
}

async function installPackages(partial: string, log: Log): Promise<void> {
  log('reading the package lists');
  await insideRoot(partial, ['apt-get', 'update'], () => undefined);
  await insideRoot(partial, ['dpkg', '--configure', '-a'], () => undefined);
  log(`installing ${RECIPE.packages.join(', ')}`);
  const progress = counter(log, 'services: %n packages set up', /^Setting up /);
  const options = ['-y', '--no-install-recommends', '-o', 'APT::Keep-Downloaded-Packages=true'];
  await insideRoot(partial, ['apt-get', 'install', ...options, ...RECIPE.packages], progress);
  await insideRoot(partial, ['apt-get', 'clean'], () => undefined);
}

/** Runs a program in the root that is being made; its mounts and whatever it starts end with it. */
async function insideRoot(root: string, command: readonly string[], onLine: Log): Promise<void> {
  const enter = `
mount --rbind /dev "$0/dev"; mount -t tmpfs tmpfs "$0/dev/shm"; mount -t proc proc "$0/proc"
exec chroot "$0" "$@"`;
  await runCommand('unshare', [...NAMESPACES, '--', 'sh', '-ec', enter, root, ...command], {
    onLine,
    environment: {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: '/root',
      LANG: 'C.UTF-8',
      DEBIAN_FRONTEND: 'noninteractive',
    },
  });
}

/** Reports every tenth line that matches, so that minutes do not pass in silence. */
function counter(log: Log, text: string, pattern: RegExp): (line: string) => void {
  let count = 0;
  return (line) => {
    if (!pattern.test(line)) return;
    count += 1;
    if (count % 20 === 0) log(text.replace('%n', String(count)));
  };
}
