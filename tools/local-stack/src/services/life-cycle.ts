import { CommandFailed } from '../process/run-command.js';
import type { ServiceDefinition, ServiceName } from './service.js';

/** One service of a running stack, for tests to stop, kill and start; ports and data stay the same. */
export interface ServiceControl {
  readonly name: ServiceName;
  /** Stops it in good order. */
  stop(): Promise<void>;
  /** Ends all its processes at once, as a crash or power failure would. */
  kill(): Promise<void>;
  /** Starts it and waits until it serves. */
  start(): Promise<void>;
  restart(): Promise<void>;
  /** True when it serves right now. */
  healthy(): Promise<boolean>;
  /** The main process; undefined while it does not run. */
  readonly pid: number | undefined;
  readonly port: number;
}

const START_PATIENCE_MILLISECONDS = 90_000;
const PROBE_PAUSE_MILLISECONDS = 100;

export class ManagedService implements ServiceControl {
  constructor(
    private readonly definition: ServiceDefinition,
    private readonly log: (line: string) => void,
  ) {}

  get name(): ServiceName {
    return this.definition.name;
  }

  get port(): number {
    return this.definition.port;
  }

  get pid(): number | undefined {
    return this.definition.processes[0]?.pid;
  }

  get environment(): Readonly<Record<string, string>> {
    return this.definition.environment;
  }

  async start(): Promise<void> {
    const began = Date.now();
    await this.definition.prepare();
    await this.startProcesses();
    await this.untilReady();
    this.log(
      `${this.name} is ready on port ${this.port} after ${((Date.now() - began) / 1000).toFixed(1)} s`,
    );
  }

  async stop(): Promise<void> {
    for (const process of [...this.definition.processes].reverse()) await process.stop();
  }

  async kill(): Promise<void> {
    await Promise.all(this.definition.processes.map((process) => process.kill()));
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async healthy(): Promise<boolean> {
    return this.definition.probe().then(
      () => true,
      () => false,
    );
  }

  private async startProcesses(): Promise<void> {
    const [first, ...others] = this.definition.processes;
    await first?.start();
    await this.definition.initialise?.();
    await Promise.all(others.map((process) => process.start()));
  }

  /** Ready means that a client's first request is answered; a process that ended will never get there. */
  private async untilReady(): Promise<void> {
    const deadline = Date.now() + START_PATIENCE_MILLISECONDS;
    for (;;) {
      try {
        return await this.definition.probe();
      } catch (error) {
        const dead = this.definition.processes.find((process) => !process.running);
        if (dead !== undefined) {
          throw new CommandFailed(`${this.name}: ${dead.name} ended while starting:\n${dead.lastWords()}`);
        }
        if (Date.now() > deadline) {
          const reason = error instanceof Error ? error.message : String(error);
          throw new CommandFailed(`${this.name} did not become ready in time: ${reason}`);
        }
      }
      await new Promise((resolve) => setTimeout(resolve, PROBE_PAUSE_MILLISECONDS));
    }
  }
}
