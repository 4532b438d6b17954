import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The stories are tests; this is their command: `npm run simulate -- --help`. */
const main = fileURLToPath(new URL('../../../test/simulation/main.js', import.meta.url));
const child = spawn(
  process.execPath,
  ['--enable-source-maps', '--max-semi-space-size=64', main, ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => process.exit(code ?? 1));
