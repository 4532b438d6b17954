import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';

/** A process that can be told from a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start time as the kernel says it (on Linux in clock ticks since boot). */
  readonly startedAt: string;
}

const STAT_FIELDS_BEFORE_START_TIME = 19;

/** The identity of a running process, or undefined when there is none (zombies count as gone). */
export function identify(pid: number): ProcessIdentity | undefined {
  try {
    if (process.platform !== 'linux') return identifiedByPs(pid);
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const startedAt = fields[STAT_FIELDS_BEFORE_START_TIME];
    return startedAt === undefined || fields[0] === 'Z' ? undefined : { pid, startedAt };
  } catch {
    return undefined;
  }
}

/** Where there is no /proc (macOS). */
function identifiedByPs(pid: number): ProcessIdentity | undefined {
  const { stdout } = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' });
  const [, state, startedAt] = /^(\S+)\s+(\S.*\S)\s*$/.exec(stdout) ?? [];
  return startedAt === undefined || state?.startsWith('Z') === true ? undefined : { pid, startedAt };
}

export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startedAt === identity.startedAt;
}

export function rememberProcesses(file: string, pids: readonly number[]): void {
  const identities = pids.map(identify).filter((identity) => identity !== undefined);
  writeFileSync(file, JSON.stringify(identities));
}

/** The processes a file speaks of, as far as they still run. */
export function rememberedProcesses(file: string): ProcessIdentity[] {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as ProcessIdentity[]).filter(isAlive);
  } catch {
    return [];
  }
}

export function forgetProcesses(file: string): void {
  rmSync(file, { force: true });
}

/** Sends a signal to exactly this process; false when it is gone. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** Waits until the process is gone; false when it still runs after the time given. */
export async function waitUntilGone(identity: ProcessIdentity, milliseconds: number): Promise<boolean> {
  const deadline = Date.now() + milliseconds;
  while (isAlive(identity)) {
    if (Date.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return true;
}
