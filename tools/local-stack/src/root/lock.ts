import { open, readFile, rm } from 'node:fs/promises';
import { identify, isAlive, type ProcessIdentity } from '../process/identity.js';

const RETRY_MILLISECONDS = 500;

/**
 * Runs a task while no other process does the same. The lock names its holder, so that one left by a killed process
 * is recognised and taken over.
 */
export async function withLock<Result>(
  file: string,
  onWait: (holder: number) => void,
  task: () => Promise<Result>,
): Promise<Result> {
  let told = false;
  while (!(await tryLock(file))) {
    const holder = await holderOf(file);
    if (holder === undefined || !isAlive(holder)) {
      await rm(file, { force: true });
      continue;
    }
    if (!told) onWait(holder.pid);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS));
  }
  try {
    return await task();
  } finally {
    await rm(file, { force: true });
  }
}

async function tryLock(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx');
    await handle.writeFile(JSON.stringify(identify(process.pid)));
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function holderOf(file: string): Promise<ProcessIdentity | undefined> {
  // A holder between creating and writing its lock needs a moment.
  for (let attempt = 0; attempt < 10; attempt++) {
    try {
      return JSON.parse(await readFile(file, 'utf8')) as ProcessIdentity;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  return undefined;
}
