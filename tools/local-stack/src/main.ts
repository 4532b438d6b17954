import { resolve } from 'node:path';
import { parseArguments, USAGE } from './arguments.js';
import { down, printEnvironment, status, supervise, up } from './commands.js';
import { ensureRoot } from './root/make-root.js';

const log = (line: string): void => console.error(`stack: ${line}`);

async function run(): Promise<number> {
  const { command, data } = parseArguments(process.argv.slice(2));
  const dataDirectory = resolve(data);
  switch (command) {
    case 'up':
      return up(dataDirectory, { log });
    case 'down':
      return down(dataDirectory, log);
    case 'status':
      return status(dataDirectory);
    case 'env':
      return printEnvironment(dataDirectory);
    case 'prepare':
      log(`the root is in ${await ensureRoot(process.env, log)}`);
      return 0;
    case 'supervise':
      return supervise(dataDirectory, { log });
    case undefined:
      console.error(USAGE);
      return 2;
  }
}

try {
  process.exitCode = await run();
} catch (error) {
  log(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
