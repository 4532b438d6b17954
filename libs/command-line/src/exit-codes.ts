import { CatenaError, codeOf, messageOf } from '#kernel';
import { isSystemFault, systemFaultText } from './system-faults.js';

/** What a script can rely on; docs/command-line.md explains each. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  notAllowed: 3,
  unreachable: 4,
  conflict: 5,
  interrupted: 130,
} as const;

export type Outcome = keyof typeof exitCodes;

/** The end of a command that did not get done: what was expected, what was found, what to do. */
export class Failure extends CatenaError {
  constructor(
    readonly outcome: Exclude<Outcome, 'done'>,
    message: string,
    cause?: unknown,
  ) {
    super(`cli.${outcome}`, message, cause === undefined ? {} : { cause });
  }
}

export interface Ending {
  readonly exitCode: number;
  readonly code: string;
  readonly message: string;
}

/** What a command ends with when the user stopped it and it has nothing better to say. */
export function interruption(): Failure {
  return new Failure('interrupted', 'Interrupted. Run the same command again to go on where it stopped.');
}

/** How anything that was thrown ends the process. */
export function endingOf(error: unknown, interrupted: boolean): Ending {
  const failure = failureIn(error);
  if (interrupted && failure?.outcome !== 'interrupted') return endingOf(interruption(), true);
  if (failure !== undefined)
    return { exitCode: exitCodes[failure.outcome], code: failure.code, message: failure.message };
  const code = codeOf(error, 'cli.failed');
  return { exitCode: exitCodes.failed, code, message: sentenceOf(error) };
}

function sentenceOf(error: unknown): string {
  return isSystemFault(error) ? systemFaultText(error) : messageOf(error);
}

/** A stream that breaks is wrapped by its reader: the reason below says more. */
function failureIn(error: unknown): Failure | undefined {
  for (let current = error; current instanceof Error; current = current.cause)
    if (current instanceof Failure) return current;
  return undefined;
}
