import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** Ticks of processor time in a second: what Linux tells programs, whatever the kernel counts in. */
const ticks = 100;

/** A program of ours in a process of its own. */
export class Program {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  /** A program that prints its address. */
  static async printing(path: string, args: readonly string[]): Promise<Program> {
    const child = spawn(process.execPath, [programOf(path), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    return new Program(child, line.toString().trim());
  }

  /** A program that listens at PORT, as soon as it is ready. */
  static async listening(
    path: string,
    environment: Readonly<Record<string, string>>,
    options: readonly string[],
  ): Promise<Program> {
    const [port, privatePort] = [await freePort(), await freePort()];
    const child = spawn(process.execPath, [...options, programOf(path)], {
      env: {
        ...process.env,
        NODE_ENV: 'production',
        PORT: String(port),
        PRIVATE_PORT: String(privatePort),
        ...environment,
      },
      stdio: 'inherit',
    });
    const url = `http://127.0.0.1:${port}`;
    for (let attempt = 0; ; attempt += 1) {
      const ready = await fetch(`${url}/health/ready`).catch(() => undefined);
      if (ready?.ok === true) return new Program(child, url);
      if (attempt === 100) throw new Error(`${path} is not ready after 20 seconds`);
      await sleep(200);
    }
  }

  /** Seconds of processor time so far. */
  get processorTime(): number {
    const fields = readFileSync(`/proc/${this.child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / ticks;
  }

  /** The most memory it has had, in MB. */
  get peakMemory(): number {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await ended;
  }
}

function programOf(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
