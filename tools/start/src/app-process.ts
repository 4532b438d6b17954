import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { listensOn } from './listener.js';
import { setTimeout as sleep } from 'node:timers/promises';

export interface AppProcessOptions {
  readonly name: string;
  /** Built JavaScript file. */
  readonly entry: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** URL that answers 200 when the app is ready. */
  readonly readyUrl: string;
}

/** One app as a child process, that can be killed and started again. */
export class AppProcess {
  private child: ChildProcess | undefined;
  private ended: Promise<unknown> = Promise.resolve();

  constructor(readonly options: AppProcessOptions) {}

  get pid(): number | undefined {
    return this.child?.pid;
  }

  get running(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  private get port(): number {
    return Number(new URL(this.options.readyUrl).port);
  }

  /** How the last process ended; undefined while it runs. */
  get exit(): { code: number | null; signal: NodeJS.Signals | null } | undefined {
    return this.child === undefined || this.running
      ? undefined
      : { code: this.child.exitCode, signal: this.child.signalCode };
  }

  /** @param more environment for this run only, for example a crash point */
  start(more: Readonly<Record<string, string>> = {}): void {
    const log = createWriteStream(this.options.logFile, { flags: 'a' });
    const { PATH = '' } = process.env;
    const command = [process.execPath, '--enable-source-maps', this.options.entry];
    // The kernel ends the child with us, even when we are killed.
    const [program = '', ...parameters] =
      process.platform === 'linux' ? ['setpriv', '--pdeathsig', 'TERM', ...command] : command;
    this.child = spawn(program, parameters, {
      env: { PATH, ...this.options.environment, ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A session of its own: Ctrl-C in a terminal reaches us, who stop everything in order.
      detached: true,
    });
    this.child.stdout?.pipe(log, { end: false });
    this.child.stderr?.pipe(log, { end: false });
    this.ended = once(this.child, 'exit').then(() => log.end());
  }

  /** @throws Error with the log file's name when the app ends or is not ready in time */
  async whenReady(limit = 300_000): Promise<void> {
    const until = Date.now() + limit;
    while (Date.now() < until) {
      if (!this.running)
        throw new Error(
          `${this.options.name} ended before it was ready${await this.stranger()}: see ${this.options.logFile}`,
        );
      // Another program may have been faster at the port, even one of ours for another data directory: ours then ends soon.
      if ((await this.saysReady()) && listensOn(this.pid ?? 0, this.port)) return;
      await sleep(50);
    }
    throw new Error(
      `${this.options.name} was not ready within ${limit / 1000} s: see ${this.options.logFile}`,
    );
  }

  /** An app that knows its installation says so; the demonstration's DataCite does not. */
  private async saysReady(): Promise<boolean> {
    const { readyUrl, environment } = this.options;
    const expected = environment['CATENA_INSTALLATION'];
    try {
      const answer = await fetch(readyUrl, { signal: AbortSignal.timeout(2000) });
      if (!answer.ok || expected === undefined) return answer.ok;
      return ((await answer.json()) as { installation?: unknown }).installation === expected;
    } catch {
      return false;
    }
  }

  private async stranger(): Promise<string> {
    const answer = await fetch(this.options.readyUrl, { signal: AbortSignal.timeout(2000) }).catch(
      () => undefined,
    );
    return answer === undefined ? '' : `, and another program answers on its port ${this.port}`;
  }

  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  /** Resolves when the process is gone, for whatever reason. */
  async whenEnded(): Promise<void> {
    await this.ended;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM', patience = 30_000): Promise<void> {
    if (!this.running) return;
    this.signal(signal);
    const timer = setTimeout(() => this.signal('SIGKILL'), patience);
    await this.ended;
    clearTimeout(timer);
  }
}
