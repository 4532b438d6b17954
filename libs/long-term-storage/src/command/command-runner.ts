import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { PermanentError, TransientError } from '#kernel';
import { errnoOf } from '../posix/share-errors.js';

export const commandNames = [
  ...(['put', 'get', 'stat', 'remove'] as const),
  ...(['rename', 'list', 'identify', 'locate'] as const),
];
export type CommandName = (typeof commandNames)[number];

/** What stands for a value in an argument. */
export const placeholders = ['name', 'file', 'size', 'to'] as const;
export type Values = Partial<Record<(typeof placeholders)[number], string>>;

/** What the exit codes of a client mean; all others but 0 are faults that may pass. */
export interface ExitCodes {
  /** There is no such file. */
  readonly missing?: readonly number[];
  /** No room, or no quota. */
  readonly full?: readonly number[];
  /** The server does not answer. */
  readonly away?: readonly number[];
  /** Trying again cannot help. */
  readonly permanent?: readonly number[];
}

export interface CommandRunnerOptions {
  /** For errors. */
  readonly storage: string;
  /** Program and arguments; no shell reads them. */
  readonly commands: Partial<Record<CommandName, readonly string[]>>;
  readonly exits: ExitCodes;
  /** Milliseconds after which a command is ended. */
  readonly timeout: number;
  /** The same for single commands; those that move no bytes have 15 minutes, or the shorter {@link timeout}. */
  readonly timeouts?: Partial<Record<CommandName, number>>;
  /** Milliseconds between asking it to end and ending it. Default 5000. */
  readonly mercy?: number;
  /** All variables that the client sees: it must not see our secrets. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface Answer {
  /** False: the client says that there is no such file. */
  readonly found: boolean;
  /** Its first 64 KiB. */
  readonly output: string;
}

/** Commands whose time depends on a file or on how many there are. */
const long: ReadonlySet<CommandName> = new Set(['put', 'get', 'list']);
const maxShort = 900_000;
/** Groups of clients that run now: they end with this process, whatever ends it. */
const running = new Set<number>();
const maxOutput = 64 * 1024;
const maxComplaint = 500;

/** Runs the commands of a storage system's own client: bounded in time and words, alone in their process group. */
export class CommandRunner {
  constructor(private readonly options: CommandRunnerOptions) {}

  offers(command: CommandName): boolean {
    return this.options.commands[command] !== undefined;
  }

  async run(command: CommandName, values: Values, signal?: AbortSignal): Promise<Answer> {
    const output = new Bounded(maxOutput);
    const complaint = new Bounded(maxOutput);
    const ended = await this.attend(this.start(command, values), command, signal, (child) => {
      child.stdout?.on('data', (chunk: Buffer) => output.add(chunk));
      child.stderr?.on('data', (chunk: Buffer) => complaint.add(chunk));
    });
    const words = (complaint.text.trim() || output.text.trim()).slice(-maxComplaint);
    return { found: this.judge(command, values, ended, words), output: output.text };
  }

  /** The lines of a listing, however many. */
  async *lines(command: CommandName, values: Values): AsyncGenerator<string, void, undefined> {
    const complaint = new Bounded(maxOutput);
    const child = this.start(command, values);
    child.stderr?.on('data', (chunk: Buffer) => complaint.add(chunk));
    const ending = this.attend(child, command, undefined, () => undefined);
    ending.catch(() => undefined);
    try {
      if (child.stdout !== null) yield* createInterface({ input: child.stdout, crlfDelay: Infinity });
      this.judge(command, values, await ending, complaint.text.trim().slice(-maxComplaint));
    } finally {
      if (child.exitCode === null && child.signalCode === null) this.kill(child, 'SIGKILL');
    }
  }

