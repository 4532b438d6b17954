import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasProgram, unsupported } from '../root/host.js';
import { runCommand } from './run-command.js';
import { sandboxed, type Entrance } from './sandbox.js';

/** In the order of preference: the first one that works here is taken. */
const ENTRANCES: readonly Entrance[] = ['namespaces', 'bwrap', 'proot'];

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
 * @throws UnsupportedHost that says why each way failed and which setting to change
 */
export async function firstThatWorks(
  attempt: (entrance: Entrance) => Promise<void>,
  setting: (file: string) => number | undefined = kernelSetting,
): Promise<Entrance> {
  const failures: string[] = [];
  for (const entrance of ENTRANCES) {
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
To allow one, as root: ${adviceFor(setting)}`);
}

function adviceFor(setting: (file: string) => number | undefined): string {
  const refusing = SETTINGS.filter(({ file, refuses }) => {
    const value = setting(file);
    return value !== undefined && refuses(value);
  });
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
  const dataDirectory = await mkdtemp(join(tmpdir(), 'catena-entrance-'));
  try {
    await chmod(dataDirectory, 0o711);
    await mkdir(join(dataDirectory, 'etc'));
    await writeFile(join(dataDirectory, 'etc/passwd'), '');
    const { program, parameters } = sandboxed({ root, dataDirectory, entrance }, 'TERM', ['/usr/bin/true']);
    await runCommand(program, parameters);
  } finally {
    await rm(dataDirectory, { recursive: true, force: true });
  }
}
