import { getActiveResourcesInfo } from 'node:process';
import type { ChildProcess } from 'node:child_process';

/**
 * Loaded into every test file's process (`--import`). Shortly before the runner's patience ends it says what the process
 * still waits for: a test that hangs, or something a test left behind, is then found without having to be repeated.
 * Where: `CATENA_TEST_TIMEOUT`, milliseconds, and only in the process of a test file, not in those it starts.
 */
const MILLISECONDS_BEFORE_THE_END = 3000;
const patience = Number(process.env['CATENA_TEST_TIMEOUT'] ?? '');

if (patience > MILLISECONDS_BEFORE_THE_END && process.argv[1]?.endsWith('.spec.js') === true) {
  setTimeout(() => console.error(whatKeepsAlive()), patience - MILLISECONDS_BEFORE_THE_END).unref();
}

function whatKeepsAlive(): string {
  const lines = activeHandles().map((handle) => `  ${describe(handle)}`);
  const resources = getActiveResourcesInfo().join(', ');
  return [`still waiting for: ${resources}`, ...new Set(lines)].join('\n');
}

function describe(handle: object): string {
  const { spawnargs, pid } = handle as Partial<ChildProcess>;
  if (spawnargs !== undefined) return `process ${pid}: ${spawnargs.join(' ')}`;
  const { remoteAddress, remotePort } = handle as { remoteAddress?: string; remotePort?: number };
  const address = remoteAddress === undefined ? '' : ` to ${remoteAddress}:${remotePort}`;
  return `${handle.constructor.name}${address}`;
}

/** Not public, but the only place that knows which child process or connection it is; without it the names remain. */
function activeHandles(): object[] {
  const { _getActiveHandles: handles } = process as unknown as { _getActiveHandles?: () => object[] };
  return handles?.call(process) ?? [];
}
