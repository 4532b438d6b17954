import { resolve } from 'node:path';
import { parseArguments, USAGE } from './arguments.js';
import { down, printEnvironment, status, supervise, up } from './commands.js';
import { runMemoryServer } from './services/memory-server.js';
import { ensureRoot } from './root/make-root.js';

const log = (line: string): void => console.error(`stack: ${line}`);

async function run(): Promise<number> {
  const { command, data, format, extras, help } = parseArguments(process.argv.slice(2));
  if (help) {
    console.log(USAGE);
    return 0;
  }
  const dataDirectory = resolve(data);
  switch (command) {
    case 'up':
      return up(dataDirectory, { log });
    case 'down':
      return down(dataDirectory, log);
    case 'status':
      return status(dataDirectory);
    case 'env':
      return printEnvironment(dataDirectory, format);
    case 'prepare':
      log(`the root is in ${await ensureRoot(process.env, log)}`);
      if (extras) log(`the extras are in ${await ensureRoot(process.env, log, 'extras')}`);
      return 0;
    case 'supervise':
      return supervise(dataDirectory, { log });
    case 'memory-server':
      return runMemoryServer(
        JSON.parse(process.env['CATENA_MEMORY_SERVER'] ?? '{}') as Parameters<typeof runMemoryServer>[0],
      );
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
