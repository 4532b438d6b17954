import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { chownSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { hasProgram, unsupported } from '../root/host.js';
import { runCommand } from './run-command.js';
import {
  entersAsService,
  isRoot,
  sandboxed,
  serviceUid,
  TRACER_FOLDER,
  type Entrance,
  type Sandbox,
} from './sandbox.js';

/** In the order of preference: the first one that works here is taken. */
const ENTRANCES: readonly Entrance[] = ['namespaces', 'user-namespaces', 'bwrap', 'proot'];

/** Settings of the kernel by which machines refuse namespaces: file below /proc/sys, the value that allows them. */
const SETTINGS = [
  {
    file: 'kernel/apparmor_restrict_unprivileged_userns',
    refuses: (value: number) => value !== 0,
    allow: '0',
  },
  { file: 'kernel/unprivileged_userns_clone', refuses: (value: number) => value === 0, allow: '1' },
  { file: 'user/max_user_namespaces', refuses: (value: number) => value < 100, allow: '10000' },
];

const chosen = new Map<string, Promise<Entrance>>();

/** How programs enter this tree on this machine; found out by doing it, once for each tree. */
export function chooseEntrance(root: string): Promise<Entrance> {
  const known = chosen.get(root);
  if (known !== undefined) return known;
  const choice = firstThatWorks((entrance) => tryEntrance(root, entrance));
  choice.catch(() => chosen.delete(root));
  chosen.set(root, choice);
  return choice;
}

/**
 * @param attempt enters by one way; throws when the machine refuses
 * @param setting reads a setting of the kernel; undefined where there is none
 * @param root whether root asks, for whom there is one way more, and other advice
 * @throws UnsupportedHost that says why each way failed and which setting to change
 */
export async function firstThatWorks(
  attempt: (entrance: Entrance) => Promise<void>,
  setting: (file: string) => number | undefined = kernelSetting,
  root = isRoot(),
): Promise<Entrance> {
  const failures: string[] = [];
  for (const entrance of ENTRANCES.filter((name) => root || name !== 'user-namespaces')) {
    try {
      await attempt(entrance);
      return entrance;
    } catch (error) {
      const lines = (error instanceof Error ? error.message : String(error)).split('\n');
      failures.push(`  ${entrance}: ${lines.map((line) => line.trim()).join(' ')}`);
    }
  }
  throw unsupported(`this machine lets us into the services' Debian tree by no way:
${failures.join('\n')}
To allow one, ${root ? adviceForRoot(setting) : `as root: ${adviceFor(setting)}`}`);
}

/** Root whom a kernel refuses namespaces is root of a container; its settings are those of the machine around it. */
function adviceForRoot(setting: (file: string) => number | undefined): string {
  const unconfined = '--security-opt seccomp=unconfined --security-opt apparmor=unconfined';
  const onHost =
    refusingSettings(setting).length > 0 ? `; on the machine around it: ${adviceFor(setting)}` : '';
  return `start the container with --privileged, or with --cap-add SYS_ADMIN ${unconfined}; or run this as another user than root${onHost}`;
}

function refusingSettings(setting: (file: string) => number | undefined): typeof SETTINGS {
  return SETTINGS.filter(({ file, refuses }) => {
    const value = setting(file);
    return value !== undefined && refuses(value);
  });
}

function adviceFor(setting: (file: string) => number | undefined): string {
  const refusing = refusingSettings(setting);
  if (refusing.length > 0) {
    const commands = refusing.map(({ file, allow }) => `sysctl -w ${file.replace('/', '.')}=${allow}`);
    return `${commands.join(' && ')} (now: ${refusing.map(({ file }) => setting(file)).join(', ')})`;
  }
  return 'in a container, start it with --security-opt seccomp=unconfined --security-opt apparmor=unconfined, or install bubblewrap';
}

function kernelSetting(file: string): number | undefined {
  try {
    return Number(readFileSync(join('/proc/sys', file), 'utf8'));
  } catch {
    return undefined;
  }
}

async function tryEntrance(root: string, entrance: Entrance): Promise<void> {
  if (entrance === 'bwrap' && !hasProgram('bwrap')) throw new Error('bubblewrap is not installed');
  if (entersAsService({ entrance })) refuseBarred(root, serviceUid(), 'CATENA_CACHE');
  await runInTree({ root, entrance }, ['/usr/bin/true']);
}

/** Runs a program inside a tree to its end, with a data directory that is gone afterwards. */
export async function runInTree(
  sandbox: Omit<Sandbox, 'dataDirectory'>,
  command: readonly string[],
  environment?: NodeJS.ProcessEnv,
): Promise<string[]> {
  const dataDirectory = await passingFolder(sandbox);
  try {
    await chmod(dataDirectory, 0o711);
    await mkdir(join(dataDirectory, 'etc'));
    await writeFile(join(dataDirectory, 'etc/passwd'), '');
    if (sandbox.entrance === 'proot') makeTracerFolder(dataDirectory);
    const { program, parameters } = sandboxed({ ...sandbox, dataDirectory }, 'TERM', command);
    return await runCommand(program, parameters, environment === undefined ? {} : { environment });
  } finally {
    await rm(dataDirectory, { recursive: true, force: true });
  }
}

/** The tracer's loader must run from it, so it lies beside the tree where we may write there. */
async function passingFolder({ root, entrance }: Pick<Sandbox, 'root' | 'entrance'>): Promise<string> {
  const make = (folder: string): Promise<string> => mkdtemp(join(folder, 'catena-entrance-'));
  return entrance === 'proot' ? make(dirname(root)).catch(() => make(tmpdir())) : make(tmpdir());
}

/** Makes the folder of the tracer in a data directory, for the services' user to write into. */
export function makeTracerFolder(dataDirectory: string): void {
  const folder = join(dataDirectory, TRACER_FOLDER);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (isRoot()) chownSync(folder, serviceUid(), serviceUid());
}

/**
 * @param variable by which another place is chosen
 * @throws Error that names the first folder on the way to a path, itself included, that a user may not enter
 */
export function refuseBarred(path: string, uid: number, variable: string): void {
  const ancestors = [path];
  for (let folder = path; folder !== dirname(folder); folder = dirname(folder))
    ancestors.unshift(dirname(folder));
  const barred = ancestors.find((folder) => {
    const { uid: owner, mode } = statSync(folder);
    return (mode & (owner === uid ? 0o100 : 0o001)) === 0;
  });
  if (barred === undefined) return;
  throw new Error(
    `the services run as user ${uid}, who may not enter ${barred} on the way to ${path}; choose a place that all may enter by ${variable}`,
  );
}
