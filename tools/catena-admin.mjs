#!/usr/bin/env node
// The `catena-admin` command: starts the compiled command line, or says how to get it.
import { existsSync } from 'node:fs';

const main = new URL('../dist/apps/admin-cli/src/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write(
    'catena-admin: not built yet; run "npm install && npm run build" in the Catena checkout first\n',
  );
  process.exitCode = 1;
}
