import { createInterface } from 'node:readline/promises';
import { Failure, interruption } from '#command-line';
import type { CommandContext } from '../command.js';
import type { OpsOptions } from './operator.js';

const [shortest, longest] = [3, 500];

/**
 * Why it is done: --reason, else what is typed on a terminal.
 *
 * @throws Failure `usage` where neither gives 3 to 500 characters
 */
export async function reasonFor(context: CommandContext, { reason }: OpsOptions): Promise<string> {
  const said = (reason ?? (await typed(context)) ?? '').trim();
  if (said.length >= shortest && said.length <= longest) return said;
  throw new Failure(
    'usage',
    `Expected --reason with ${shortest} to ${longest} characters that say why, found ${said.length}: those whom it concerns read it.`,
  );
}

async function typed({ signal }: CommandContext): Promise<string | undefined> {
  if (!process.stdin.isTTY) return undefined;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question('Why (those whom it concerns read it): ', { signal });
  } catch (error) {
    throw signal.aborted ? interruption() : error;
  } finally {
    lines.close();
  }
}
