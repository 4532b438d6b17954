/**
 * Named crash points: the places where a process may die with the worst consequences. A test sets
 * `CATENA_CRASH_AT=<name>` (or `<name>:<n>` for the n-th passage) and the process kills itself there with SIGKILL, so
 * no handler, flush or `finally` runs. In production the variable is unset and a passage costs one comparison.
 */
const wanted = process.env['CATENA_CRASH_AT'];
const [wantedName, wantedPassage] = wanted === undefined ? [] : wanted.split(':');
let passages = 0;

export function crashPoint(name: string): void {
  if (wantedName !== name) return;
  passages += 1;
  if (passages >= Number(wantedPassage ?? 1)) process.kill(process.pid, 'SIGKILL');
}
