#!/usr/bin/env node
// The `catena` command: starts the compiled command line, or says how to get it.
import { existsSync } from 'node:fs';

const main = new URL('../dist/apps/cli/src/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write(
    'catena: not built yet; run "npm install && npm run build" in the Catena checkout first\n',
  );
  process.exitCode = 1;
}