  private start(command: CommandName, values: Values): ChildProcess {
    const template = this.options.commands[command];
    if (template === undefined)
      throw new PermanentError(
        'long-term-storage.command-missing',
        `Expected a command "${command}" of ${this.options.storage}, found none. Configure one in its target.`,
        { details: { storage: this.options.storage, command } },
      );
    const [program = '', ...args] = template.map((part) => filled(part, values));
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: this.options.environment,
      // A group of its own: what it starts ends with it.
      detached: true,
    });
    endWithThisProcess(child);
    return child;
  }

  private limitOf(command: CommandName): number {
    const { timeout, timeouts } = this.options;
    return timeouts?.[command] ?? (long.has(command) ? timeout : Math.min(timeout, maxShort));
  }

  /** @returns the exit code; undefined when it was ended for taking too long */
  private attend(
    child: ChildProcess,
    command: CommandName,
    signal: AbortSignal | undefined,
    listen: (child: ChildProcess) => void,
  ): Promise<number | undefined> {
    listen(child);
    return new Promise((resolve, reject) => {
      let isLate = false;
      let last: NodeJS.Timeout | undefined;
      const end = (): void => {
        this.kill(child, 'SIGTERM');
        last = setTimeout(() => this.kill(child, 'SIGKILL'), this.options.mercy ?? 5000);
      };
      const timer = setTimeout(() => {
        isLate = true;
        end();
      }, this.limitOf(command));
      child.once('error', (error) => {
        clearTimeout(timer);
        reject(this.notStarted(command, error));
      });
      child.once('exit', () => {
        clearTimeout(timer);
        // What it left running must not keep its words open.
        last ??= setTimeout(() => this.kill(child, 'SIGKILL'), this.options.mercy ?? 5000);
      });
      child.once('close', (code) => {
        clearTimeout(last);
        signal?.removeEventListener('abort', end);
        if (signal?.aborted === true) reject(signal.reason as Error);
        else resolve(isLate ? undefined : (code ?? -1));
      });
      signal?.addEventListener('abort', end, { once: true });
      if (signal?.aborted === true) end();
    });
  }

  private kill({ pid }: ChildProcess, signal: NodeJS.Signals): void {
    try {
      if (pid !== undefined) process.kill(-pid, signal);
    } catch (error) {
      if (errnoOf(error) !== 'ESRCH' && errnoOf(error) !== 'EPERM') throw error;
    }
  }

  /** @returns whether there is such a file */
  private judge(
    command: CommandName,
    { name = '' }: Values,
    exit: number | undefined,
    words: string,
  ): boolean {
    const { storage, exits } = this.options;
    const details = { storage, command, name, exit };
    const found = exit === undefined ? `no end after ${this.limitOf(command)} ms` : `exit code ${exit}`;
    const text = `Expected "${command}" of "${name}" on ${storage} to succeed, found ${found}${words === '' ? '' : `: ${words}`}.`;
    if (exit === 0) return true;
    if (exit === undefined) throw new TransientError('long-term-storage.command-failed', text, { details });
    if (exits.missing?.includes(exit) === true) return false;
    if (exits.full?.includes(exit) === true)
      throw new TransientError('long-term-storage.full', `${text} Make room; the job goes on by itself.`, {
        details,
      });
    if (exits.away?.includes(exit) === true)
      throw new TransientError(
        'long-term-storage.unavailable',
        `${text} The job goes on by itself when the server answers.`,
        { away: true, details },
      );
    if (exits.permanent?.includes(exit) === true)
      throw new PermanentError('long-term-storage.command-refused', text, { details });
    throw new TransientError('long-term-storage.command-failed', text, { details });
  }

  private notStarted(command: CommandName, cause: Error): TransientError {
    const { storage, commands } = this.options;
    return new TransientError(
      'long-term-storage.unavailable',
      `Expected to start ${commands[command]?.[0] ?? command} for ${storage}, found ${cause.message}. Install the client, or correct its path; the job goes on by itself.`,
      { away: true, details: { storage, command }, cause },
    );
  }
}

function endWithThisProcess(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  if (running.size === 0) process.once('exit', endAll);
  running.add(pid);
  child.once('close', () => {
    running.delete(pid);
    if (running.size === 0) process.removeListener('exit', endAll);
  });
}

/** At the end of the process there is no time to ask kindly. */
function endAll(): void {
  for (const pid of running)
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
}

function filled(part: string, values: Values): string {
  return part.replace(/\{(\w+)\}/g, (all, key: string) => values[key as keyof Values] ?? all);
}

/** Keeps the first bytes, and takes no notice of the rest: a client that talks must neither fill memory nor stand still. */
class Bounded {
  private readonly chunks: Buffer[] = [];
  private size = 0;

  constructor(private readonly limit: number) {}

  add(chunk: Buffer): void {
    if (this.size >= this.limit) return;
    this.chunks.push(chunk.subarray(0, this.limit - this.size));
    this.size += chunk.length;
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString('utf8');
  }
}
