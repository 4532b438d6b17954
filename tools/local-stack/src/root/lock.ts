import { spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { identify, type ProcessIdentity } from '../process/identity.js';

/** What `flock` ends with when another one has the lock; none of its own numbers. */
const TAKEN = 75;
/** Says that the lock is there, and keeps it until we close the pipe or die, which closes it as well. */
const HOLD = 'echo locked; exec cat >/dev/null';

/** What a holder writes into its lock, for those who wait: the lock itself is the kernel's. */
interface Holder extends ProcessIdentity {
  readonly host: string;
  readonly pidNamespace: string;
}

type Release = () => Promise<void>;

/**
 * Runs a task while no other process does the same. The kernel keeps the lock (`flock`), so it ends with its holder,
 * however that dies; it is known in all containers that share the folder, and nobody ever has to judge from a number
 * whether another process is still alive. The file stays: who removed it would let a second one in.
 *
 * @param onWait is told once who has the lock, when it is another one
 */
export async function withLock<Result>(
  file: string,
  onWait: (holder: string) => void,
  task: () => Promise<Result>,
): Promise<Result> {
  const atOnce = ['--nonblock', '--conflict-exit-code', String(TAKEN)];
  const release = (await acquire(file, atOnce)) ?? (await wait(file, onWait));
  try {
    await leaveName(file);
    return await task();
  } finally {
    // Also in a file of another user, whose name we could not replace.
    await truncate(file).catch(() => undefined);
    await release();
  }
}

async function wait(file: string, onWait: (holder: string) => void): Promise<Release> {
  onWait(await holderOf(file));
  const release = await acquire(file, []);
  if (release === undefined) throw new Error(`flock refused ${file} instead of waiting for it`);
  return release;
}

/** Undefined when another one has the lock and we are not to wait. */
function acquire(file: string, options: readonly string[]): Promise<Release | undefined> {
  return new Promise((resolve, reject) => {
    const lock = ['flock', ...options, file, 'sh', '-c', HOLD];
    // In a session of its own: Ctrl+C in a terminal ends us in order, and not the lock before us.
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...lock], { detached: true });
    const ended = new Promise<void>((over) => child.once('close', () => over()));
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    // Who ended it tells us by its end.
    child.stdin.on('error', () => undefined);
    child.stdout.once('data', () =>
      resolve(async () => {
        child.stdin.end();
        await ended;
      }),
    );
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === TAKEN) return resolve(undefined);
      const found = said.trim() || `flock ended with ${code ?? signal}`;
      reject(
        new Error(
          `expected to lock ${file}, found: ${found}. Without a lock nobody may work there: let this user open that file, or use another folder`,
        ),
      );
    });
  });
}

function ownPidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

/** Only those who wait read it: a lock that belongs to another user's file is as good without. */
async function leaveName(file: string): Promise<void> {
  const own = { ...identify(process.pid), host: hostname(), pidNamespace: ownPidNamespace() };
  await writeFile(file, JSON.stringify(own)).catch(() => undefined);
}

async function holderOf(file: string): Promise<string> {
  // A holder between taking its lock and writing its name needs a moment.
  for (let attempt = 0; attempt < 10; attempt++) {
    try {
      return called(JSON.parse(await readFile(file, 'utf8')) as Holder);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  return 'another process';
}

/** Numbers of processes mean nothing in another container. */
function called({ pid, host, pidNamespace }: Holder): string {
  const isHere = host === hostname() && pidNamespace === ownPidNamespace();
  return isHere ? `process ${pid}` : `process ${pid} of ${host} (another container or machine)`;
}
