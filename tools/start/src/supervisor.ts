import { setTimeout as sleep } from 'node:timers/promises';
import type { AppProcess } from './app-process.js';

type Log = (line: string) => void;

/** Milliseconds an app must have run for its crash to count as the first. */
const calm = 60_000;
const longestPause = 30_000;

/** Milliseconds before the next start: doubling with each crash in a row. */
export function pauseAfter(crashes: number): number {
  return Math.min(longestPause, 1000 * 2 ** Math.max(0, crashes - 1));
}

/** Starts an app again whenever it ends without being told to. */
export class Supervisor {
  private stopping = false;
  private crashes = 0;

  constructor(
    private readonly app: AppProcess,
    private readonly log: Log,
  ) {}

  get name(): string {
    return this.app.options.name;
  }

  start(): void {
    this.app.start();
    void this.watch(Date.now());
  }

  whenReady(): Promise<void> {
    return this.app.whenReady();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.app.stop();
  }

  private async watch(began: number): Promise<void> {
    await this.app.whenEnded();
    if (this.stopping) return;
    this.crashes = Date.now() - began > calm ? 1 : this.crashes + 1;
    const pause = pauseAfter(this.crashes);
    const { code, signal } = this.app.exit ?? {};
    const how = signal === null || signal === undefined ? `with exit code ${code ?? '?'}` : `by ${signal}`;
    this.log(
      `${this.name} ended ${how}; starting it again in ${pause / 1000} s (its log: ${this.app.options.logFile})`,
    );
    await sleep(pause);
    if (this.stopping) return;
    this.start();
    await this.app.whenReady().then(
      () => this.log(`${this.name} is ready again`),
      () => undefined,
    );
  }
}
