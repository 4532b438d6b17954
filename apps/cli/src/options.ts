import { InvalidArgumentError, type Command } from 'commander';
import { bandwidthFrom } from './bandwidth-text.js';

export function positiveInteger(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new InvalidArgumentError('Expected a whole number above 0.');
  return number;
}

function bandwidth(text: string): number {
  try {
    return bandwidthFrom(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

/** Of every command that moves files. */
export function addTransferOptions(command: Command, atOnce: string): Command {
  return command
    .option('--concurrency <number>', `${atOnce} at once`, positiveInteger)
    .option('--bandwidth <amount>', 'no more bytes a second than this, for example 50MiB', bandwidth);
}

/** Of an option that may be given several times. */
export function each(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
