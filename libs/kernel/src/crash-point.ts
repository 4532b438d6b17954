import { readFileSync } from 'node:fs';

/**
 * Named crash points: the places where a process may die with the worst consequences. A test starts the process with
 * `CATENA_CRASH_FILE=<file>` and later writes a point's name into that file: at the next passage the process kills
 * itself with SIGKILL, so no handler, flush or `finally` runs. In production the variable is unset and a passage costs
 * one comparison.
 */
const file = process.env['CATENA_CRASH_FILE'];

export function crashPoint(name: string): void {
  if (file !== undefined && armed(file) === name) process.kill(process.pid, 'SIGKILL');
}

function armed(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
