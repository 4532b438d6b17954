import { parseArgs } from 'node:util';
import { FORMATS, type Format } from './environment-formats.js';

const COMMANDS = ['up', 'down', 'status', 'env', 'prepare', 'supervise', 'memory-server'] as const;
type StackCommand = (typeof COMMANDS)[number];

export const USAGE = `Usage: npm run stack -- <command> [--data DIR] [--format FORMAT] [--extras]

  up        start MongoDB, RabbitMQ and S3 in the background and wait until they answer
  down      stop them
  status    show each service: port, process, health
  env       print the variables that tell Catena where they are: eval "$(npm run -s stack -- env)"
  prepare   only make the Debian tree they run in

  --data DIR        where they keep their data (default .catena/stack)
  --format FORMAT   of env: sh (quoted, for eval; the default), dotenv (KEY=VALUE) or json
  --extras          of prepare: also the tree of what tests need besides (Chromium, slapd)

  CATENA_MONGODB         memory-server: MongoDB itself instead of DocumentDB, by the package mongodb-memory-server, which you
                         install with: npm install --no-save mongodb-memory-server
  CATENA_CACHE           where the trees are kept (default ~/.cache/catena)
  CATENA_DEBIAN_MIRROR   where their packages come from, on hosts that do not install from a Debian mirror themselves`;

export interface StackArguments {
  readonly command: StackCommand | undefined;
  readonly data: string;
  readonly format: Format;
  readonly extras: boolean;
  readonly help: boolean;
}

export function parseArguments(parameters: readonly string[]): StackArguments {
  const { values, positionals } = parseArgs({
    args: [...parameters],
    allowPositionals: true,
    options: {
      data: { type: 'string', default: '.catena/stack' },
      format: { type: 'string', default: 'sh' },
      extras: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const format = FORMATS.find((name) => name === values.format);
  if (format === undefined)
    throw new Error(`expected --format to be one of ${FORMATS.join(', ')}, found "${values.format}"`);
  const command = COMMANDS.find((name) => name === positionals[0]);
  return { command: positionals.length === 1 ? command : undefined, ...values, format };
}
