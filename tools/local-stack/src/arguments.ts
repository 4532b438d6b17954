import { parseArgs } from 'node:util';

const COMMANDS = ['up', 'down', 'status', 'env', 'prepare', 'supervise'] as const;
type StackCommand = (typeof COMMANDS)[number];

export const USAGE = `Usage: npm run stack -- <command> [--data DIR]

  up        start MongoDB, RabbitMQ and S3 in the background and wait until they answer
  down      stop them
  status    show each service: port, process, health
  env       print the variables that tell Catena where they are, as KEY=VALUE
  prepare   only make the Debian root they run in

  --data DIR     where they keep their data (default .catena/stack)`;

export interface StackArguments {
  readonly command: StackCommand | undefined;
  readonly data: string;
}

export function parseArguments(parameters: readonly string[]): StackArguments {
  const { values, positionals } = parseArgs({
    args: [...parameters],
    allowPositionals: true,
    options: {
      data: { type: 'string', default: '.catena/stack' },
    },
  });
  const command = COMMANDS.find((name) => name === positionals[0]);
  return { command: positionals.length === 1 ? command : undefined, ...values };
}
