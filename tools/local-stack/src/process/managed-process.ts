import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import {
  forgetProcesses,
  identify,
  rememberedProcesses,
  rememberProcesses,
  signalProcess,
  waitUntilGone,
} from './identity.js';

export interface ProcessPlan {
  readonly name: string;
  readonly program: string;
  readonly parameters: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly workingDirectory: string;
  readonly logFile: string;
  /** Remembers the process across crashes of the launcher. */
  readonly pidFile: string;
  /** The signal on which the program ends in good order. */
  readonly endSignal: NodeJS.Signals;
  /** Whether the program is the launcher's grandchild, behind the `unshare` that made its namespaces. */
  readonly behindUnshare: boolean;
}

const GRACE_MILLISECONDS = 15_000;

/** One child process of a service: started, watched, ended. */
export class ManagedProcess {
  private child: ChildProcess | undefined;
  private ended: Promise<void> = Promise.resolve();

  constructor(private readonly plan: ProcessPlan) {}

  get name(): string {
    return this.plan.name;
  }

  get running(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** The program's own process, not the one that made its namespaces; undefined when it does not run. */
  get pid(): number | undefined {
    const pid = this.child?.pid;
    if (pid === undefined || !this.running) return undefined;
    return this.plan.behindUnshare ? onlyChildOf(pid) : pid;
  }

  /** Starts the program; what an earlier launcher left running is ended first. */
  async start(): Promise<void> {
    await this.endLeftover();
    const log = openSync(this.plan.logFile, 'a');
    try {
      this.child = spawn(this.plan.program, [...this.plan.parameters], {
        cwd: this.plan.workingDirectory,
        env: this.plan.environment,
        stdio: ['ignore', log, log],
        // A session of its own: Ctrl+C in a terminal reaches us, who stop everything in order, and a program that
        // signals its process group (Swift does) reaches itself only.
        detached: true,
      });
    } finally {
      closeSync(log);
    }
    const child = this.child;
    this.ended = new Promise((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
    if (child.pid === undefined) return;
    const inner = this.plan.behindUnshare ? await this.innerPid() : undefined;
    rememberProcesses(this.plan.pidFile, inner === undefined ? [child.pid] : [inner, child.pid]);
  }

  /** Ends the program in good order, by force when that takes too long. */
  async stop(): Promise<void> {
    this.signal(this.plan.endSignal);
    const timer = setTimeout(() => this.signal('SIGKILL'), GRACE_MILLISECONDS);
    await this.ended;
    clearTimeout(timer);
    forgetProcesses(this.plan.pidFile);
  }

  /** Ends the program and all its children at once, as a crash would. */
  async kill(): Promise<void> {
    if (this.plan.behindUnshare) this.signal('SIGKILL');
    else this.killGroup();
    await this.ended;
    forgetProcesses(this.plan.pidFile);
  }

  /** The last lines of the program's log, to explain a start that failed. */
  lastWords(lines = 12): string {
    try {
      return readFileSync(this.plan.logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
    } catch {
      return '(no log)';
    }
  }

  private async innerPid(): Promise<number | undefined> {
    for (let attempt = 0; attempt < 200 && this.running; attempt++) {
      if (this.pid !== undefined) return this.pid;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return undefined;
  }

  /** The kernel ends what runs behind namespaces; all others are in the group of their first process. */
  private killGroup(): void {
    const pid = this.running ? this.child?.pid : undefined;
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  }

  private signal(signal: NodeJS.Signals): void {
    const pid = this.pid ?? (this.running ? this.child?.pid : undefined);
    const identity = pid === undefined ? undefined : identify(pid);
    if (identity !== undefined) signalProcess(identity, signal);
  }

  /** What a launcher that was killed left behind: its processes are ending by themselves, but maybe not yet gone. */
  private async endLeftover(): Promise<void> {
    for (const leftover of rememberedProcesses(this.plan.pidFile)) {
      signalProcess(leftover, this.plan.endSignal);
      if (await waitUntilGone(leftover, GRACE_MILLISECONDS)) continue;
      signalProcess(leftover, 'SIGKILL');
      await waitUntilGone(leftover, GRACE_MILLISECONDS);
    }
    forgetProcesses(this.plan.pidFile);
  }
}

function onlyChildOf(pid: number): number | undefined {
  try {
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    return child === undefined || child === '' ? undefined : Number(child);
  } catch {
    return undefined;
  }
}
