import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatted, type Format } from './environment-formats.js';
import { rememberedProcesses, signalProcess, waitUntilGone } from './process/identity.js';
import { startStack, type Stack } from './stack.js';

interface CommandOptions {
  readonly log: (line: string) => void;
}

/** What the supervisor tells the other commands. */
interface Report {
  readonly environment: Record<string, string>;
  readonly services: { name: string; port: number; pid: number | undefined; healthy: boolean }[];
}

const MAIN = fileURLToPath(new URL('main.js', import.meta.url));
const STOP_PATIENCE_MILLISECONDS = 60_000;
const REPORT_MILLISECONDS = 10_000;

const reportFile = (data: string): string => join(data, 'report.json');
const supervisorLog = (data: string): string => join(data, 'supervisor.log');
const launchers = (data: string): ReturnType<typeof rememberedProcesses> =>
  rememberedProcesses(join(data, 'launcher.json'));

/** Starts a supervisor that outlives this command and waits until it reports. */
export async function up(data: string, { log }: CommandOptions): Promise<number> {
  if (launchers(data).length > 0 && existsSync(reportFile(data))) {
    log('already up');
    return status(data);
  }
  mkdirSync(data, { recursive: true });
  rmSync(reportFile(data), { force: true });
  const output = openSync(supervisorLog(data), 'w');
  const supervisor = spawn(process.execPath, [MAIN, 'supervise', '--data', data], {
    detached: true,
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  let exited = false;
  supervisor.once('exit', () => (exited = true));
  const follow = logFollower(supervisorLog(data));
  while (!existsSync(reportFile(data))) {
    if (exited) {
      follow();
      return 1;
    }
    follow();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  follow();
  supervisor.unref();
  return 0;
}

/** Shows the lines that were added since the last call. */
function logFollower(file: string): () => void {
  let shown = 0;
  return () => {
    const text = readFileSync(file, 'utf8');
    const complete = text.slice(shown, text.lastIndexOf('\n') + 1);
    shown += complete.length;
    process.stderr.write(complete);
  };
}

/** The process behind `up`: runs the stack and reports its state until it is told to stop. */
export async function supervise(data: string, { log }: CommandOptions): Promise<number> {
  const began = Date.now();
  const stack = await startStack({ dataDirectory: data, log, environment: process.env });
  log(`everything is up after ${((Date.now() - began) / 1000).toFixed(1)} s`);
  const stopping = new Promise<void>((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
  await report(data, stack);
  const timer = setInterval(() => void report(data, stack), REPORT_MILLISECONDS);
  await stopping;
  clearInterval(timer);
  rmSync(reportFile(data), { force: true });
  await stack.stop();
  log('everything is stopped');
  return 0;
}

async function report(data: string, stack: Stack): Promise<void> {
  const services = await Promise.all(
    stack.services.map(async (service) => {
      const { name, port, pid } = service;
      return { name, port, pid, healthy: await service.healthy() };
    }),
  );
  const text = JSON.stringify({ environment: stack.environment, services } satisfies Report);
  writeFileSync(reportFile(data), text, { mode: 0o600 });
}

export async function down(data: string, log: (line: string) => void): Promise<number> {
  const [launcher] = launchers(data);
  if (launcher === undefined) {
    log('nothing runs here');
    return 0;
  }
  signalProcess(launcher, 'SIGTERM');
  if (await waitUntilGone(launcher, STOP_PATIENCE_MILLISECONDS)) {
    log('stopped');
    return 0;
  }
  log(`process ${launcher.pid} did not stop within ${STOP_PATIENCE_MILLISECONDS / 1000} s`);
  return 1;
}

export function status(data: string): number {
  const current = readReport(data);
  if (current === undefined) {
    console.log('the stack is down; start it with: npm run stack -- up');
    return 1;
  }
  console.log('service    port   process  health');
  for (const { name, port, pid, healthy } of current.services) {
    const columns = [name.padEnd(10), String(port).padEnd(6), String(pid ?? '-').padEnd(8)];
    console.log(`${columns.join(' ')} ${healthy ? 'ok' : 'not answering'}`);
  }
  return current.services.every(({ healthy }) => healthy) ? 0 : 1;
}

export function printEnvironment(data: string, format: Format): number {
  const current = readReport(data);
  if (current === undefined) {
    console.error('the stack is down; start it with: npm run stack -- up');
    return 1;
  }
  console.log(formatted(current.environment, format));
  return 0;
}

function readReport(data: string): Report | undefined {
  if (launchers(data).length === 0 || !existsSync(reportFile(data))) return undefined;
  return JSON.parse(readFileSync(reportFile(data), 'utf8')) as Report;
}
