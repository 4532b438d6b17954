import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeTracerFolder, refuseBarred } from '../process/entrance.js';
import { ManagedProcess } from '../process/managed-process.js';
import { runCommand } from '../process/run-command.js';
import { entersAsService, sandboxed, serviceUid } from '../process/sandbox.js';
import { DATA_MOUNT_POINT } from '../root/recipe.js';
import type { ServiceHome } from './service.js';

/** A path as the programs inside the root see it. */
export const inside = (...parts: string[]): string => join(DATA_MOUNT_POINT, ...parts);

const BASE_ENVIRONMENT = {
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
  HOME: inside(),
};

/** The folders all services share, and the one user they run as. */
export function prepareHome({
  dataDirectory,
  entrance,
}: Pick<ServiceHome, 'dataDirectory'> & Partial<Pick<ServiceHome, 'entrance'>>): void {
  const uid = serviceUid();
  if (entrance !== undefined && entersAsService({ entrance }))
    refuseBarred(dirname(dataDirectory), uid, '--data (npm start: CATENA_DATA)');
  // The services must pass through it to reach their own folders.
  if (process.getuid?.() === 0) chmodSync(dataDirectory, 0o711);
  for (const folder of ['etc', 'log', 'pid']) mkdirSync(join(dataDirectory, folder), { recursive: true });
  if (entrance === 'proot') makeTracerFolder(dataDirectory);
  const lines = [
    `catena:x:${uid}:${uid}:Catena services:${inside()}:/bin/sh`,
    'root:x:0:0:root:/root:/bin/sh',
  ];
  writeFileSync(join(dataDirectory, 'etc/passwd'), `${lines.join('\n')}\n`);
}

/** Makes a folder in the data directory that belongs to the services. */
export function serviceFolder({ dataDirectory }: ServiceHome, ...parts: string[]): string {
  const folder = join(dataDirectory, ...parts);
  if (!existsSync(folder)) mkdirSync(folder, { recursive: true, mode: 0o700 });
  give(folder);
  return folder;
}

/** Writes a file in the data directory that belongs to the services; secrets may be in it. */
export function serviceFile({ dataDirectory }: ServiceHome, path: string, text: string, mode = 0o600): void {
  const file = join(dataDirectory, path);
  // Not even its owner may write into a read-only one.
  rmSync(file, { force: true });
  writeFileSync(file, text, { mode });
  give(file);
}

function give(path: string): void {
  if (process.getuid?.() === 0) chownSync(path, serviceUid(), serviceUid());
}

/** A long-running program inside the root. */
export function sandboxedProcess(
  home: ServiceHome,
  name: string,
  endSignal: 'SIGINT' | 'SIGTERM' | 'SIGKILL',
  command: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): ManagedProcess {
  const { program, parameters } = sandboxed(home, endSignal.slice(3), command);
  return new ManagedProcess({
    name,
    program,
    parameters,
    environment: { ...BASE_ENVIRONMENT, ...environment },
    workingDirectory: '/',
    logFile: join(home.dataDirectory, 'log', `${name}.log`),
    pidFile: join(home.dataDirectory, 'pid', `${name}.json`),
    endSignal,
    behindUnshare: true,
  });
}

/** Runs a program inside the root to its end. */
export async function runInside(home: ServiceHome, command: readonly string[]): Promise<string[]> {
  const { program, parameters } = sandboxed(home, 'TERM', command);
  return runCommand(program, parameters, { environment: BASE_ENVIRONMENT });
}
